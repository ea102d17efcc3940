"""What every form here has in common: blanks are no answer, unknown fields are refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, pre_load

from shared.web.forms import FormSchema

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}\Z")


class Form(FormSchema):
    """A form or a JSON body: white space trimmed, blanks are no answer, unknown fields refused."""

    error_messages = {  # noqa: RUF012  # declared by marshmallow, merged by name
        "unknown": "unknown",
        "type": "Send an object with the fields of the form",
    }

    @pre_load
    def drop_blanks(self, given: Any, **_: Any) -> Any:
        """Treat what was left blank as not answered, whatever door it came through."""
        if not isinstance(given, Mapping):
            return given
        trimmed = {
            name: value.strip() if isinstance(value, str) else value
            for name, value in given.items()
        }
        return {name: value for name, value in trimmed.items() if not is_blank(value)}

    def handle_error(self, error: ValidationError, data: Any, *, many: bool, **_: Any) -> None:
        """Name an unknown field in words; never repeat a key that may hold something personal."""
        if not isinstance(error.messages, dict):
            return
        for name, texts in error.messages.items():
            if texts == ["unknown"]:
                called = f"“{name}”" if _FIELD_NAME.match(str(name)) else "This"
                error.messages[name] = [
                    f"{called} is not a field of this form. Check its spelling or leave it out"
                ]


def is_blank(value: Any) -> bool:
    """Was nothing answered? A date with three empty boxes and an empty list are blank too.

    A list of children is never blank, not even when nothing is said of them: each is asked about.
    """
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, Mapping):
        return all(is_blank(part) for part in value.values())
    if isinstance(value, list | tuple):
        return all(not isinstance(part, Mapping) and is_blank(part) for part in value)
    return value is None


class Faults:
    """Collects what the rules between fields find, so that all faults are told at once."""

    def __init__(self, given: Any) -> None:
        # A body that is no object has been refused as such: nothing more is asked of it.
        self._given: Mapping[str, Any] | None = given if isinstance(given, Mapping) else None
        self._found: dict[str, list[str]] = {}

    def answered(self, name: str) -> bool:
        """Was the field given at all, rightly or wrongly? A wrong answer has its own message."""
        return self._given is None or not is_blank(self._given.get(name))

    def need(self, name: str, ask: str) -> None:
        """Ask for a field that was not answered."""
        if not self.answered(name):
            self.add(name, ask)

    def add(self, name: str, fault: str) -> None:
        """Note a fault of a field."""
        self._found.setdefault(name, []).append(fault)

    def tell(self) -> None:
        """Raise what was found, if anything was."""
        if self._found:
            raise ValidationError(dict(self._found))
