"""The kinds of question the forms ask, with the words people read when an answer is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load
from marshmallow.validate import Length, Range

from services.referral.domain.codes import NOT_KNOWN

SHORT: Final = 100
LINE: Final = 200
NARRATIVE: Final = 5_000
LONGEST_LIST: Final = 10
"""A longer list of codes is not repeated in an error."""

E = TypeVar("E", bound=StrEnum)

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}\Z")
_NOT_KNOWN_WORDS = frozenset({"not known", "not-known", "unknown", "don't know", "do not know"})


class Form(Schema):
    """A form or a JSON body: white space trimmed, blanks are no answer, unknown fields refused."""

    class Meta:
        unknown = RAISE

    error_messages: ClassVar[dict[str, str]] = {
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


class NotKnownText(fields.String):
    """Text for which "not known" is an answer, kept as its own code."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kw)
        return NOT_KNOWN if text.casefold().rstrip(".") in _NOT_KNOWN_WORDS else text


def words(ask: str) -> dict[str, Any]:
    """What a field says when it is missing or of the wrong kind: the same plain request."""
    return dict.fromkeys(("required", "null", "invalid", "invalid_uuid"), ask)


def text(
    ask: str,
    *,
    called: str,
    limit: int = LINE,
    least: int = 0,
    required: bool = False,
    not_known: bool = False,
) -> fields.String:
    """A text box. `ask` is what to do when it is empty; `called` begins what is said of it."""

    def fits(value: str) -> None:
        if len(value) > limit:
            raise ValidationError(
                f"{called} must be {limit:,} characters or fewer. You entered {len(value):,}"
            )
        if least and value != NOT_KNOWN and len(value) < least:
            raise ValidationError(
                f"{called} must be at least {least} characters. You entered {len(value)}"
            )

    kind = NotKnownText if not_known else fields.String
    return kind(
        required=required,
        validate=fits,
        error_messages=words(ask),
    )


def one_of(codes: type[E], ask: str, *, required: bool = False) -> fields.Enum[E]:
    """Radios or a select: one code of a list."""
    told = f"{ask}. Use one of: {_listed(codes)}"
    return fields.Enum(
        codes, by_value=True, required=required, error_messages={**words(ask), "unknown": told}
    )


def some_of(codes: type[E], ask: str, *, required: bool = False) -> fields.List[E]:
    """Checkboxes: one or more codes of a list, each once, in the order of the list."""
    each = one_of(codes, ask)
    return _Codes(
        codes,
        each,
        required=required,
        validate=Length(min=1, error=ask),
        error_messages=words(ask),
    )


class _Codes(fields.List[Any]):
    def __init__(self, codes: type[StrEnum], each: fields.Field[Any], **how: Any) -> None:
        super().__init__(each, **how)
        self._order = list(codes)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> Any:
        chosen = super()._deserialize(
            [value] if isinstance(value, str) else value, attr, data, **kw
        )
        return sorted(set(chosen), key=self._order.index)


def _listed(codes: type[StrEnum]) -> str:
    values = [code.value for code in codes]
    return ", ".join(values) if len(values) <= LONGEST_LIST else "the codes of the published list"


def yes_or_no(ask: str, *, required: bool = False) -> fields.Boolean:
    """A yes or no question: "yes" and "no" from a page, true and false from JSON."""
    return fields.Boolean(
        required=required,
        truthy={"yes", "true", True},
        falsy={"no", "false", False},
        error_messages=words(ask),
    )


def whole_number(ask: str, *, least: int, most: int) -> fields.Integer:
    """A whole number within bounds."""
    return fields.Integer(validate=Range(min=least, max=most, error=ask), error_messages=words(ask))


def shaped(ask: str, *, right: Callable[[str], bool], tidy: Callable[[str], str]) -> fields.String:
    """Text of a fixed shape: tidied first, then looked at."""

    def is_right(value: str) -> None:
        if not right(value):
            raise ValidationError(ask)

    return _Tidied(tidy, validate=is_right, error_messages=words(ask))


class _Tidied(fields.String):
    def __init__(self, tidy: Callable[[str], str], **how: Any) -> None:
        super().__init__(**how)
        self._tidy = tidy

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> str:
        return self._tidy(super()._deserialize(value, attr, data, **kw))


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
