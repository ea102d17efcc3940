"""The work itself: the meeting recorded, the case allocated, the children visited."""

from __future__ import annotations

from datetime import datetime

from services.strategy.domain import allocation, record, visits
from services.strategy.domain.assignment import receiving_team
from services.strategy.domain.case import Case
from services.strategy.domain.commands import (
    AllocateCase,
    RecordChildSeen,
    RecordMeetingHeld,
    RecordVisitAttempted,
)
from services.strategy.domain.stages import Step, take
from services.strategy.handlers.desk import Desk, act
from services.strategy.handlers.leads import release_what_is_not_led
from shared.store import Actor, Change, Root


def record_meeting(command: RecordMeetingHeld, *, desk: Desk, by: Actor) -> Root[Case]:
    """Record what a meeting came to, and give the lead's time back."""
    directory = desk.directory()

    def decide(state: Case | None, at: datetime) -> Change[Case]:
        return record.record_held(state, command, directory=directory, by=by, at=at)

    root = act(command, decide, desk=desk, by=by)
    if root.state:
        done = root.state.meetings[-1]
        release_what_is_not_led(done.lead.person, command.ref, done.number, desk=desk)
    return root


def allocate_case(command: AllocateCase, *, desk: Desk, by: Actor) -> Root[Case]:
    """Allocate the case to a social worker of the team that has it."""
    directory = desk.directory()

    def decide(state: Case | None, at: datetime) -> Change[Case]:
        case, _ = take(state, Step.ALLOCATE)
        team = team_of(case, desk=desk, by=by)
        return allocation.allocate(case, command, team=team, directory=directory, by=by, at=at)

    return act(command, decide, desk=desk, by=by)


def record_attempt(command: RecordVisitAttempted, *, desk: Desk, by: Actor) -> Root[Case]:
    """Record a visit that did not see the child."""
    directory = desk.directory()
    return act(
        command,
        lambda state, at: visits.record_attempt(state, command, directory=directory, by=by, at=at),
        desk=desk,
        by=by,
    )


def record_child_seen(command: RecordChildSeen, *, desk: Desk, by: Actor) -> Root[Case]:
    """Record a visit that saw the child."""
    directory = desk.directory()
    return act(
        command,
        lambda state, at: visits.record_seen(state, command, directory=directory, by=by, at=at),
        desk=desk,
        by=by,
    )


def team_of(case: Case, *, desk: Desk, by: Actor) -> str:
    """Return the team that has the case, or receives it; with neither, a team of this manager."""
    directory = desk.directory()
    if case.team:
        return case.team
    received = receiving_team(case, desk.earlier(case), directory).team
    own = directory.teams_of(by.id)
    return received.code if received else (own[0] if own else directory.teams[0].code)
