"""One event of a line in words: what the page shows and `mash trace` prints, said once, here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from services.audit.domain.clocks import ANNOUNCED_BY, ClockState, Condition, Mark
from services.audit.domain.code_words import STANDS, beginning
from services.audit.domain.timeline import children_of, how_long, in_order, is_late
from services.audit.domain.wording import Names, Sentence, sentence_of, unknown_event
from shared.events.codes import Clock, Role
from shared.events.envelope import Envelope, MalformedEvent
from shared.events.registry import fact_of
from shared.practice import TimeLimits
from shared.web.labels import code_words
from shared.web.wording import moment_words
from shared.working_days import london_day

OURS: Final = "/audit"

Standing = tuple[str, ClockState, Condition]
"""A promise: its case, what the entries say of it, and how it stands now."""


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
    stands: tuple[tuple[Clock, Condition], ...]
    """How each of them stands now, and how it stood when oversight spoke of it here."""
    mark: Condition | None = None
    """How the promise stood that oversight speaks of here; None for a step of the work."""
    promise: str = ""
    """That promise in words."""
    entered_by: str = ""
    """Who entered it by import; empty for what was not imported."""

    @property
    def heading(self) -> str:
        """What happened; of oversight, the promise, which `mark_words` says more of."""
        return beginning(self.promise) if self.mark_words else self.title

    @property
    def mark_words(self) -> str:
        """How the promise stood, in the words of the promises; empty for a step of the work."""
        return STANDS[self.mark] if self.mark and self.promise else ""

    @property
    def role_words(self) -> str:
        """The role of whoever did it. One that this release does not know is shown as it came."""
        try:
            return code_words(self.role, "Role")
        except LookupError:
            return self.role

    @property
    def byline(self) -> str:
        """Who did it, and in which role."""
        return self.name if self.role == Role.SERVICE else f"{self.name} ({self.role_words})"

    @property
    def after(self) -> str:
        """How long since the step before, as a line of its own."""
        passed = self.since_previous
        return f"{beginning(passed)} after the step before" if passed else ""

    @property
    def written_down(self) -> str:
        """When it was written down, where that was long after it happened, and by what import."""
        imported = f"entered by import by {self.entered_by}" if self.entered_by else ""
        if not self.late:
            return beginning(imported) if imported else ""
        late = f"Written down {moment_words(self.recorded_at)}, {self.late_by} after it happened"
        return f"{late}, {imported}" if imported else late


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFilter:
    """Which items to show. The line itself, its order and its times stay whole."""

    type: str | None = None
    service: str | None = None
    actor: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    late: bool = False
    clock: Clock | None = None
    state: Condition | None = None

    def lets(self, item: Item) -> bool:
        """Is the item one of those asked for?"""
        day = london_day(item.at)
        return all(
            (
                self.type in (None, item.type),
                self.service in (None, item.service),
                self.actor in (None, item.who),
                self.first_day is None or self.first_day <= day,
                self.last_day is None or day <= self.last_day,
                item.late or not self.late,
                self._lets_promise(item),
            )
        )

    def _lets_promise(self, item: Item) -> bool:
        """Promise and state belong together: one promise of the item must be and stand so."""
        if self.state is None:
            return self.clock is None or self.clock in item.clocks
        return any(
            stand is self.state and self.clock in (None, clock) for clock, stand in item.stands
        )


def items_of(
    entries: Iterable[Envelope],
    promises: Iterable[Standing],
    *,
    limits: TimeLimits,
    names: Names,
) -> Iterator[Item]:
    """Time passes from step to step of the work; what audit says in between is no step of it."""
    standing = tuple(promises)
    step: Envelope | None = None
    for entry in in_order(entries):
        ours = entry.source == OURS
        passed = entry.happened_at - step.happened_at if step and not ours else None
        yield _item(entry, passed, standing, limits=limits, names=names)
        step = step if ours else entry


def _item(
    entry: Envelope,
    passed: timedelta | None,
    promises: tuple[Standing, ...],
    *,
    limits: TimeLimits,
    names: Names,
) -> Item:
    said = _words(entry, names)
    late = is_late(entry)
    clocks = tuple(_clocks_touched(entry, limits))
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
        clocks=clocks,
        stands=tuple(_stands(entry, clocks, promises)),
        mark=condition_said(entry),
        promise=said.promise,
        entered_by=names(entry.imported_by) if entry.imported_by else "",
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


def _stands(
    entry: Envelope, clocks: tuple[Clock, ...], promises: Iterable[Standing]
) -> Iterator[tuple[Clock, Condition]]:
    """An event that names no child concerns every child of its case."""
    named = children_of(entry.data)
    for case, state, condition in promises:
        concerned = state.child is None or not named or state.child in named
        if case == entry.subject and state.clock in clocks and concerned:
            yield state.clock, condition
    said = condition_said(entry)
    if said is not None:
        yield from ((clock, said) for clock in clocks)
