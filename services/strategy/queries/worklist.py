"""The worklist of a team manager, the visits of a social worker, and the clocks beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from services.strategy.domain.assignment import receiving_team
from services.strategy.domain.case import Case, CaseChild, Stage
from services.strategy.domain.directory import Directory
from services.strategy.domain.stages import Step, steps_from
from services.strategy.queries.cases import earlier_cases_of
from shared.events.codes import Clock
from shared.practice.due import due_for
from shared.practice.limits import TimeLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One timed promise: when it is due, the rule in words, and when it was kept."""

    clock: Clock
    due_at: datetime
    words: str
    kept_at: datetime | None = None

    @property
    def kept_in_time(self) -> bool:
        """Was it kept, and in time?"""
        return self.kept_at is not None and self.kept_at <= self.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a worklist: a case, or one child of it, and what is due."""

    case: Case
    team: str | None
    due_at: datetime | None
    child: CaseChild | None = None
    planned: bool = False
    """Is `due_at` only what the manager set? Then it is a plan, and no promise is broken by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worklist:
    """What a team manager has to do today, the most pressing first in each part."""

    to_call: tuple[Item, ...]
    to_acknowledge: tuple[Item, ...]
    to_lead: tuple[Item, ...]
    to_allocate: tuple[Item, ...]
    not_seen: tuple[Item, ...]

    @property
    def empty(self) -> bool:
        """Is nothing waiting?"""
        parts = (self.to_call, self.to_acknowledge, self.to_lead, self.to_allocate, self.not_seen)
        return not any(parts)


def allocation_promise(case: Case, limits: TimeLimits) -> Promise:
    """Return the same-day promise of an allocation."""
    due = due_for(limits, Clock.ALLOCATION, case.decided_at)
    kept = case.allocation.allocated_at if case.allocation else None
    return Promise(clock=Clock.ALLOCATION, due_at=due.due_at, words=due.words, kept_at=kept)


def seen_promise(case: Case, child: CaseChild, limits: TimeLimits) -> Promise | None:
    """Return the same-day promise to see one child, where there are child-protection concerns.

    None for a child not yet born, who cannot be seen: oversight arms no clock either. The visit
    that the manager set stands.
    """
    if not case.child_protection_concerns or child.unborn:
        return None
    due = due_for(limits, Clock.CHILD_SEEN, case.received_at)
    return Promise(
        clock=Clock.CHILD_SEEN, due_at=due.due_at, words=due.words, kept_at=child.first_seen_at
    )


def visit_due(case: Case, child: CaseChild, limits: TimeLimits) -> datetime | None:
    """Return when a child is to be seen by: the promise, else what the manager set."""
    return _seen_by(case, seen_promise(case, child, limits))


def _seen_by(case: Case, promise: Promise | None) -> datetime | None:
    if promise:
        return promise.due_at
    return case.allocation.visit_by if case.allocation else None


def promise_before_plan(case: Case, limits: TimeLimits) -> datetime | None:
    """Return the first promise to see a child that the manager's own plan would break, if any."""
    if case.allocation is None:
        return None
    promises = (seen_promise(case, child, limits) for child in case.children_not_seen)
    broken = (each.due_at for each in promises if each and each.due_at < case.allocation.visit_by)
    return min(broken, default=None)


def team_of(case: Case, directory: Directory) -> str | None:
    """Return the team that has the case, or will receive it; None when no patch holds it."""
    ((_, team),) = _with_teams([case], directory)
    return team


def worklist(
    cases: Iterable[Case],
    *,
    person: str,
    teams: frozenset[str],
    directory: Directory,
    limits: TimeLimits,
) -> Worklist:
    """Sort what waits into the parts of the worklist, for the teams that this person manages.

    A case that no patch holds is on everybody's list, so that it is on somebody's.
    """
    mine = [
        (case, team)
        for case, team in _with_teams(cases, directory)
        if team is None or team in teams or _leads(case, person)
    ]
    return Worklist(
        to_call=_sorted(_to_call(mine, limits)),
        to_acknowledge=_sorted(_to_acknowledge(mine)),
        to_lead=_sorted(_to_lead(mine)),
        to_allocate=_sorted(_to_allocate(mine, limits)),
        not_seen=_sorted(_not_seen(mine, limits)),
    )


def visits_of(cases: Iterable[Case], limits: TimeLimits) -> tuple[Item, ...]:
    """Return the children of a social worker's cases, those not yet seen first."""
    items = [
        _visit_item(case, case.team, child, limits) for case in cases for child in case.children
    ]
    return tuple(
        sorted(items, key=lambda item: (bool(item.child and item.child.visits), *_key(item)))
    )


def _with_teams(cases: Iterable[Case], directory: Directory) -> Iterator[tuple[Case, str | None]]:
    found = tuple(cases)
    earlier = earlier_cases_of([case for case in found if not case.team])
    for case in found:
        if case.team:
            yield case, case.team
        else:
            team = receiving_team(case, earlier[case.ref], directory).team
            yield case, team.code if team else None


def _leads(case: Case, person: str) -> bool:
    return case.open_meeting is not None and case.open_meeting.lead.person == person


Mine = list[tuple[Case, str | None]]


def _to_call(mine: Mine, limits: TimeLimits) -> Iterator[Item]:
    for case, team in mine:
        if case.stage is Stage.OPENED and Step.ALLOCATE not in steps_from(case.stage, case.route):
            yield Item(case=case, team=team, due_at=allocation_promise(case, limits).due_at)


def _to_acknowledge(mine: Mine) -> Iterator[Item]:
    for case, team in mine:
        meeting = case.open_meeting
        if meeting and not meeting.lead.acknowledged_at:
            yield Item(case=case, team=team, due_at=meeting.lead.acknowledge_by)


def _to_lead(mine: Mine) -> Iterator[Item]:
    for case, team in mine:
        meeting = case.open_meeting
        if meeting and meeting.lead.acknowledged_at:
            yield Item(case=case, team=team, due_at=meeting.starts_at)


def _to_allocate(mine: Mine, limits: TimeLimits) -> Iterator[Item]:
    for case, team in mine:
        if Step.ALLOCATE in steps_from(case.stage, case.route):
            yield Item(case=case, team=team, due_at=allocation_promise(case, limits).due_at)


def _not_seen(mine: Mine, limits: TimeLimits) -> Iterator[Item]:
    for case, team in mine:
        for child in case.children_not_seen:
            yield _visit_item(case, team, child, limits)


def _visit_item(case: Case, team: str | None, child: CaseChild, limits: TimeLimits) -> Item:
    promise = seen_promise(case, child, limits)
    return Item(
        case=case,
        team=team,
        child=child,
        due_at=_seen_by(case, promise),
        planned=promise is None,
    )


def _sorted(items: Iterator[Item]) -> tuple[Item, ...]:
    return tuple(sorted(items, key=_key))


def _key(item: Item) -> tuple[bool, float, str]:
    return item.due_at is None, item.due_at.timestamp() if item.due_at else 0.0, item.case.ref
