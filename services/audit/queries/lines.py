"""The line of one case or one child, as the page shows it and `mash trace` prints it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from services.audit.documents import MongoArchive
from services.audit.domain.chain import Fault, broken_in
from services.audit.domain.clocks import ANNOUNCED_BY, ClockState, Condition, Mark
from services.audit.domain.projection import CaseProjection
from services.audit.domain.timeline import (
    Hole,
    children_of,
    how_long,
    in_order,
    is_late,
)
from services.audit.domain.wording import Names, Sentence, sentence_of, unknown_event
from shared.events.codes import Clock, Role
from shared.events.envelope import Envelope, MalformedEvent
from shared.events.registry import fact_of
from shared.practice import TimeLimits
from shared.rules import NotFound
from shared.working_days import london_day

OURS: Final = "/audit"


class NoSuchCase(NotFound):
    """No event of this case has reached audit."""

    code = "no-such-case"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One event of a line, ready to be shown."""

    key: str
    type: str
    service: str
    case: str
    title: str
    details: tuple[str, ...]
    who: str
    name: str
    role: str
    at: datetime
    recorded_at: datetime
    late: bool
    late_by: str
    since_previous: str
    """How long since the step before; empty for the first, and for what audit says itself."""
    children: tuple[str, ...]
    clocks: tuple[Clock, ...]
    """The promises this event starts, keeps or speaks of."""
    mark: Condition | None = None
    """How the promise stood that oversight speaks of here; None for a step of the work."""
    promise: str = ""
    """That promise in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLine:
    """One promise as it stands now."""

    case: str
    state: ClockState
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A whole line: its events in order, its promises, and whether it is complete and unbroken."""

    ref: str
    items: tuple[Item, ...]
    children: tuple[str, ...]
    cases: tuple[str, ...]
    clocks: tuple[ClockLine, ...]
    holes: tuple[Hole, ...]
    faults: tuple[Fault, ...]
    entries: int

    @property
    def complete(self) -> bool:
        """Is every event there, and every one as it was sealed?"""
        return not self.holes and not self.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFilter:
    """Which items to show. The line itself, its order and its times stay whole."""

    type: str | None = None
    service: str | None = None
    actor: str | None = None
    day: date | None = None
    late: bool = False
    clock: Clock | None = None

    def lets(self, item: Item) -> bool:
        """Is the item one of those asked for?"""
        return all(
            (
                self.type in (None, item.type),
                self.service in (None, item.service),
                self.actor in (None, item.who),
                self.day in (None, london_day(item.at)),
                item.late or not self.late,
                self.clock is None or self.clock in item.clocks,
            )
        )


def line(ref: str, *, limits: TimeLimits, names: Names, now: datetime) -> Line:
    """Return the line of a case. Raises NoSuchCase."""
    archive = MongoArchive()
    entries, case = archive.entries_of_case(ref), archive.case_at(ref)
    if not entries or case is None:
        raise NoSuchCase(f"No timeline for {ref}. Check the reference, or look again in a minute.")
    return build_line(ref, entries, (case,), limits=limits, names=names, now=now)


def build_line(
    ref: str,
    entries: list[Envelope],
    cases: tuple[CaseProjection, ...],
    *,
    limits: TimeLimits,
    names: Names,
    now: datetime,
) -> Line:
    """Put a line together from its entries and the projections of its cases."""
    return Line(
        ref=ref,
        items=tuple(_items(entries, limits, names)),
        children=tuple(sorted({child for case in cases for child in case.children})),
        cases=tuple(case.ref for case in cases),
        clocks=tuple(
            ClockLine(case=case.ref, state=state, condition=state.condition(now))
            for case in cases
            for state in case.clocks
        ),
        holes=tuple(hole for case in cases for hole in case.holes),
        faults=broken_in(entries),
        entries=len(entries),
    )


def _items(entries: list[Envelope], limits: TimeLimits, names: Names) -> Iterable[Item]:
    """Time passes from step to step of the work; what audit says in between is no step of it."""
    step: Envelope | None = None
    for entry in in_order(entries):
        ours = entry.source == OURS
        passed = entry.happened_at - step.happened_at if step and not ours else None
        yield _item(entry, passed, limits=limits, names=names)
        step = step if ours else entry


def _item(entry: Envelope, passed: timedelta | None, *, limits: TimeLimits, names: Names) -> Item:
    said = _words(entry, names)
    late = is_late(entry)
    return Item(
        key=entry.key,
        type=entry.type,
        service=entry.source.removeprefix("/"),
        case=entry.subject,
        title=said.title,
        details=said.details,
        who=entry.actor,
        name=_name(entry, names),
        role=entry.actor_role,
        at=entry.happened_at,
        recorded_at=entry.time,
        late=late,
        late_by=how_long(entry.time - entry.happened_at) if late else "",
        since_previous="" if passed is None else how_long(passed),
        children=children_of(entry.data),
        clocks=tuple(_clocks_touched(entry, limits)),
        mark=condition_said(entry),
        promise=said.promise,
    )


def _words(entry: Envelope, names: Names) -> Sentence:
    try:
        return sentence_of(fact_of(entry), names)
    except MalformedEvent:
        return unknown_event(entry.type, entry.version)


def condition_said(entry: Envelope) -> Condition | None:
    """Return how a promise stood according to what oversight says, in the words of the promises."""
    said = ANNOUNCED_BY.get(entry.type)
    if said is Mark.MET:
        due = entry.data.get("due_at")
        late = isinstance(due, str) and entry.happened_at > datetime.fromisoformat(due)
        return Condition.MET_LATE if late else Condition.MET
    return Condition(said.value) if said else None


def _name(entry: Envelope, names: Names) -> str:
    if entry.actor_role == Role.SERVICE:
        return f"the {entry.actor} service"
    return names(entry.actor)


def _clocks_touched(entry: Envelope, limits: TimeLimits) -> Iterable[Clock]:
    for clock in Clock:
        types = {
            trigger.event
            for limit in limits.of(clock)
            for trigger in (limit.starts_on, limit.stops_on, *limit.cancelled_on)
        }
        if entry.type in types or entry.data.get("clock") == clock.value:
            yield clock
