"""What a person is asked to do about a field whose answer is missing, of a wrong kind or unseen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from marshmallow import ValidationError, fields

from shared.web.dates import field_label

# Controls but tab and line ends; marks that turn the direction of the text; half characters.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_REQUIRED: Final = "Missing data for required field."
_NULL: Final = "Field may not be null."
_WORDS: Final[Mapping[str, str]] = {
    "Not a valid string.": "Enter text",
    "Not a valid utf-8 string.": "Enter text",
    "Not a valid boolean.": "Answer yes or no (true or false)",
    "Not a valid integer.": "Enter a whole number",
    "Not a valid number.": "Enter a number",
    "Number too large.": "Enter a smaller number",
    "Not a valid list.": "Send a list",
    "Not a valid mapping type.": "Send an object",
    "Invalid type.": "Send an object",
}
"""marshmallow's texts, which name no remedy, and ours. A field's own text is never replaced."""


def ask_for(field: fields.Field[Any]) -> str:
    """What a person is asked to do about a field: `Enter first names`, `Select an outcome`."""
    label = field_label(field)
    if label.endswith("?"):
        return f"Select an answer to “{label}”" if _is_choice(field) else f"Answer “{label}”"
    return f"{'Select' if _is_choice(field) else 'Enter'} {lower_first(label)}"


def lower_first(text: str) -> str:
    """`Date of birth` inside a sentence; `GP practice` stays as it is."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def word(field: fields.Field[Any]) -> None:
    """Give a field, and the fields of its rows, our words wherever it still has the stock ones."""
    ask = ask_for(field)
    words = {
        **_WORDS,
        _REQUIRED: ask,
        _NULL: ask if field.required else f"{ask}, or leave it out",
    }
    for key, text in field.error_messages.items():
        if isinstance(text, str) and text in words:
            field.error_messages[key] = words[text]
    if isinstance(field, fields.List):
        word(field.inner)


def refuse_unseen(data: Any, questions: Iterable[fields.Field[Any]]) -> None:
    """Refuse text with characters that nobody can see: they hide what is sent, or turn it round.

    What a schema inside this one answers for is left to that schema.
    """
    if not isinstance(data, Mapping):
        return
    found = {
        name: [f"Remove the characters that cannot be seen from {_named(field)}"]
        for field in questions
        if _has_unseen(data.get(name := field.data_key or field.name))
    }
    if found:
        raise ValidationError(found)


def _has_unseen(value: Any) -> bool:
    """A list is searched, and the parts of a date; an object in a list has its own schema."""
    if isinstance(value, str):
        return _UNSEEN.search(value) is not None
    if isinstance(value, Mapping):
        value = list(value.values())
    return isinstance(value, list) and any(
        isinstance(each, str) and _has_unseen(each) for each in value
    )


def _named(field: fields.Field[Any]) -> str:
    label = field_label(field)
    return f"“{label}”" if label.endswith("?") else lower_first(label)


def _is_choice(field: fields.Field[Any]) -> bool:
    inner = field.inner if isinstance(field, fields.List) else field
    chosen = isinstance(inner, fields.Enum | fields.Boolean)
    return chosen or getattr(field.validate, "choices", None) is not None
