"""When is it due, and from when is it at risk? Pure: a limit and a start in, moments out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shared.events.codes import Clock
from shared.practice.limits import (
    Calendar,
    EventDay,
    NonWorkingReceipt,
    TimeLimit,
    TimeLimits,
    WorkingDayEnds,
)
from shared.working_days import (
    WorkingDays,
    elapsed,
    end_of_london_day,
    london_day,
    london_moment,
)

UNKNOWN_HOLIDAYS = (
    "The bank holidays of that year are not published yet, so check this due time by hand."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One due time as a page shows it: the moments, and the rule that made them in words."""

    clock: Clock
    started_at: datetime
    at_risk_at: datetime
    due_at: datetime
    words: str
    holidays_known: bool = True


def due_for(limits: TimeLimits, clock: Clock, started_at: datetime) -> Due:
    """Return when a promise that started at a moment is due. Raises LookupError if none applies.

    Every worklist and the audit clocks call this, so the same number stands on every page.
    """
    limit = limits.in_force(clock, london_day(started_at))
    if limit is None:
        raise LookupError(f"No time limit for {clock} was in force on {london_day(started_at)}.")
    return due_under(limits, limit, started_at)


def due_under(limits: TimeLimits, limit: TimeLimit, started_at: datetime) -> Due:
    """Return when a promise is due under a limit that was in force when it started."""
    due = due_at(limits, limit, started_at)
    known = limits.working_days_for(limit).knows(london_day(due))
    return Due(
        clock=limit.code,
        started_at=started_at,
        at_risk_at=at_risk_at(limit, due=due, started_at=started_at),
        due_at=due,
        words=_words(limits, limit, known=known),
        holidays_known=known,
    )


def due_at(limits: TimeLimits, limit: TimeLimit, started_at: datetime) -> datetime:
    """Return the last moment at which the promise is kept, in UTC."""
    if limit.calendar is Calendar.ELAPSED:
        return elapsed(started_at, limit.limit)
    if limit.calendar is Calendar.SAME_LOCAL_DAY:
        # Never rolls over a weekend or a bank holiday: then it is the emergency duty team's.
        return end_of_london_day(london_day(started_at))
    if limit.calendar is Calendar.HUB_HOURS:
        return _after_hub_hours(limits, limits.working_days_for(limit), started_at, limit.limit)
    return _after_working_days(limits, limit, started_at)


def at_risk_at(limit: TimeLimit, *, due: datetime, started_at: datetime) -> datetime:
    """Return when the promise begins to be at risk: never before it was made."""
    return max(started_at, due - limit.at_risk_before)


def _after_working_days(limits: TimeLimits, limit: TimeLimit, started_at: datetime) -> datetime:
    """The event's day is day 0, whatever day it is; the last day ends when the hub closes.

    Received on Saturday 27 March 2027, one working day: Tuesday 30 March (Easter Monday between).
    """
    calendar = limits.working_days_for(limit)
    last = calendar.count_on(
        _day_0(limits, calendar, london_day(started_at)),
        _days(limits, limit, calendar, started_at),
    )
    if limits.readings.working_day_ends is WorkingDayEnds.MIDNIGHT:
        return end_of_london_day(last)
    return max(london_moment(last, limits.hub_closes), started_at)


def _day_0(limits: TimeLimits, calendar: WorkingDays, day: date) -> date:
    waits = limits.readings.non_working_receipt is NonWorkingReceipt.WAITS_FOR_WORKING_DAY
    return calendar.next_working(day) if waits and not calendar.is_working(day) else day


def _days(limits: TimeLimits, limit: TimeLimit, calendar: WorkingDays, started_at: datetime) -> int:
    counts_itself = limits.readings.event_day is EventDay.DAY_1
    if counts_itself and calendar.is_working(london_day(started_at)):
        return limit.limit - 1
    return limit.limit


def _after_hub_hours(
    limits: TimeLimits, calendar: WorkingDays, started_at: datetime, hours: int
) -> datetime:
    """Count only hours in which the hub is open; what comes after closing starts next morning."""
    left, at = timedelta(hours=hours), started_at
    while True:
        day = london_day(at)
        opens, closes = _open(limits, calendar, day)
        at = max(at, opens)
        if at < closes:
            if left <= closes - at:
                return at + left
            left -= closes - at
        at = london_moment(calendar.next_working(day), limits.hub_opens)


def _open(limits: TimeLimits, calendar: WorkingDays, day: date) -> tuple[datetime, datetime]:
    if not calendar.is_working(day):
        midnight = london_moment(day, time.min)
        return midnight, midnight
    return london_moment(day, limits.hub_opens), london_moment(day, limits.hub_closes)


def _words(limits: TimeLimits, limit: TimeLimit, *, known: bool) -> str:
    sentences = [f"{limit.words}."]
    if limit.calendar is Calendar.WORKING_DAYS:
        sentences += limits.readings.words
    if limit.calendar is Calendar.SAME_LOCAL_DAY:
        sentences.append("The day ends at midnight, also on a weekend or a bank holiday.")
    if not known:
        sentences.append(UNKNOWN_HOLIDAYS)
    return " ".join(sentences)
