"""Dates and times as people type them: day, month and year, on the clock on the wall in England."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final, TypeAlias

from marshmallow import ValidationError, fields

from shared.clock import LONDON

Messages: TypeAlias = dict[str, str | list[Any] | dict[Any, Any]]
"""What marshmallow calls the type of a field's error texts."""

PARTS: Final = ("day", "month", "year")
TIME_PARTS: Final = (*PARTS, "time", "fold")
FOLDS: Final = ("first", "second")

_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", re.IGNORECASE)
_NOON: Final = 12


class GovDate(fields.Field[date]):
    """A date: ISO text from a program, or day, month and year from a page. Month names will do."""

    default_error_messages: Messages = {  # noqa: RUF012 - marshmallow declares it so
        "invalid": "{label} must be a real date",
        "incomplete": "{label} must include {missing}",
        "year": "{label} must have a year of 4 numbers",
    }

    @property
    def label(self) -> str:
        """What the field is called in an error."""
        return field_label(self)

    def fault(self, key: str, **words: str) -> ValidationError:
        """The error in the field's own words."""
        return self.make_error(key, label=self.label, **words)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if isinstance(value, Mapping):
            return self.from_parts(value)
        if not isinstance(value, str):
            raise self.fault("invalid")
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise self.fault("invalid") from None

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value.isoformat() if value else None

    def from_parts(self, parts: Mapping[str, Any]) -> date:
        """The date that day, month and year name."""
        typed = {part: str(parts.get(part) or "").strip() for part in PARTS}
        missing = [f"a {part}" for part in PARTS if not typed[part]]
        if missing:
            raise self.fault("incomplete", missing=" and ".join(missing))
        if not re.fullmatch(r"[0-9]{4}", typed["year"]):
            raise self.fault("year")
        try:
            return date(int(typed["year"]), _month(typed["month"]), int(typed["day"]))
        except ValueError:
            raise self.fault("invalid") from None


class GovDateTime(GovDate):
    """A moment: ISO text with its offset from a program, or a date and a time from a page.

    A time typed on a page is London time. When the clocks go forward some times do not exist and
    are refused; when they go back some happen twice, and `fold` says which: "first" or "second".
    """

    default_error_messages: Messages = {  # noqa: RUF012 - marshmallow declares it so
        "time_missing": "{label} must include a time, such as 14:30",
        "time": "{label} must have a real time, such as 14:30",
        "offset": "{label} must say its offset from UTC, such as 2026-11-23T14:30:00+00:00",
        "gap": (
            "{label} is in the hour that does not exist: the clocks go forward at 1am that day. "
            "Check the time"
        ),
        "twice": (
            "{label} is in the hour that comes twice: the clocks go back at 2am that day. "
            "Say whether it is the first or the second time"
        ),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if isinstance(value, Mapping):
            return self.in_utc(self.from_parts(value), value)
        if not isinstance(value, str):
            raise self.fault("invalid")
        try:
            at = datetime.fromisoformat(value.strip())
        except ValueError:
            raise self.fault("invalid") from None
        if at.tzinfo is None:
            raise self.fault("offset")
        try:
            return at.astimezone(UTC)
        except OverflowError:  # the first or last day there is, on another side of the world
            raise self.fault("invalid") from None

    def in_utc(self, day: date, parts: Mapping[str, Any]) -> datetime:
        """The instant at which the clock on the wall in England showed this."""
        typed = str(parts.get("time") or "").strip()
        if not typed:
            raise self.fault("time_missing")
        moments = moments_at(datetime.combine(day, self.time_of(typed)))
        if not moments:
            raise self.fault("gap")
        if len(moments) == 1:
            return moments[0]
        if parts.get("fold") not in FOLDS:
            raise self.fault("twice")
        return moments[FOLDS.index(parts["fold"])]

    def time_of(self, typed: str) -> time:
        """The time of day that was typed: `14:30`, `2.30pm`, `9am`."""
        match = _TIME.fullmatch(typed)
        # "9" alone is no time: it needs minutes or am/pm to be one.
        if match is None or not (match[2] or match[3]):
            raise self.fault("time")
        hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").lower()
        if half and not 1 <= hour <= _NOON:
            raise self.fault("time")
        if half:
            hour = hour % _NOON + (_NOON if half == "pm" else 0)
        try:
            return time(hour, minute)
        except ValueError:
            raise self.fault("time") from None


def field_label(field: fields.Field[Any]) -> str:
    """What a field is called: its `metadata["label"]`, or its name in words."""
    label = field.metadata.get("label")
    name = field.data_key or field.name or "this"
    return str(label) if label else name.replace("_", " ").capitalize()


def moments_at(wall: datetime) -> list[datetime]:
    """The instants at which the clock on the wall in England shows this: none, one or two."""
    folds = (wall.replace(tzinfo=LONDON, fold=fold).astimezone(UTC) for fold in (0, 1))
    real = {at for at in folds if at.astimezone(LONDON).replace(tzinfo=None) == wall}
    return sorted(real)


def _month(typed: str) -> int:
    if typed.isascii() and typed.isdigit():
        return int(typed)
    shortest = 3
    for number, name in enumerate(_MONTHS, start=1):
        if len(typed) >= shortest and name.startswith(typed.lower()):
            return number
    raise ValueError(typed)
