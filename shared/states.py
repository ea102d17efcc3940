"""How a state leaves the rules: to documents and back, and to the JSON that programs are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from cattrs import Converter
from cattrs.errors import BaseValidationError

from shared.events.envelope import iso

S = TypeVar("S")


class UnreadableState(Exception):
    """What is stored lacks a field, or holds a code that nobody knows."""


@cache
def _converter() -> Converter:
    converter = Converter(unstruct_collection_overrides={tuple: list}, omit_if_default=False)
    converter.register_unstructure_hook(StrEnum, lambda code: code.value)
    converter.register_unstructure_hook(datetime, lambda at: at)
    converter.register_structure_hook(datetime, lambda at, _: at)
    converter.register_unstructure_hook(date, lambda day: day.isoformat())
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    return converter


def to_stored(state: object) -> dict[str, Any]:
    """Return the document of a state: BSON dates for instants, ISO text for calendar days."""
    stored: dict[str, Any] = _converter().unstructure(state)
    return stored


def from_stored(stored: Mapping[str, Any], kind: type[S]) -> S:
    """Return the state of a document. Raises UnreadableState when it is none of this kind."""
    try:
        return _converter().structure(stored, kind)
    except (BaseValidationError, KeyError, TypeError, ValueError) as fault:
        raise UnreadableState(f"{kind.__name__}: {type(fault).__name__}") from fault


def plain(value: Any) -> Any:
    """Return a state as JSON: codes as text, instants in UTC, days as ISO dates."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value
