"""Allocating a case to a social worker: the order is proposed with reasons, the manager decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.strategy.domain.assignment import EarlierCase
from services.strategy.domain.broken import (
    NotYourTeam,
    UnknownPerson,
    VisitByInThePast,
    VisitByTooFarAhead,
    WorkerNotOfTheTeam,
    WorkerOnLeave,
)
from services.strategy.domain.case import Allocation, Case
from services.strategy.domain.commands import AllocateCase
from services.strategy.domain.directory import Directory, Person, Post
from services.strategy.domain.stages import Step, take
from shared.changes import Change
from shared.events.seal import Actor
from shared.events.strategy import CaseAllocated

NEWLY_QUALIFIED_SHARE = 0.8
"""A newly qualified worker carries about four fifths of a caseload (local policy)."""

FURTHEST_VISIT = timedelta(days=28)
"""No plan leaves a child unseen for longer (local policy)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One social worker as a choice for a case, with the reasons in words."""

    worker: str
    free: bool
    cases: int
    room: float
    """Cases carried as a share of what the worker can carry: 1.0 is full."""
    reasons: tuple[str, ...]


def allocate(
    case: Case | None,
    command: AllocateCase,
    *,
    team: str,
    directory: Directory,
    by: Actor,
    at: datetime,
) -> Change[Case]:
    """Allocate the case to a social worker of the team that has it, with a plan and a visit due.

    Source: the letter (allocated the same day, by the receiving team's manager); local procedures
    (the team manager writes an allocation plan). `team` is the team that has the case, or receives
    it.
    """
    case, reached = take(case, Step.ALLOCATE)
    if not directory.may_manage(by.id, team):
        raise NotYourTeam
    _check_worker(command.social_worker, team=team, directory=directory, at=at)
    if command.visit_by <= at:
        raise VisitByInThePast
    if command.visit_by > at + FURTHEST_VISIT:
        raise VisitByTooFarAhead(FURTHEST_VISIT.days)
    allocation = Allocation(
        social_worker=command.social_worker,
        team=team,
        allocated_by=by.id,
        allocated_at=at,
        visit_by=command.visit_by,
        plan=command.plan,
    )
    fact = CaseAllocated(
        social_worker=allocation.social_worker,
        team=team,
        children=tuple(child.child for child in case.children),
        visit_by=allocation.visit_by,
    )
    return Change(replace(case, stage=reached, allocation=allocation), (fact,))


def _check_worker(worker_id: str, *, team: str, directory: Directory, at: datetime) -> None:
    """The worker is a social worker of the directory, of this team, and not on leave."""
    worker = directory.person(worker_id)
    if worker is None or worker.post is not Post.SOCIAL_WORKER:
        raise UnknownPerson("a social worker", field="social_worker")
    if worker.team != team:
        raise WorkerNotOfTheTeam
    if worker.on_leave(at):
        raise WorkerOnLeave


def propose(
    team: str,
    directory: Directory,
    *,
    caseload: Mapping[str, int],
    earlier: tuple[EarlierCase, ...] = (),
    at: datetime,
) -> tuple[Proposal, ...]:
    """Return the team's social workers, the best placed first, each with its reasons.

    Source: local policy (DECISIONS 18): continuity, load by capacity, newly qualified limits,
    leave; the manager decides.
    """
    known = {each.social_worker: each.ref for each in earlier if each.social_worker}
    proposals = [
        _proposal(worker, caseload.get(worker.id, 0), known.get(worker.id), at=at)
        for worker in directory.workers(team)
    ]
    return tuple(
        sorted(
            proposals,
            key=lambda each: (not each.free, each.worker not in known, each.room, each.worker),
        )
    )


def _proposal(worker: Person, cases: int, known_case: str | None, *, at: datetime) -> Proposal:
    capacity = worker.capacity * (NEWLY_QUALIFIED_SHARE if worker.newly_qualified else 1.0)
    room = cases / capacity if capacity else float(cases + 1)
    reasons = [f"carries {cases} of {round(capacity)} cases"]
    if known_case:
        reasons.insert(0, f"already worked with the family, on {known_case}")
    if worker.newly_qualified:
        reasons.append("newly qualified: a smaller caseload")
    if room >= 1:
        reasons.append("at or over capacity")
    if away := worker.on_leave(at):
        reasons.append("on leave today")
    return Proposal(
        worker=worker.id, free=not away, cases=cases, room=round(room, 4), reasons=tuple(reasons)
    )
