"""What became of every promise of a case, computed from its entries alone.

The order in which entries arrive and how often they arrive make no difference: clocks are computed
from scratch each time, so a late, doubled or refilled entry gives the same clocks as a tidy line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.events.codes import Clock
from shared.events.envelope import Envelope
from shared.practice import Per, TimeLimit, TimeLimits, Trigger, due_under
from shared.working_days import london_day

SETTLES_WITHIN = timedelta(days=1)
"""How long after the last imported step of a case its history may still go on: an import that was
stopped is taken up again within a day."""


class State(StrEnum):
    """What the entries say of a promise, whatever the time is now."""

    ARMED = "armed"
    MET = "met"
    MET_LATE = "met-late"
    CANCELLED = "cancelled"


class Condition(StrEnum):
    """How a promise stands at a moment: the state, and for a running one the time left."""

    RUNNING = "running"
    AT_RISK = "at-risk"
    BREACHED = "breached"
    MET = "met"
    MET_LATE = "met-late"
    CANCELLED = "cancelled"


class Mark(StrEnum):
    """What audit announces about a promise, each once."""

    AT_RISK = "at-risk"
    BREACHED = "breached"
    MET = "met"


ANNOUNCED_BY = {
    "audit.clock-at-risk": Mark.AT_RISK,
    "audit.clock-breached": Mark.BREACHED,
    "audit.clock-met": Mark.MET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """One promise of one case, or of one child of it."""

    clock: Clock
    child: str | None
    state: State
    armed_at: datetime
    """When the event that started it happened: what was due earlier could not be known before."""
    started_at: datetime
    """The moment it counts from."""
    at_risk_at: datetime
    due_at: datetime
    words: str
    stopped_at: datetime | None = None
    """When the promise was kept, or fell away."""
    recorded_at: datetime | None = None
    """When that was written down."""
    announced: tuple[Mark, ...] = ()
    """What the timeline already says about it."""
    quiet_until: datetime | None = None
    """Entered by import when it was due already: until then more of its history may still come,
    and it is not called broken."""

    def condition(self, at: datetime) -> Condition:
        """How does it stand at that moment? Due means: kept up to and including `due_at`."""
        if self.state is not State.ARMED:
            return Condition(self.state.value)
        if at > self.due_at:
            return Condition.BREACHED
        return Condition.AT_RISK if at >= self.at_risk_at else Condition.RUNNING


class Line:
    """The entries of one case, each once, in the order in which things happened, and by type."""

    def __init__(self, entries: Iterable[Envelope]) -> None:
        unique = {entry.key: entry for entry in entries}
        self._entries = sorted(
            unique.values(), key=lambda each: (each.happened_at, each.stream, each.sequence)
        )
        self._by_type: dict[str, list[Envelope]] = {}
        for entry in self._entries:
            self._by_type.setdefault(entry.type, []).append(entry)

    def of(self, types: Collection[str]) -> Sequence[Envelope]:
        """Return the entries of some types, in their order."""
        here = [each for each in types if each in self._by_type]
        if len(here) > 1:
            return [entry for entry in self._entries if entry.type in here]
        return self._by_type[here[0]] if here else ()

    @property
    def imported_until(self) -> datetime | None:
        """Return when the last step that came by import was written down."""
        return max((each.time for each in self._entries if each.imported_by), default=None)


def clocks_of(entries: Iterable[Envelope], limits: TimeLimits) -> tuple[ClockState, ...]:
    """Compute every clock of one case from all its entries, in any order, doubled or not."""
    line = Line(entries)
    return tuple(
        _clock(limit, child, start, line=line, limits=limits)
        for clock in Clock
        for limit, child, start in _starts(clock, line, limits)
    )


def _starts(
    clock: Clock, line: Line, limits: TimeLimits
) -> Iterator[tuple[TimeLimit, str | None, Envelope]]:
    """The first event that starts the clock, for the case or for each child: it never restarts."""
    started: set[str | None] = set()
    for entry in line.of({limit.starts_on.event for limit in limits.of(clock)}):
        limit = _limit_started_by(entry, clock, limits)
        if limit is None:
            continue
        for child in born_children(entry) if limit.per is Per.CHILD else (None,):
            if child not in started:
                started.add(child)
                yield limit, child, entry


def _limit_started_by(entry: Envelope, clock: Clock, limits: TimeLimits) -> TimeLimit | None:
    for limit in limits.of(clock):
        starts = limit.starts_on.fits(entry.type, entry.data)
        if starts and limit.in_force(london_day(_anchor(limit.starts_on, entry))):
            return limit
    return None


def _anchor(trigger: Trigger, entry: Envelope) -> datetime:
    if trigger.anchored_on is None:
        return entry.happened_at
    return datetime.fromisoformat(entry.data[trigger.anchored_on])


def born_children(entry: Envelope) -> tuple[str, ...]:
    """The children of an event who can be seen: an unborn child has no clock of its own."""
    return tuple(
        each["child"] for each in entry.data.get("children", ()) if not each.get("unborn", False)
    )


def _clock(
    limit: TimeLimit,
    child: str | None,
    start: Envelope,
    *,
    line: Line,
    limits: TimeLimits,
) -> ClockState:
    due = due_under(limits, limit, _anchor(limit.starts_on, start))
    stop = _first(line, (limit.stops_on,), child)
    cancel = _first(line, limit.cancelled_on, child, after=start)
    state, end = _outcome(stop, cancel, due.due_at)
    return ClockState(
        clock=limit.code,
        child=child,
        state=state,
        armed_at=start.happened_at,
        started_at=due.started_at,
        at_risk_at=due.at_risk_at,
        due_at=due.due_at,
        words=due.words,
        stopped_at=end.happened_at if end else None,
        recorded_at=end.time if end else None,
        announced=_announced(line, limit.code, child),
        quiet_until=_quiet_until(start, line, due.due_at),
    )


def _quiet_until(start: Envelope, line: Line, due_at: datetime) -> datetime | None:
    if not start.imported_by or start.time <= due_at or line.imported_until is None:
        return None
    return line.imported_until + SETTLES_WITHIN


def _first(
    line: Line,
    triggers: tuple[Trigger, ...],
    child: str | None,
    *,
    after: Envelope | None = None,
) -> Envelope | None:
    for entry in line.of({trigger.event for trigger in triggers}):
        too_early = after is not None and (entry is after or entry.happened_at < after.happened_at)
        concerns = child is None or entry.data.get("child") in (None, child)
        if not too_early and concerns and any(t.fits(entry.type, entry.data) for t in triggers):
            return entry
    return None


def _outcome(
    stop: Envelope | None, cancel: Envelope | None, due_at: datetime
) -> tuple[State, Envelope | None]:
    """Kept before it fell away is kept; when it happened counts, not when it was written."""
    if stop is not None and (cancel is None or stop.happened_at <= cancel.happened_at):
        return (State.MET if stop.happened_at <= due_at else State.MET_LATE), stop
    if cancel is not None:
        return State.CANCELLED, cancel
    return State.ARMED, None


def _announced(line: Line, clock: Clock, child: str | None) -> tuple[Mark, ...]:
    said = {
        ANNOUNCED_BY[entry.type]
        for entry in line.of(ANNOUNCED_BY)
        if (entry.data.get("clock"), entry.data.get("child")) == (clock.value, child)
    }
    return tuple(mark for mark in Mark if mark in said)
