"""A manager's time is competed for: nobody is given two meetings at once, nobody is forgotten."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.strategy.documents import NOT_SEEN, OPEN_MEETING, PIECE, CaseDocument, SlotDocument
from services.strategy.domain.commands import (
    CallMeeting,
    DeclineLead,
    DeclineReason,
    OverrideLead,
    RecordMeetingHeld,
)
from services.strategy.domain.directory import Slot
from services.strategy.handlers.leads import (
    call_meeting,
    decline_lead,
    override_lead,
    tidy_reservations,
)
from services.strategy.handlers.work import record_meeting
from services.strategy.queries.cases import unacknowledged, waiting
from services.strategy.queries.loads import CASELOADS
from shared.database import collection_of
from shared.events.codes import Agency, MeetingMode, Role
from shared.rules import RuleBroken
from shared.store import Actor
from tests.conftest import MakeSettings
from tests.integration.strategy_world import (
    HEAD,
    MASH,
    NOW,
    WEST,
    WEST_OTHER,
    World,
)
from tests.unit.strategy.world import attendance

CORE = (Agency.SOCIAL_CARE, Agency.POLICE, Agency.HEALTH)
BY = Actor(MASH, Role.MASH_MANAGER)


@pytest.fixture
def world(make_settings: MakeSettings) -> World:
    return World(make_settings())


def ref(number: int) -> str:
    return f"MASH-TEST0-0000{number}"


def a_call(number: int, submission: str = "call-0001", minutes: int = 60) -> CallMeeting:
    return CallMeeting(
        ref=ref(number),
        submission_id=submission,
        starts_at=NOW + timedelta(minutes=minutes),
        mode=MeetingMode.VIDEO,
        invited=CORE,
    )


def call(world: World, command: CallMeeting) -> None:
    call_meeting(command, desk=world.desk, by=BY)


def taken(world: World) -> Counter[tuple[str, str]]:
    """How many quarter hours each manager is reserved for, by case."""
    rows = collection_of(SlotDocument).find()
    return Counter((row["manager"], row["case"]) for row in rows)


def jobs(world: World) -> None:
    for job in world.service.jobs:
        job.run()


def test_cases_called_at_once_never_give_one_manager_two_meetings_in_one_slot(
    world: World,
) -> None:
    numbers = range(6)
    for number in numbers:
        world.decided(ref(number))
    assert world.desk

    with ThreadPoolExecutor(6) as pool:
        # Starts differ by minutes: meetings overlap without beginning together.
        list(pool.map(lambda n: call(world, a_call(n, minutes=60 + 5 * n)), numbers))

    leads = [world.case(ref(n)).meetings[-1].lead.person for n in numbers]
    assert len(set(leads)) == len(numbers), leads
    assert {manager for manager, _ in taken(world)} == set(leads)


def test_when_everybody_is_taken_the_head_of_service_leads(world: World) -> None:
    for number in range(9):
        world.decided(ref(number))
        call(world, a_call(number))

    leads = Counter(world.case(ref(n)).meetings[-1].lead.person for n in range(9))
    assert leads.pop(HEAD) >= 1
    assert set(leads.values()) == {1}


def test_the_same_call_sent_fifty_times_at_once_is_one_meeting(world: World) -> None:
    world.decided(ref(1))
    assert world.desk

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: call(world, a_call(1)), range(50)))

    case = world.case(ref(1))
    assert len(case.meetings) == 1
    assert world.said(ref(1)).count("strategy.meeting-called") == 1
    assert taken(world) == {(case.meetings[0].lead.person, ref(1)): 4}


def test_two_different_calls_at_once_leave_one_meeting_and_no_time_taken_for_nothing(
    world: World,
) -> None:
    world.decided(ref(1))
    assert world.desk

    def attempt(number: int) -> str:
        try:
            call(world, a_call(1, f"call-000{number}", minutes=60 + 90 * number))
        except RuleBroken as refused:
            return refused.code
        return "called"

    with ThreadPoolExecutor(4) as pool:
        answers = Counter(pool.map(attempt, range(4)))

    assert answers == {"called": 1, "meeting-already-called": 3}
    (meeting,) = world.case(ref(1)).meetings
    assert taken(world) == {(meeting.lead.person, ref(1)): 4}


def test_an_unacknowledged_lead_is_escalated_once_and_their_time_given_back(
    world: World,
) -> None:
    world.decided(ref(1))
    call(world, a_call(1))
    jobs(world)
    assert world.case(ref(1)).meetings[-1].lead.person == WEST

    world.clock.at = NOW + timedelta(minutes=15)
    jobs(world)
    jobs(world)

    assert world.said(ref(1)).count("strategy.lead-reassigned") == 1
    assert world.case(ref(1)).meetings[-1].lead.person == WEST_OTHER
    assert {manager for manager, _ in taken(world)} == {WEST_OTHER}


def test_escalation_goes_on_to_the_head_of_service_and_stops_there(world: World) -> None:
    world.decided(ref(1))
    call(world, a_call(1, minutes=24 * 60))

    for _ in range(20):
        world.clock.at += timedelta(minutes=15)
        jobs(world)

    meeting = world.case(ref(1)).meetings[-1]
    assert meeting.lead.person == HEAD
    assert len(meeting.passed_over) == len(set(meeting.passed_over))


def test_declining_gives_the_time_back_and_takes_the_next_managers(world: World) -> None:
    world.decided(ref(1))
    call(world, a_call(1))
    command = DeclineLead(
        ref=ref(1), submission_id="decline-0001", reason=DeclineReason.NOT_AT_WORK
    )

    decline_lead(command, desk=world.desk, by=Actor(WEST, Role.TEAM_MANAGER))

    assert taken(world) == {(WEST_OTHER, ref(1)): 4}


def test_a_manager_named_by_a_person_leads_in_spite_of_a_clash_which_is_written_down(
    world: World,
) -> None:
    for number in (1, 2):
        world.decided(ref(number))
        call(world, a_call(number))
    command = OverrideLead(
        ref=ref(2), submission_id="override-0001", lead=WEST, reason="Fictional reason"
    )

    override_lead(command, desk=world.desk, by=BY)

    lead = world.case(ref(2)).meetings[-1].lead
    assert lead.person == WEST
    assert f"{WEST} leads another meeting at that time." in lead.reasons
    assert taken(world) == {(WEST, ref(1)): 4}


def test_a_recorded_meeting_gives_the_leads_time_back(world: World) -> None:
    world.decided(ref(1))
    call(world, a_call(1))
    world.clock.at = NOW + timedelta(hours=2)
    command = RecordMeetingHeld(
        ref=ref(1),
        submission_id="record-0001",
        held_at=NOW + timedelta(hours=1),
        attendance=attendance(*CORE),
        section_47=False,
        rationale="Fictional rationale",
    )

    record_meeting(command, desk=world.desk, by=Actor(WEST, Role.TEAM_MANAGER))

    assert not taken(world)


def test_time_left_reserved_by_a_crash_is_given_back_by_the_job(world: World) -> None:
    """As after a kill between the reservation and the one write."""
    world.decided(ref(1))
    slot = Slot.from_start(NOW + timedelta(hours=1), 60)
    world.desk.slots.reserve(WEST, slot, case=ref(1), meeting=1, at=NOW)

    tidy_reservations(desk=world.desk)
    assert taken(world), "it may be a call that is being carried out"
    world.clock.at = NOW + timedelta(minutes=6)
    tidy_reservations(desk=world.desk)

    assert not taken(world)


def test_the_time_of_a_meeting_that_waits_is_not_tidied_away(world: World) -> None:
    world.decided(ref(1))
    call(world, a_call(1))
    world.clock.at = NOW + timedelta(minutes=10)

    tidy_reservations(desk=world.desk)

    assert taken(world) == {(WEST, ref(1)): 60 // (PIECE.seconds // 60)}


def test_continuity_sends_a_second_case_to_the_team_of_the_first(world: World) -> None:
    world.decided(ref(1))
    call(world, a_call(1))
    world.decided(ref(2), area="B66", earlier_cases=(ref(1),))

    call(world, a_call(2, minutes=300))

    lead = world.case(ref(2)).meetings[-1].lead
    assert lead.team == "west-bromwich"
    assert ref(1) in lead.reasons[0]


def test_what_waits_is_found_without_reading_every_case(world: World) -> None:
    """The job that escalates and the worklist ask all day long, and cases are kept for ever."""
    world.decided(ref(1))
    call(world, a_call(1))
    cases = collection_of(CaseDocument)

    for query in (OPEN_MEETING, NOT_SEEN, {"$or": [{"state.stage": "opened"}, NOT_SEEN]}):
        plan = str(cases.find(query).explain()["queryPlanner"]["winningPlan"])
        assert "IXSCAN" in plan
        assert "COLLSCAN" not in plan
    assert [case.ref for case in waiting()] == [ref(1)]
    assert unacknowledged(NOW + timedelta(minutes=15)) == [ref(1)]
    assert unacknowledged(NOW + timedelta(minutes=14)) == []


def test_caseloads_are_counted_without_reading_a_case(world: World) -> None:
    world.decided(ref(1))
    asked = {"aggregate": CaseDocument._meta["collection"], "pipeline": CASELOADS, "cursor": {}}

    plan = collection_of(CaseDocument).database.command("explain", asked)

    chosen = str(plan["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in chosen
    assert "FETCH" not in chosen


def test_the_children_who_await_allocation_are_counted_by_who_led(world: World) -> None:
    for number in (1, 2):
        world.decided(ref(number))
        call(world, a_call(number, submission=f"call-000{number}", minutes=60 * number))
    world.clock.at = NOW + timedelta(hours=2)
    leads = Counter(world.case(ref(number)).meetings[-1].lead.person for number in (1, 2))
    for number in (1, 2):
        case = world.case(ref(number))
        held = RecordMeetingHeld(
            ref=case.ref,
            submission_id=f"record-000{number}",
            held_at=NOW + timedelta(hours=1),
            attendance=attendance(*CORE),
            section_47=True,
            rationale="Fictional rationale.",
        )
        record_meeting(
            held, desk=world.desk, by=Actor(case.meetings[-1].lead.person, Role.TEAM_MANAGER)
        )

    load = world.desk.load(world.case(ref(1)), Slot.from_start(NOW, 60))

    awaiting = {name: each.children_awaiting for name, each in load.managers.items()}
    assert awaiting == {lead: 2 * cases for lead, cases in leads.items()}
