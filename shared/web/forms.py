"""One schema, two doors: what a page's form sent, as the dictionary that the JSON door takes."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, Self

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load
from werkzeug.datastructures import MultiDict

from shared.rules import RuleBroken
from shared.web.dates import (
    PARTS,
    TIME_PARTS,
    GovDate,
    GovDateTime,
    Messages,
)
from shared.web.problems import field_path, normalized
from shared.web.remedies import ask_for, refuse_unseen, word

__all__ = [
    "CodeField",
    "FormSchema",
    "GovDate",
    "GovDateTime",
    "error_list",
    "errors_of",
    "form_to_dict",
]

CSRF_FIELD: Final = "csrf_token"
_made: Final = threading.local()


class FormSchema(Schema):
    """A schema for both doors: unknown fields are refused, blank text is absent, errors speak."""

    class Meta:
        unknown = RAISE

    error_messages: dict[str, str] = {  # noqa: RUF012 - marshmallow declares it so
        "unknown": "This is not a field of this form. Remove it or check its name",
        "type": "Send an object",
    }

    @pre_load
    def drop_blanks(self, data: Any, **kwargs: Any) -> Any:
        """An empty text box means "not answered", not "answered with nothing"."""
        if not isinstance(data, Mapping):
            return data
        return {
            key: value
            for key, value in data.items()
            if not (value is None or (isinstance(value, str) and not value.strip()))
        }

    @pre_load
    def refuse_unseen(self, data: Any, **kwargs: Any) -> Any:
        """A character that nobody can see is no answer: say which field holds one."""
        refuse_unseen(data, [each for each in self.fields.values() if not nested_schema(each)])
        return data

    @classmethod
    def at_hand(cls, **told: Any) -> Self:
        """Return one that this thread made before: making one takes longer than reading with it.

        `told` is what it is told for each request, such as `now`; nobody keeps it beyond that.
        Raises AttributeError for what it cannot be told.
        """
        schemas = _made.__dict__.setdefault("schemas", {})
        schema: Self = schemas.get(cls) or schemas.setdefault(cls, cls())
        for name, value in told.items():
            getattr(schema, name)
            setattr(schema, name, value)
        return schema

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Word every fault as a request for what is right, unless the schema has its own words."""
        word(field_obj)


class CodeField(fields.Enum[StrEnum]):
    """A code of a published list, by its code in both doors."""

    default_error_messages: Messages = {  # noqa: RUF012 - marshmallow declares it so
        "unknown": "{ask} from the list"
    }

    def __init__(self, kind: type[StrEnum], **options: Any) -> None:
        super().__init__(kind, by_value=True, **options)

    def make_error(self, key: str, **words: Any) -> ValidationError:
        """The stock error would list every code: name the field instead."""
        return super().make_error(key, ask=ask_for(self), **words)


def form_to_dict(
    form: MultiDict[str, str], schema: Schema, *, ignore: Collection[str] = ()
) -> dict[str, Any]:
    """What was typed, nested as the schema nests it: `children-0-first_names` is a child's name.

    Blanks and the CSRF token are dropped. A name that the schema does not know is kept, so that
    the schema refuses it. `ignore` names buttons.
    """
    reading = _Reading(form)
    typed = reading.schema(schema, "")
    for key in form:
        if key not in reading.taken and key != CSRF_FIELD and key not in ignore:
            typed[key] = form[key]
    return typed


def errors_of(error: ValidationError | RuleBroken) -> dict[Any, Any]:
    """The messages of a fault, nested like the schema, so that a page can show them in place."""
    if isinstance(error, ValidationError):
        return normalized(error)
    nested: Any = [str(error)]
    for step in reversed(field_path(error.field) or ("_schema",)):
        nested = {step: nested}
    return dict(nested)


def error_list(errors: Mapping[Any, Any], schema: Schema, prefix: str = "") -> list[dict[str, str]]:
    """The error summary: every message in the order of the page, linked to its field."""
    return list(_summary(errors, schema, prefix))


class _Reading:
    """One pass over a form that remembers which names it took."""

    def __init__(self, form: MultiDict[str, str]) -> None:
        self.form = form
        self.taken: set[str] = set()

    def schema(self, schema: Schema, prefix: str) -> dict[str, Any]:
        found = {}
        for attribute, field in schema.fields.items():
            name = field.data_key or attribute
            value = self.field(field, f"{prefix}{name}")
            if value not in (None, "", [], {}):
                found[name] = value
        return found

    def field(self, field: fields.Field[Any], name: str) -> Any:
        nested = nested_schema(field)
        if nested is not None and is_list(field):
            return self.rows(field, nested, name)
        if nested is not None:
            return self.schema(nested, f"{name}-")
        if isinstance(field, GovDate) and name not in self.form:
            parts = TIME_PARTS if isinstance(field, GovDateTime) else PARTS
            typed = {part: self.text(f"{name}-{part}") for part in parts}
            return {part: value for part, value in typed.items() if value}
        if isinstance(field, fields.List):
            return self.texts(name)
        values = self.texts(name)
        # A name sent twice where one answer belongs is left for the schema to refuse.
        return values[0] if len(values) == 1 else values

    def rows(self, field: fields.Field[Any], nested: Schema, name: str) -> list[dict[str, Any]]:
        pattern = re.compile(re.escape(name) + r"-([0-9]{1,4})-")
        numbers = {int(match[1]) for key in self.form if (match := pattern.match(key))}
        rows = [self.schema(nested, f"{name}-{number}-") for number in sorted(numbers)]
        filled = [row for row in rows if row]
        # An empty first row is kept when one is required, so that its questions are the errors.
        return filled or ([{}] if rows and field.required else [])

    def texts(self, name: str) -> list[str]:
        self.taken.add(name)
        typed = (value.replace("\r\n", "\n").strip() for value in self.form.getlist(name))
        return [value for value in typed if value]

    def text(self, name: str) -> str:
        return (self.texts(name) or [""])[0]


def nested_schema(field: fields.Field[Any]) -> Schema | None:
    """The schema inside a field, if there is one: of a group, or of each row of a list."""
    inner = field.inner if isinstance(field, fields.List) else field
    return inner.schema if isinstance(inner, fields.Nested) else None


def is_list(field: fields.Field[Any]) -> bool:
    """Does the field hold rows?"""
    return isinstance(field, fields.List) or (isinstance(field, fields.Nested) and bool(field.many))


def _summary(errors: Mapping[Any, Any], schema: Schema, prefix: str) -> Iterator[dict[str, str]]:
    names = {field.data_key or key: field for key, field in schema.fields.items()}
    for name, field in names.items():
        if name in errors:
            yield from _field_errors(errors[name], field, f"{prefix}{name}")
    for name, messages in errors.items():
        if name == "_schema":
            yield from ({"text": text} for text in _texts(messages))
        elif name not in names:
            # A message that does not name the stray field is given its name.
            texts = _texts(messages)
            yield from ({"text": t if str(name) in t else f"{name}: {t}"} for t in texts)


def _field_errors(messages: Any, field: fields.Field[Any], name: str) -> Iterator[dict[str, str]]:
    nested = nested_schema(field)
    if not isinstance(messages, Mapping):
        for text in _texts(messages):
            yield {"text": text, "href": f"#{_anchor(field, nested, name)}"}
    elif nested is not None and is_list(field):
        for row, inside in messages.items():
            within = inside if isinstance(inside, Mapping) else {"_schema": inside}
            yield from _summary(within, nested, f"{name}-{row}-")
    elif nested is not None:
        yield from _summary(messages, nested, f"{name}-")
    else:
        yield from ({"text": text, "href": f"#{name}"} for text in _texts(messages))


def _anchor(field: fields.Field[Any], nested: Schema | None, name: str) -> str:
    """The id of the first input of a field: where the summary's link puts the cursor."""
    if isinstance(field, GovDate):
        return f"{name}-day"
    if nested is not None:
        row = f"{name}-0-" if is_list(field) else f"{name}-"
        first, inner = next(iter(nested.fields.items()))
        return _anchor(inner, nested_schema(inner), row + (inner.data_key or first))
    return name


def _texts(messages: Any) -> list[str]:
    if isinstance(messages, str):
        return [messages]
    if isinstance(messages, Mapping):
        return [text for inside in messages.values() for text in _texts(inside)]
    return [text for message in messages for text in _texts(message)]
