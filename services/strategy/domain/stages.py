"""The state machine of a case, as one table: which step may be taken at which stage."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from services.strategy.domain.broken import (
    AlreadyAllocated,
    CaseNotOpened,
    MeetingAlreadyCalled,
    MeetingNotCalled,
    MeetingNotHeld,
)
from services.strategy.domain.case import Case, Stage
from shared.events.codes import Route
from shared.rules import RuleBroken


class Step(StrEnum):
    """What may be done to a case."""

    CALL_MEETING = "call-meeting"
    CHANGE_LEAD = "change-lead"
    """Acknowledge, decline, override, escalate: all of them need a meeting still to be held."""
    RECORD_MEETING = "record-meeting"
    ALLOCATE = "allocate"
    VISIT = "visit"


TRANSITIONS: Mapping[Stage, Mapping[Step, Stage]] = {
    Stage.OPENED: {
        Step.CALL_MEETING: Stage.MEETING_CALLED,
        Step.VISIT: Stage.OPENED,
    },
    Stage.MEETING_CALLED: {
        Step.CHANGE_LEAD: Stage.MEETING_CALLED,
        Step.RECORD_MEETING: Stage.MEETING_HELD,
        Step.VISIT: Stage.MEETING_CALLED,
    },
    Stage.MEETING_HELD: {
        Step.CALL_MEETING: Stage.MEETING_HELD,
        Step.CHANGE_LEAD: Stage.MEETING_HELD,
        Step.RECORD_MEETING: Stage.MEETING_HELD,
        Step.ALLOCATE: Stage.ALLOCATED,
        Step.VISIT: Stage.MEETING_HELD,
    },
    Stage.ALLOCATED: {
        Step.CALL_MEETING: Stage.ALLOCATED,
        Step.CHANGE_LEAD: Stage.ALLOCATED,
        Step.RECORD_MEETING: Stage.ALLOCATED,
        Step.VISIT: Stage.ALLOCATED,
    },
}
"""Stage → step → the stage after it. What is not listed is refused.

A visit is listed everywhere: immediate protection comes first, and no gate may block it (Working
Together 2023, immediate danger). A later meeting may be needed at any time, also on an allocated
case, and does not take a case back.
"""

SINGLE_ASSESSMENT_SHORT_CUTS: Mapping[Stage, Mapping[Step, Stage]] = {
    Stage.OPENED: {Step.ALLOCATE: Stage.ALLOCATED},
    Stage.MEETING_CALLED: {Step.ALLOCATE: Stage.ALLOCATED},
}
"""A single assessment needs no strategy meeting before it is allocated."""


def steps_from(stage: Stage, route: Route) -> Mapping[Step, Stage]:
    """Return the steps that the table allows at `stage` of a case on `route`."""
    steps = dict(TRANSITIONS[stage])
    if route is Route.SINGLE_ASSESSMENT:
        steps.update(SINGLE_ASSESSMENT_SHORT_CUTS.get(stage, {}))
    return steps


def take(case: Case | None, step: Step) -> tuple[Case, Stage]:
    """Return the case and the stage it reaches by `step`, or raise the rule that forbids it."""
    if case is None:
        raise CaseNotOpened
    reached = steps_from(case.stage, case.route).get(step)
    if reached is None:
        raise _refusal(case, step)
    if step is Step.CALL_MEETING and case.open_meeting:
        raise MeetingAlreadyCalled(case.open_meeting.number)
    if step in (Step.CHANGE_LEAD, Step.RECORD_MEETING) and not case.open_meeting:
        raise MeetingNotCalled
    return case, reached


def _refusal(case: Case, step: Step) -> RuleBroken:
    if step is Step.CALL_MEETING:
        return MeetingAlreadyCalled(case.meetings[-1].number)
    if step is not Step.ALLOCATE:
        return MeetingNotCalled()
    return AlreadyAllocated() if case.stage is Stage.ALLOCATED else MeetingNotHeld()
