"""What a time limit is: the shapes of the table in `data/time_limits.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Any

from shared.events.codes import Clock
from shared.working_days import WorkingDays


class Calendar(StrEnum):
    """The kinds of clock, never mixed in one limit."""

    WORKING_DAYS = "working-days"
    HUB_HOURS = "hub-hours"
    ELAPSED = "elapsed"
    SAME_LOCAL_DAY = "same-local-day"


class Per(StrEnum):
    """Is the promise made once for the case, or once for each child?"""

    CASE = "case"
    CHILD = "child"


class Kind(StrEnum):
    """Who set the limit. A statutory limit cannot be loosened by configuration."""

    STATUTORY = "statutory"
    LOCAL = "local"
    LETTER = "letter"


class EventDay(StrEnum):
    """Reading: which number has the day on which it happens?"""

    DAY_0 = "day-0"
    DAY_1 = "day-1"


class NonWorkingReceipt(StrEnum):
    """Reading: what happens on a day that is no working day?"""

    COUNTS_AS_DAY_0 = "counts-as-day-0"
    WAITS_FOR_WORKING_DAY = "waits-for-working-day"


class WorkingDayEnds(StrEnum):
    """Reading: when is a working day over?"""

    HUB_CLOSE = "hub-close"
    MIDNIGHT = "midnight"


class CouncilClosures(StrEnum):
    """Reading: does a closure of the council move a limit that a statute sets?"""

    MOVE_LOCAL_LIMITS_ONLY = "move-local-limits-only"
    MOVE_EVERY_LIMIT = "move-every-limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Where a rule can be read two ways: the chosen reading. The stricter is the default."""

    event_day: EventDay = EventDay.DAY_0
    non_working_receipt: NonWorkingReceipt = NonWorkingReceipt.COUNTS_AS_DAY_0
    working_day_ends: WorkingDayEnds = WorkingDayEnds.HUB_CLOSE
    council_closures: CouncilClosures = CouncilClosures.MOVE_LOCAL_LIMITS_ONLY
    words: tuple[str, ...] = ()
    """The chosen readings in the words of the data file, for every place that shows a due time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """The event that starts, stops or cancels a clock, and what its data must say."""

    event: str
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    anchored_on: str | None = None
    """The field of the event that holds the moment to count from; None: when it happened."""

    def fits(self, event_type: str, data: Mapping[str, Any]) -> bool:
        """Is this the event, and does every named field hold one of the values listed?"""
        return event_type == self.event and all(
            data.get(name) in allowed for name, allowed in self.when.items()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimit:
    """One promise: what starts it, what keeps it, how long there is, and who says so."""

    code: Clock
    words: str
    starts_on: Trigger
    stops_on: Trigger
    cancelled_on: tuple[Trigger, ...]
    limit: int
    """Working days, hub hours or elapsed hours, as `calendar` says; 0 for the same local day."""
    calendar: Calendar
    per: Per
    kind: Kind
    source: str
    at_risk_before: timedelta
    effective_from: date
    effective_to: date | None

    def in_force(self, day: date) -> bool:
        """Does the limit apply to what starts on that day?"""
        return self.effective_from <= day and (
            self.effective_to is None or day <= self.effective_to
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """The whole table, with the hub's hours, the readings chosen and the two calendars."""

    limits: tuple[TimeLimit, ...]
    readings: Readings
    hub_opens: time
    hub_closes: time
    bank_holidays_only: WorkingDays
    with_closures: WorkingDays
    _rows: Mapping[Clock, tuple[TimeLimit, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows = {code: tuple(it for it in self.limits if it.code is code) for code in Clock}
        object.__setattr__(self, "_rows", rows)  # made once: it is asked for with every event

    def of(self, clock: Clock) -> tuple[TimeLimit, ...]:
        """Return every row of one clock: it may have changed over the years."""
        return self._rows[clock]

    def in_force(self, clock: Clock, day: date) -> TimeLimit | None:
        """Return the row that applies to what starts on that London day."""
        return next((limit for limit in self.of(clock) if limit.in_force(day)), None)

    def working_days_for(self, limit: TimeLimit) -> WorkingDays:
        """Return the calendar of this limit: a statute knows bank holidays, not closures."""
        only_local = self.readings.council_closures is CouncilClosures.MOVE_LOCAL_LIMITS_ONLY
        if limit.kind is Kind.STATUTORY and only_local:
            return self.bank_holidays_only
        return self.with_closures
