"""Reads and checks the table of time limits, so that a wrong table stops a service at its start."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, time, timedelta
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

from shared.events import audit, referral, strategy
from shared.events.codes import Clock
from shared.events.facts import Fact
from shared.practice.limits import (
    Calendar,
    CouncilClosures,
    EventDay,
    Kind,
    NonWorkingReceipt,
    Per,
    Readings,
    TimeLimit,
    TimeLimits,
    Trigger,
    WorkingDayEnds,
)
from shared.working_days import WorkingDays, closures_from

READINGS: Mapping[str, type[StrEnum]] = {
    "event_day": EventDay,
    "non_working_receipt": NonWorkingReceipt,
    "working_day_ends": WorkingDayEnds,
    "council_closures": CouncilClosures,
}


class BadTimeLimits(ValueError):
    """The table of time limits cannot be used. The message names the row and the remedy."""


def load_time_limits(
    time_limits_file: Path | None = None, closures_file: Path | None = None
) -> TimeLimits:
    """Return the table: the shipped one, or a council's own in `TIME_LIMITS_FILE`.

    A council's table replaces the shipped one, but cannot loosen a statutory limit.
    """
    closures = closures_from(closures_file)
    shipped = _table(_shipped_text(), closures=closures, named="the shipped time limits")
    if time_limits_file is None:
        return shipped
    named = f"TIME_LIMITS_FILE {time_limits_file}"
    try:
        text = time_limits_file.read_text(encoding="utf-8")
    except OSError as fault:
        raise BadTimeLimits(f"{named} cannot be read: {fault.strerror}.") from fault
    own = _table(text, closures=closures, named=named)
    _refuse_loosened(own, shipped=shipped, named=named)
    return own


def _shipped_text() -> str:
    data = resources.files("shared.practice") / "data" / "time_limits.json"
    return data.read_text(encoding="utf-8")


def _table(text: str, *, closures: frozenset[date], named: str) -> TimeLimits:
    try:
        raw = json.loads(text)
        last_known = int(raw["bank_holidays_known_to_year"])
        table = TimeLimits(
            limits=tuple(_limit(row) for row in raw["limits"]),
            readings=_readings(raw["readings"]),
            hub_opens=time.fromisoformat(raw["hub_opens"]),
            hub_closes=time.fromisoformat(raw["hub_closes"]),
            bank_holidays_only=WorkingDays(last_known_year=last_known),
            with_closures=WorkingDays(closures=closures, last_known_year=last_known),
        )
    except KeyError as missing:
        raise BadTimeLimits(f"{named}: {missing} is missing. Add it.") from missing
    except (ValueError, TypeError) as fault:
        raise BadTimeLimits(f"{named}: {fault}") from fault
    _check(table, named=named)
    return table


def _limit(row: Mapping[str, Any]) -> TimeLimit:
    return TimeLimit(
        code=Clock(row["code"]),
        words=row["words"],
        starts_on=_trigger(row["starts_on"]),
        stops_on=_trigger(row["stops_on"]),
        cancelled_on=tuple(_trigger(each) for each in row["cancelled_on"]),
        limit=row["limit"],
        calendar=Calendar(row["calendar"]),
        per=Per(row["per"]),
        kind=Kind(row["kind"]),
        source=row["source"],
        at_risk_before=timedelta(minutes=row["at_risk_before_minutes"]),
        effective_from=date.fromisoformat(row["effective_from"]),
        effective_to=date.fromisoformat(row["effective_to"]) if row["effective_to"] else None,
    )


def _trigger(raw: Mapping[str, Any]) -> Trigger:
    return Trigger(
        event=raw["event"],
        when={name: tuple(allowed) for name, allowed in raw.get("when", {}).items()},
        anchored_on=raw.get("anchored_on"),
    )


def _readings(raw: Mapping[str, Any]) -> Readings:
    chosen = {name: kind(raw[name]["choice"]) for name, kind in READINGS.items()}
    words = tuple(raw[name]["words"][choice] for name, choice in chosen.items())
    return Readings(words=words, **chosen)  # type: ignore[arg-type]  # each kind fits its own name


def _check(table: TimeLimits, *, named: str) -> None:
    if table.hub_opens >= table.hub_closes:
        raise BadTimeLimits(f"{named}: hub_opens must be before hub_closes.")
    shapes = _published_fields()
    for limit in table.limits:
        if fault := _fault_of(limit, shapes) or _overlap(limit, table.of(limit.code)):
            raise BadTimeLimits(f"{named}: {limit.code} from {limit.effective_from}: {fault}")
    if absent := [clock.value for clock in Clock if not table.of(clock)]:
        raise BadTimeLimits(f"{named}: no row for {', '.join(absent)}. Add one.")


def _fault_of(limit: TimeLimit, shapes: Mapping[str, frozenset[str]]) -> str | None:
    if not isinstance(limit.limit, int) or limit.limit < 0 or limit.at_risk_before < timedelta(0):
        return "limit and at_risk_before_minutes must be whole numbers, 0 or more."
    if (limit.limit == 0) != (limit.calendar is Calendar.SAME_LOCAL_DAY):
        return "limit is 0 for the calendar same-local-day, and at least 1 for any other."
    for trigger in (limit.starts_on, limit.stops_on, *limit.cancelled_on):
        if trigger.event not in shapes:
            return f"there is no event {trigger.event}. Use a type of the event contract."
        named = {*trigger.when, *([trigger.anchored_on] if trigger.anchored_on else [])}
        if unknown := named - shapes[trigger.event]:
            return f"{trigger.event} has no field {', '.join(sorted(unknown))}."
    return None


def _overlap(limit: TimeLimit, rows: tuple[TimeLimit, ...]) -> str | None:
    for other in rows:
        if other is not limit and other.in_force(limit.effective_from):
            return f"another row from {other.effective_from} is in force. End it the day before."
    return None


def _published_fields() -> Mapping[str, frozenset[str]]:
    facts = (
        found
        for module in (referral, strategy, audit)
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Fact) and hasattr(found, "type")
    )
    return {fact.type: frozenset(each.name for each in fields(fact)) for fact in facts}


def _refuse_loosened(own: TimeLimits, *, shipped: TimeLimits, named: str) -> None:
    """A statutory limit may be made stricter by a council, never looser."""
    for statutory in (limit for limit in shipped.limits if limit.kind is Kind.STATUTORY):
        rows = own.of(statutory.code)
        if any(_is_looser(row, statutory) for row in rows) or _leaves_a_gap(rows, statutory):
            raise BadTimeLimits(
                f"{named}: {statutory.code} is a statutory limit ({statutory.source}). It may be "
                f"made stricter, never looser: keep {statutory.limit} {statutory.calendar} or "
                "less, the same start and stop, and leave no day without a limit."
            )


def _is_looser(row: TimeLimit, statutory: TimeLimit) -> bool:
    same_day = row.calendar is Calendar.SAME_LOCAL_DAY
    shorter = row.calendar is statutory.calendar and row.limit <= statutory.limit
    same_events = (
        row.starts_on,
        row.stops_on,
        row.cancelled_on,
        row.per,
        row.kind,
    ) == (
        statutory.starts_on,
        statutory.stops_on,
        statutory.cancelled_on,
        statutory.per,
        statutory.kind,
    )
    return not (same_events and (same_day or shorter))


def _leaves_a_gap(rows: Iterable[TimeLimit], statutory: TimeLimit) -> bool:
    covered_to: date | None = statutory.effective_from - timedelta(days=1)
    for row in sorted(rows, key=lambda each: each.effective_from):
        if covered_to is None or row.effective_from > covered_to + timedelta(days=1):
            return covered_to is not None
        covered_to = row.effective_to
    return covered_to is not None
