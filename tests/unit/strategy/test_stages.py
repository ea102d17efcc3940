"""The state machine of a case: every route × stage × step answers as the table says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.strategy.domain.allocation import allocate
from services.strategy.domain.broken import (
    AlreadyAllocated,
    CaseNotOpened,
    MeetingAlreadyCalled,
    MeetingNotCalled,
    MeetingNotHeld,
)
from services.strategy.domain.case import Case, Stage
from services.strategy.domain.lead import acknowledge
from services.strategy.domain.meeting import call
from services.strategy.domain.record import record_held
from services.strategy.domain.stages import Step, steps_from, take
from services.strategy.domain.visits import record_seen
from shared.events.codes import Route
from shared.rules import RuleBroken
from tests.unit.strategy.world import (
    LEAD,
    NOW,
    a_call,
    a_case,
    a_choice,
    a_directory,
    a_record,
    a_seen,
    allocated,
    an_allocation,
    called,
    held,
)

LATER = NOW + timedelta(hours=2)
DIRECTORY = a_directory()

STEPS = {
    Step.CALL_MEETING: lambda case: call(
        case,
        a_call(starts_at=LATER),
        choice=a_choice(),
        directory=DIRECTORY,
        by=LEAD,
        at=NOW,
    ),
    Step.CHANGE_LEAD: lambda case: acknowledge(case, by=LEAD, at=NOW),
    Step.RECORD_MEETING: lambda case: record_held(
        case, a_record(), directory=DIRECTORY, by=LEAD, at=LATER
    ),
    Step.ALLOCATE: lambda case: allocate(
        case, an_allocation(), team="north", directory=DIRECTORY, by=LEAD, at=NOW
    ),
    Step.VISIT: lambda case: record_seen(case, a_seen(), directory=DIRECTORY, by=LEAD, at=NOW),
}


def a_case_at(stage: Stage, route: Route) -> Case:
    case = {
        Stage.OPENED: a_case,
        Stage.MEETING_CALLED: called,
        Stage.MEETING_HELD: held,
        Stage.ALLOCATED: allocated,
    }[stage]()
    return replace(case, route=route)


@pytest.mark.parametrize("route", Route)
@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("step", Step)
def test_every_step_at_every_stage_answers_as_the_table_says(
    route: Route, stage: Stage, step: Step
) -> None:
    case = a_case_at(stage, route)
    after = steps_from(stage, route).get(step)
    needs_a_meeting = step in (Step.CHANGE_LEAD, Step.RECORD_MEETING)

    if after is None or (needs_a_meeting and case.open_meeting is None):
        with pytest.raises(RuleBroken):
            STEPS[step](case)
    else:
        assert STEPS[step](case).state.stage is after


@pytest.mark.parametrize("step", Step)
def test_nothing_can_be_done_to_a_case_that_is_not_open(step: Step) -> None:
    with pytest.raises(CaseNotOpened):
        STEPS[step](None)


def test_a_visit_waits_for_no_stage() -> None:
    for route in Route:
        for stage in Stage:
            assert Step.VISIT in steps_from(stage, route)


def test_a_strategy_case_is_not_allocated_before_its_meeting() -> None:
    with pytest.raises(MeetingNotHeld):
        take(a_case(), Step.ALLOCATE)


def test_a_single_assessment_is_allocated_without_a_meeting() -> None:
    _, reached = take(a_case(route=Route.SINGLE_ASSESSMENT), Step.ALLOCATE)

    assert reached is Stage.ALLOCATED


def test_a_second_allocation_is_refused_by_name() -> None:
    with pytest.raises(AlreadyAllocated):
        take(allocated(), Step.ALLOCATE)


def test_a_second_meeting_is_not_called_while_one_waits() -> None:
    with pytest.raises(MeetingAlreadyCalled):
        take(called(), Step.CALL_MEETING)


def test_a_later_meeting_of_an_allocated_case_does_not_take_it_back() -> None:
    again = STEPS[Step.CALL_MEETING](allocated()).state

    assert again.stage is Stage.ALLOCATED
    assert again.open_meeting is not None
    assert again.open_meeting.number == 2
    with pytest.raises(MeetingAlreadyCalled):
        STEPS[Step.CALL_MEETING](again)
    assert STEPS[Step.RECORD_MEETING](again).state.stage is Stage.ALLOCATED


def test_a_lead_answers_only_while_a_meeting_waits() -> None:
    with pytest.raises(MeetingNotCalled):
        acknowledge(held(), by=LEAD, at=NOW)


ORDER = list(Stage)


@settings(max_examples=200, deadline=None)
@given(route=st.sampled_from(Route), steps=st.lists(st.sampled_from(Step), max_size=12))
def test_no_sequence_of_steps_leaves_the_table_or_goes_back(
    route: Route, steps: list[Step]
) -> None:
    case = a_case(route=route)

    for number, step in enumerate(steps):
        before = case
        try:
            case = take_step(step, case, number)
        except RuleBroken:
            continue
        assert case.stage is steps_from(before.stage, route)[step]
        assert ORDER.index(case.stage) >= ORDER.index(before.stage)
        assert (case.allocation is not None) == (case.stage is Stage.ALLOCATED)
        assert [each.number for each in case.meetings] == list(range(1, len(case.meetings) + 1))
        assert all(not each.open for each in case.meetings[:-1])
        assert all(each.lead.person for each in case.meetings)


def take_step(step: Step, case: Case, number: int) -> Case:
    """A visit at the same time twice is one visit: each step of a sequence has its own minute."""
    if step is not Step.VISIT:
        return STEPS[step](case).state
    visit = a_seen(seen_at=NOW - timedelta(minutes=number))
    return record_seen(case, visit, directory=DIRECTORY, by=LEAD, at=NOW).state
