"""The calendar of the work, from its rules in words (DECISIONS 13), with arithmetic of its own.

All days are days on the clock on the wall in England. The same day ends with its last millisecond
and never rolls over. One working day: the day it happens is day 0, whatever day it is; the next day
that is Monday to Friday and no bank holiday of England is day 1, and ends when the hub closes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

ENGLAND = ZoneInfo("Europe/London")
HUB_CLOSES = time(17, 0)
A_DAY = timedelta(days=1)
A_MILLISECOND = timedelta(milliseconds=1)


def day_of(at: datetime) -> date:
    """Return the day in England of a moment."""
    return at.astimezone(ENGLAND).date()


def on_the_wall(day: date, wall: time) -> datetime:
    """Return the moment, in UTC, at which the clock on the wall shows a time."""
    return datetime.combine(day, wall, tzinfo=ENGLAND).astimezone(UTC)


def end_of_day(at: datetime) -> datetime:
    """Return the last millisecond of the day of a moment."""
    return on_the_wall(day_of(at) + A_DAY, time(0)) - A_MILLISECOND


def end_of_next_working_day(at: datetime) -> datetime:
    """Return when the hub closes on the first working day after the day of a moment."""
    day = day_of(at) + A_DAY
    while not is_working(day):
        day += A_DAY
    return on_the_wall(day, HUB_CLOSES)


def is_working(day: date) -> bool:
    """Is it Monday to Friday and no bank holiday of England?"""
    return day.isoweekday() <= 5 and day not in _bank_holidays(day.year)


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(country_holidays("GB", subdiv="ENG", years=year))
