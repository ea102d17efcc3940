"""The line of one case or one child, as the page shows it and `mash trace` prints it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from services.audit.documents import MongoArchive
from services.audit.domain.chain import Fault, broken_in
from services.audit.domain.clocks import ClockState, Condition
from services.audit.domain.code_words import STANDS, beginning, promise_words
from services.audit.domain.projection import CaseProjection
from services.audit.domain.timeline import Hole
from services.audit.domain.wording import Names
from services.audit.queries.items import Item, items_of
from shared.events.envelope import Envelope
from shared.practice import TimeLimits
from shared.rules import NotFound
from shared.web.wording import due_words, moment_words


class NoSuchCase(NotFound):
    """No event of this case has reached audit."""

    code = "no-such-case"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLine:
    """One promise as it stands now."""

    case: str
    state: ClockState
    condition: Condition
    left: str
    """How long is left, or by how much it is overdue; empty once nothing is due any more."""

    @property
    def promise(self) -> str:
        """Which promise it is."""
        return beginning(promise_words(self.state.clock, self.state.child))

    @property
    def stands(self) -> str:
        """How it stands."""
        return STANDS[self.condition]

    @property
    def due(self) -> str:
        """When it was due, and when it was kept or fell away."""
        due, ended = f"Due {moment_words(self.state.due_at)}", self.state.stopped_at
        if ended is None:
            return due
        how = "no longer due since" if self.condition is Condition.CANCELLED else "done"
        return f"{due}, {how} {moment_words(ended)}"


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

    @property
    def verdict(self) -> str:
        """Whether the line can be relied on, in two words."""
        if self.complete:
            return "Chain verified"
        return "Chain broken" if self.faults else "Not complete"

    @property
    def verdict_words(self) -> str:
        """What that means, and what happens next."""
        if self.faults:
            return "Something here is not as it was sealed. Tell your administrator."
        if self.holes:
            return "Missing events are being asked for."
        number = self.entries
        every = "The 1 event is" if number == 1 else f"All {number} events are"
        return f"{every} here, unchanged and in order."


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
    only: Collection[str] | None = None,
) -> Line:
    """Put a line together from its entries and the projections of its cases.

    `only` leaves out the promises to children who are not among these.
    """
    clocks = tuple(
        clock_line(case.ref, state, now)
        for case in cases
        for state in case.clocks
        if only is None or state.child is None or state.child in only
    )
    standing = [(each.case, each.state, each.condition) for each in clocks]
    return Line(
        ref=ref,
        items=tuple(items_of(entries, standing, limits=limits, names=names)),
        children=tuple(sorted({child for case in cases for child in case.children})),
        cases=tuple(case.ref for case in cases),
        clocks=clocks,
        holes=tuple(hole for case in cases for hole in case.holes),
        faults=broken_in(entries),
        entries=len(entries),
    )


def clock_line(case: str, state: ClockState, now: datetime) -> ClockLine:
    """Say how a promise stands at this moment."""
    return ClockLine(
        case=case,
        state=state,
        condition=state.condition(now),
        left="" if state.stopped_at else due_words(state.due_at, now),
    )
