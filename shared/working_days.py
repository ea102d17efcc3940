"""Working days exist here once, so that every service and every page counts the same days.

A working day is Monday to Friday less the bank holidays of England, and
less the council's own closures where a caller gives them. All days are Europe/London days; all
arithmetic on moments is done in UTC, because adding hours to a local time is wrong twice a year.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

from holidays import country_holidays

from shared.clock import LONDON

ONE_DAY = timedelta(days=1)
A_YEAR = timedelta(days=365)
SATURDAY = 5
LAST_MOMENT = timedelta(milliseconds=1)
DAYS_REMEMBERED = 4096
"""Days whose borders are remembered: clocks ask for the same few with every event."""
LAST_KNOWN_YEAR = 2027
"""The last year for which GOV.UK has published bank holidays; one-off days appear only there."""


class BeyondKnownHolidays(ValueError):
    """A due date falls in a year whose bank holidays have not been published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingDays:
    """The calendar of working days: England's bank holidays and, if given, closures."""

    closures: frozenset[date] = field(default_factory=frozenset)
    last_known_year: int = LAST_KNOWN_YEAR

    def is_working(self, day: date) -> bool:
        """Monday to Friday, not a bank holiday in England, not a closure."""
        return (
            day.weekday() < SATURDAY
            and day not in _bank_holidays(day.year)
            and day not in self.closures
        )

    def knows(self, day: date) -> bool:
        """Are the bank holidays of that day's year published?"""
        return day.year <= self.last_known_year

    def knows_a_year_after(self, day: date) -> bool:
        """Are they published for the twelve months that follow `day`? Plans reach that far."""
        return self.knows(day + A_YEAR)

    def next_working(self, day: date) -> date:
        """Return the first working day after `day`."""
        return _next_working(self, day)

    def count_on(self, start: date, days: int) -> date:
        """Count `days` working days on from `start`: the start is day 0, whatever day it is.

        Source: the field's convention that day 0 is the day it happens. The answer may lie
        beyond the known bank holidays: the caller flags it with `knows`. `add` refuses instead.
        """
        if days < 0:
            raise ValueError(
                f"Working days are counted forwards, so {days} is not a number of them."
            )
        day = start
        for _ in range(days):
            day = self.next_working(day)
        return day

    def add(self, start: date, days: int) -> date:
        """Like `count_on`, but refuses a date past the last year of known bank holidays."""
        day = self.count_on(start, days)
        if not self.knows(day):
            raise BeyondKnownHolidays(
                f"{day.isoformat()} is after {self.last_known_year}, the last year whose bank "
                "holidays are known. Update the list of bank holidays before relying on it."
            )
        return day


@lru_cache(maxsize=DAYS_REMEMBERED)
def _next_working(calendar: WorkingDays, day: date) -> date:
    following = day + ONE_DAY
    while not calendar.is_working(following):
        following += ONE_DAY
    return following


@lru_cache(maxsize=64)
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(country_holidays("GB", subdiv="ENG", years=year).keys())


def london_day(at: datetime) -> date:
    """Return the Europe/London calendar day of a moment: convert first, then take the date."""
    return _aware(at).astimezone(LONDON).date()


@lru_cache(maxsize=DAYS_REMEMBERED)
def london_moment(day: date, wall: time) -> datetime:
    """Return the moment, in UTC, when London's clocks show `wall` on `day`.

    A time that happens twice (clocks going back) is its first, stricter, occurrence.
    """
    return datetime.combine(day, wall, tzinfo=LONDON).astimezone(UTC)


@lru_cache(maxsize=DAYS_REMEMBERED)
def end_of_london_day(day: date) -> datetime:
    """Return 23:59:59.999 London time of that day, in UTC; storage keeps whole milliseconds."""
    return london_moment(day + ONE_DAY, time.min) - LAST_MOMENT


def elapsed(start: datetime, hours: float) -> datetime:
    """Add hours that really pass: over week-ends and clock changes, so always in UTC."""
    return _aware(start).astimezone(UTC) + timedelta(hours=hours)


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("A moment without a time zone was given. Give it in UTC.")
    return at


def closures_from(path: Path | None) -> frozenset[date]:
    """Read the council's own closures: a JSON list of dates such as "2026-12-29"."""
    if path is None:
        return frozenset()
    try:
        return frozenset(_dates(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError) as fault:
        raise ValueError(
            f"CLOSURES_FILE {path}: {fault}. It must be a JSON list of dates, "
            'for example ["2026-12-29"].'
        ) from fault


def _dates(listed: Iterable[str]) -> Iterable[date]:
    return (date.fromisoformat(text) for text in listed)
