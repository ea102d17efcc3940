"""The kinds of question that the commands ask, with the words people read when one is wrong."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from marshmallow import fields, validate

from shared.web.dates import GovDateTime
from shared.web.forms import CodeField

NARRATIVE: Final = 5_000
LONGEST_LIST: Final = 40
PERSON = validate.Regexp(
    r"[a-z0-9][a-z0-9.-]{0,63}\Z",
    error="Select a person from the team directory, by the sign-in reference.",
)
CHILD = validate.Regexp(
    r"CH-[0-9A-Z]{5}-[0-9A-Z]{5}\Z", error="Enter the reference of a child, like CH-AAAAA-AAAAA."
)


def narrative(label: str, *, required: bool = False, hint: str | None = None) -> fields.String:
    """Free text that stays in the record, never on the bus."""
    longest = validate.Length(
        max=NARRATIVE,
        error=f"{label} must be {NARRATIVE:,} characters or fewer. Shorten it; nothing was saved.",
    )
    how: dict[str, Any] = {} if required else {"load_default": ""}
    meta = {"label": label, "kind": "textarea", "hint": hint}
    return fields.String(required=required, validate=longest, metadata=meta, **how)


def moment(label: str, **how: Any) -> GovDateTime:
    """A date and a time."""
    return GovDateTime(required=how.pop("required", True), metadata={"label": label}, **how)


def code(kind: type[StrEnum], label: str, **how: Any) -> CodeField:
    """One code of a published list."""
    return CodeField(kind, required=how.pop("required", True), metadata={"label": label}, **how)


def person(label: str, **how: Any) -> fields.String:
    """Somebody of the team directory; the page fills in the choices."""
    meta = {"label": label, "kind": "select", "choices": ()}
    return fields.String(required=how.pop("required", True), validate=PERSON, metadata=meta, **how)
