"""Visits: an attempt keeps a child's clock running, a child seen stops it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from services.strategy.domain.broken import (
    AloneWithReason,
    ChildNotOnCase,
    NextAttemptInThePast,
    NextAttemptTooFarAhead,
    NotAloneWithoutReason,
    NotYourCase,
    NotYourTeam,
    UnbornChildSeenAlone,
    UnknownPerson,
    VisitAlreadyRecorded,
    VisitTimeImpossible,
)
from services.strategy.domain.case import Attempt, Case, CaseChild, Seen
from services.strategy.domain.commands import RecordChildSeen, RecordVisitAttempted
from services.strategy.domain.directory import Directory
from services.strategy.domain.stages import Step, take
from shared.changes import Change
from shared.events.codes import NotAloneReason, Role
from shared.events.seal import Actor
from shared.events.strategy import ChildSeen, VisitAttempted

FURTHEST_ATTEMPT = timedelta(days=7)
"""A child who was not seen is tried again within a week (local policy)."""


def record_attempt(
    case: Case | None,
    command: RecordVisitAttempted,
    *,
    directory: Directory,
    by: Actor,
    at: datetime,
) -> Change[Case]:
    """Record a visit that did not see the child: why, and when the next attempt is.

    An attempt is not "seen" and keeps the clock running (local procedures).
    """
    case, _ = take(case, Step.VISIT)
    child = child_on(case, command.child)
    visitor = _visitor(case, command.visited_by, directory=directory, by=by)
    _check_time(case, command.attempted_at, field="attempted_at", at=at)
    _check_next(command.next_attempt_at, at=at)
    if any(
        each.attempted_at == command.attempted_at and each.social_worker == visitor
        for each in child.attempts
    ):
        raise VisitAlreadyRecorded(field="attempted_at")
    attempt = Attempt(
        social_worker=visitor,
        attempted_at=command.attempted_at,
        recorded_at=at,
        reason=command.reason,
        next_attempt_at=command.next_attempt_at,
    )
    fact = VisitAttempted(
        occurred_at=command.attempted_at,
        child=child.child,
        social_worker=visitor,
        reason=command.reason,
        next_attempt_at=command.next_attempt_at,
    )
    return Change(_with(case, replace(child, attempts=(*child.attempts, attempt))), (fact,))


def record_seen(
    case: Case | None,
    command: RecordChildSeen,
    *,
    directory: Directory,
    by: Actor,
    at: datetime,
) -> Change[Case]:
    """Record that the child was seen: when, alone or why not, and what the child said or showed.

    Source: the letter (every child seen on the day of referral); local procedures (seen
    alone, views). May come before the meeting and the allocation: protection waits for nobody.
    """
    case, _ = take(case, Step.VISIT)
    child = child_on(case, command.child)
    visitor = _visitor(case, command.visited_by, directory=directory, by=by)
    _check_time(case, command.seen_at, field="seen_at", at=at)
    _check_alone(child, command)
    if any(
        each.seen_at == command.seen_at and each.social_worker == visitor for each in child.visits
    ):
        raise VisitAlreadyRecorded(field="seen_at")
    seen = Seen(
        social_worker=visitor,
        seen_at=command.seen_at,
        recorded_at=at,
        seen_alone=command.seen_alone,
        not_alone_reason=command.not_alone_reason,
        childs_views=command.childs_views,
    )
    fact = ChildSeen(
        occurred_at=command.seen_at,
        child=child.child,
        social_worker=visitor,
        seen_alone=command.seen_alone,
        not_alone_reason=command.not_alone_reason,
    )
    return Change(_with(case, replace(child, visits=(*child.visits, seen))), (fact,))


def child_on(case: Case, child_ref: str) -> CaseChild:
    """Return the child of the case, or say clearly that the child is not on it."""
    for child in case.children:
        if child.child == child_ref:
            return child
    raise ChildNotOnCase


def check_may_visit(case: Case, *, directory: Directory, by: Actor) -> None:
    """A social worker records visits on their own allocated case, a manager on their team's.

    Before allocation anybody of either role may: immediate protection comes first
    (Working Together).
    """
    if case.allocation is None:
        return
    if by.role is Role.SOCIAL_WORKER and case.allocation.social_worker != by.id:
        raise NotYourCase
    if by.role is Role.TEAM_MANAGER and not directory.may_manage(by.id, case.allocation.team):
        raise NotYourTeam


def _visitor(case: Case, named: str | None, *, directory: Directory, by: Actor) -> str:
    """Who went: the person who records it, unless a manager records it for somebody else."""
    check_may_visit(case, directory=directory, by=by)
    if not named or named == by.id:
        return by.id
    if by.role is not Role.TEAM_MANAGER:
        raise NotYourCase
    if directory.person(named) is None:
        raise UnknownPerson("a person", field="visited_by")
    return named


def _check_time(case: Case, when: datetime, *, field: str, at: datetime) -> None:
    """A visit happened after the referral was received and not later than now."""
    if not case.received_at <= when <= at:
        raise VisitTimeImpossible(field=field)


def _check_next(when: datetime, *, at: datetime) -> None:
    """The next attempt is still to come, and within a week (local policy)."""
    if when <= at:
        raise NextAttemptInThePast
    if when > at + FURTHEST_ATTEMPT:
        raise NextAttemptTooFarAhead(FURTHEST_ATTEMPT.days)


def _check_alone(child: CaseChild, command: RecordChildSeen) -> None:
    """Seen alone, or the reason why not; "not yet born" is for an unborn child only."""
    unborn = command.not_alone_reason is NotAloneReason.UNBORN
    if (child.unborn and command.seen_alone) or (unborn and not child.unborn):
        raise UnbornChildSeenAlone
    if command.seen_alone and command.not_alone_reason:
        raise AloneWithReason
    if not command.seen_alone and not command.not_alone_reason:
        raise NotAloneWithoutReason


def _with(case: Case, child: CaseChild) -> Case:
    children = tuple(child if each.child == child.child else each for each in case.children)
    return replace(case, children=children)
