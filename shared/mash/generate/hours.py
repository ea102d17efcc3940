"""When things happen: arrivals over a period, and the working hours that staff answer in.

Tables made once for a period, so that a moment costs a look-up. All moments are whole seconds in
UTC; days and hours are those of the clock on the wall in England.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Final

from shared.mash.generate.proportions import Figure, Proportions
from shared.practice.load import load_time_limits
from shared.working_days import london_day, london_moment

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKEND: Final = 5
AFTERWARDS: Final = 90
"""Days that the calendar knows beyond the last arrival: no journey takes longer."""
MIDNIGHT: Final = time(0)


class Arrivals:
    """The moments at which `count` referrals arrive from `first` to `last`, both included."""

    def __init__(self, proportions: Proportions, first: date, last: date, count: int) -> None:
        working = load_time_limits().bank_holidays_only
        self.count = count
        self.days = (last - first).days + 1
        dates = [first + timedelta(days=each) for each in range(self.days + 1)]
        self._midnights = [london_moment(day, MIDNIGHT) for day in dates]
        self._days = list(
            accumulate(
                proportions["weekday"].share(_like(day, working.is_working(day)))
                for day in dates[:-1]
            )
        )
        self._hours = _bounds(proportions["hour"])

    def at(self, number: int, place: float) -> datetime:
        """Return when referral `number` arrives, at a place from 0 to 1 within its turn.

        Later numbers arrive later, or in the same second.
        """
        spent = (number + place) / self.count * self._days[-1]
        day = min(bisect_right(self._days, spent), self.days - 1)
        before = self._days[day - 1] if day else 0.0
        part = _hour(self._hours, (spent - before) / (self._days[day] - before))
        # A day has 23 hours in spring and 25 in autumn: it is stretched, so that order is kept.
        length = self._midnights[day + 1] - self._midnights[day]
        return _seconds(self._midnights[day] + length * part)


class Office:
    """The hub's opening hours: moments so many working minutes, or working days, later."""

    def __init__(self, first: date, last: date) -> None:
        limits = load_time_limits()
        working = limits.bank_holidays_only
        self._first = first.toordinal()
        dates = [
            first + timedelta(days=each) for each in range((last - first).days + AFTERWARDS + 1)
        ]
        self._is_working = [working.is_working(day) for day in dates]
        self._opens = [
            london_moment(day, limits.hub_opens)
            for day, works in zip(dates, self._is_working, strict=True)
            if works
        ]
        self._next = [0, *accumulate(map(int, self._is_working))]
        closes, opens = limits.hub_closes, limits.hub_opens
        self.minutes = (closes.hour - opens.hour) * 60 + closes.minute - opens.minute

    def after(self, at: datetime, minutes: float) -> datetime:
        """Return the moment so many working minutes after `at`."""
        day, minute = self._place(at)
        more, minute = divmod(minute + minutes, self.minutes)
        return _seconds(self._opens[day + int(more)] + timedelta(minutes=minute))

    def left_until_next_close(self, at: datetime) -> float:
        """Return the working minutes until the close of the next working day after that of `at`.

        The day of `at` is day 0, whatever day it is: that is when a decision is due.
        """
        _, minute = self._place(at)
        return 2 * self.minutes - minute if self._works(at) else float(self.minutes)

    def opening(self, at: datetime, days: int) -> datetime:
        """Return when the hub opens on the `days`-th working day after the day of `at`."""
        day, _ = self._place(at)
        return self._opens[day + days - (0 if self._works(at) else 1)]

    def _works(self, at: datetime) -> bool:
        return self._is_working[london_day(at).toordinal() - self._first]

    def _place(self, at: datetime) -> tuple[int, float]:
        """Which working day it is, or the next one, and how many of its minutes are gone."""
        days = london_day(at).toordinal() - self._first
        day = self._next[days]
        if not self._is_working[days]:
            return day, 0.0
        gone = (at - self._opens[day]).total_seconds() / 60
        return day, min(max(gone, 0.0), float(self.minutes))


def _like(day: date, is_working: bool) -> str:
    """The day of the week that counts: a bank holiday is like a Sunday."""
    return DAYS[day.weekday()] if is_working or day.weekday() >= WEEKEND else DAYS[-1]


def _bounds(figure: Figure) -> list[float]:
    return [bound / figure.bounds[-1] for bound in figure.bounds]


def _hour(bounds: list[float], place: float) -> float:
    """Return which part of the day is gone, from 0 to 1, where `place` of its arrivals are."""
    hour = min(bisect_right(bounds, place), len(bounds) - 1)
    before = bounds[hour - 1] if hour else 0.0
    return (hour + (place - before) / (bounds[hour] - before)) / len(bounds)


def _seconds(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
