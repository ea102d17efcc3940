"""A schema's fields as questions on a page: label, hint, what was typed, what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from shared.clock import LONDON
from shared.web.dates import FOLDS, GovDate, GovDateTime, field_label, moments_at
from shared.web.forms import error_list, is_list, nested_schema
from shared.web.labels import choices

YES_NO = (("yes", "Yes"), ("no", "No"))
LONG_TEXT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question, ready for the design system's macros."""

    name: str
    kind: str
    label: str
    hint: str | None
    value: Any
    error: str | None
    choices: tuple[tuple[str, str], ...]
    longest: int | None
    asks_which: bool
    """True when the time typed comes twice, or does not say which of the two it is."""

    @property
    def error_message(self) -> dict[str, str] | None:
        """The error as the macros want it."""
        return {"text": self.error} if self.error else None


class Form:
    """A form on a page: the schema, what was typed so far, and the errors in it."""

    def __init__(
        self,
        schema: Schema,
        *,
        values: Mapping[str, Any] | None = None,
        errors: Mapping[Any, Any] | None = None,
    ) -> None:
        self.schema = schema
        self.values = values or {}
        self.errors = errors or {}

    @property
    def error_list(self) -> list[dict[str, str]]:
        """The error summary."""
        return error_list(self.errors, self.schema)

    def rows(self, name: str, at_least: int = 1) -> range:
        """The numbers of the rows of a list: as many as were typed."""
        typed = _step(self.values, name)
        return range(max(len(typed) if isinstance(typed, list) else 0, at_least))

    def question(self, name: str) -> Question:
        """The question at `name`: `last_name`, or `children-0-last_name` in a row of a list."""
        field = self._field(name)
        value = _along(self.values, name)
        return Question(
            name=name,
            kind=_kind(field),
            label=field_label(field),
            hint=field.metadata.get("hint"),
            value=_shown(value, field),
            error=_first_text(_along(self.errors, name)),
            choices=tuple(_choices(field)),
            longest=_longest(field),
            asks_which=isinstance(field, GovDateTime) and _comes_twice(value),
        )

    def _field(self, name: str) -> fields.Field[Any]:
        schema: Schema | None = self.schema
        field: fields.Field[Any] | None = None
        for step in name.split("-"):
            if step.isdigit():
                continue
            field = _named(schema, step) if schema else None
            if field is None:
                raise LookupError(f"The form has no question {name!r}: check the schema's names")
            schema = nested_schema(field)
        if field is None:
            raise LookupError("Name the question")
        return field


def _named(schema: Schema, name: str) -> fields.Field[Any] | None:
    return next((f for key, f in schema.fields.items() if (f.data_key or key) == name), None)


def _along(nested: Any, name: str) -> Any:
    for step in name.split("-"):
        nested = _step(nested, step)
    return nested


def _step(nested: Any, step: str) -> Any:
    if isinstance(nested, Mapping):
        return nested.get(int(step) if step.isdigit() else step)
    if isinstance(nested, list | tuple) and step.isdigit() and int(step) < len(nested):
        return nested[int(step)]
    return None


def _kind(field: fields.Field[Any]) -> str:
    if "kind" in field.metadata:
        return str(field.metadata["kind"])
    if isinstance(field, GovDateTime):
        return "date_time"
    if isinstance(field, GovDate):
        return "date"
    if _choices(field):
        return "checkboxes" if is_list(field) else "radios"
    if isinstance(field, fields.Integer):
        return "number"
    return "textarea" if (_longest(field) or 0) >= LONG_TEXT else "text"


def _choices(field: fields.Field[Any]) -> Iterable[tuple[str, str]]:
    if "choices" in field.metadata:
        return list(field.metadata["choices"])
    inner = field.inner if isinstance(field, fields.List) else field
    if isinstance(inner, fields.Boolean):
        return YES_NO
    if isinstance(inner, fields.Enum):
        return choices(inner.enum)
    for check in inner.validators:
        if isinstance(check, validate.OneOf):
            labels = list(check.labels) or [str(choice) for choice in check.choices]
            return [
                (str(choice), label) for choice, label in zip(check.choices, labels, strict=False)
            ]
    return []


def _longest(field: fields.Field[Any]) -> int | None:
    lengths = [c.max for c in field.validators if isinstance(c, validate.Length) and c.max]
    return min(lengths) if lengths and not is_list(field) else None


def _shown(value: Any, field: fields.Field[Any]) -> Any:
    if isinstance(field, GovDate):
        return _date_parts(value)
    if is_list(field):
        return [_plain(each) for each in value] if isinstance(value, list | tuple) else []
    return _plain(value)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.value if isinstance(value, StrEnum) else str(value)


def _date_parts(value: Any) -> Mapping[str, Any]:
    """What was typed, or a date that was stored, as the parts of a date question."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, str) and value:
        try:
            value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
        except ValueError:
            return {"day": value}
    if isinstance(value, datetime):
        local = value.astimezone(LONDON)
        which = FOLDS[local.fold]
        parts = {"day": local.day, "month": local.month, "year": local.year}
        return {**parts, "time": f"{local:%H:%M}", "fold": which}
    if isinstance(value, date):
        return {"day": value.day, "month": value.month, "year": value.year}
    return {}


def _comes_twice(value: Any) -> bool:
    parts = _date_parts(value)
    try:
        field = GovDateTime()
        wall = datetime.combine(field.from_parts(parts), field.time_of(str(parts.get("time"))))
    except (ValueError, ValidationError):
        return False
    return len(moments_at(wall)) > 1


def _first_text(messages: Any) -> str | None:
    if isinstance(messages, str):
        return messages
    if isinstance(messages, Mapping):
        messages = list(messages.values())
    return _first_text(messages[0]) if messages else None
