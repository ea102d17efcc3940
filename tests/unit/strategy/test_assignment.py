"""Who leads: the six steps of the order, one test each, and what is always true of the choice."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.strategy.domain.assignment import (
    EarlierCase,
    Load,
    ManagerLoad,
    Question,
    choose_lead,
)
from services.strategy.domain.directory import Directory, Leave, Post, Shift, Slot
from shared.events.codes import AssignmentRule
from tests.unit.strategy.world import ALWAYS, NOW, TODAY_OFF, a_case, a_directory, with_person

SLOT = Slot.from_start(NOW + timedelta(hours=1), 60)
MANAGERS = ("tm-north-a", "tm-north-b", "tm-north-d", "tm-south-a", "head-1")


def a_question(**but: object) -> Question:
    values = {
        "case": a_case(),
        "directory": a_directory(),
        "load": Load(),
        "slot": SLOT,
        "now": NOW,
    }
    return Question(**(values | but))


def test_the_team_already_working_with_the_family_comes_before_the_patch() -> None:
    known = EarlierCase(ref="MASH-TEST0-TEST0", team="south")

    choice = choose_lead(a_question(earlier=(known,)))

    assert (choice.lead, choice.rule) == ("tm-south-a", AssignmentRule.CONTINUITY)
    assert "MASH-TEST0-TEST0" in choice.reasons[0]


def test_a_team_that_no_longer_exists_gives_no_continuity() -> None:
    known = EarlierCase(ref="MASH-TEST0-TEST0", team="dissolved")

    assert choose_lead(a_question(earlier=(known,))).rule is AssignmentRule.PATCH


def test_the_team_whose_patch_holds_the_address_leads() -> None:
    choice = choose_lead(a_question(case=a_case(area="B66")))

    assert (choice.lead, choice.team) == ("tm-south-a", "south")
    assert choice.reasons[0] == "The patch of the South team holds B66."


def test_the_least_loaded_manager_leads_counting_meetings_first() -> None:
    load = Load(
        managers={
            "tm-north-a": ManagerLoad(meetings_today=1),
            "tm-north-b": ManagerLoad(meetings_today=0, children_awaiting=9),
        }
    )

    assert choose_lead(a_question(load=load)).lead == "tm-north-b"


def test_children_awaiting_allocation_count_next() -> None:
    load = Load(managers={"tm-north-a": ManagerLoad(children_awaiting=1)})

    assert choose_lead(a_question(load=load)).lead == "tm-north-b"


def test_among_equals_the_one_longest_without_a_meeting_leads() -> None:
    load = Load(
        managers={
            "tm-north-a": ManagerLoad(last_assigned_at=NOW - timedelta(days=1)),
            "tm-north-b": ManagerLoad(last_assigned_at=NOW - timedelta(days=2)),
        }
    )

    assert choose_lead(a_question(load=load)).lead == "tm-north-b"


def test_among_complete_equals_the_reference_decides() -> None:
    assert choose_lead(a_question()).lead == "tm-north-a"


def test_a_manager_on_leave_is_passed_over_and_the_reasons_say_so() -> None:
    directory = with_person(a_directory(), "tm-north-a", leave=TODAY_OFF)

    choice = choose_lead(a_question(directory=directory))

    assert choice.lead == "tm-north-b"
    assert "tm-north-a: is on leave." in choice.reasons


def test_a_manager_who_leads_another_meeting_in_the_slot_is_passed_over() -> None:
    choice = choose_lead(a_question(load=Load(busy=frozenset({"tm-north-a"}))))

    assert choice.lead == "tm-north-b"


def test_a_manager_off_duty_at_the_hour_of_the_meeting_is_passed_over() -> None:
    mornings = tuple(Shift(weekday=day, starts=0, ends=9 * 60) for day in range(7))
    directory = with_person(a_directory(), "tm-north-a", duty=mornings)

    assert choose_lead(a_question(directory=directory)).lead == "tm-north-b"


def test_duty_hours_are_read_on_the_clock_on_the_wall_in_summer() -> None:
    nine_to_ten = tuple(Shift(weekday=day, starts=9 * 60, ends=10 * 60) for day in range(7))
    directory = with_person(a_directory(), "tm-north-b", duty=nine_to_ten)
    summer = NOW.replace(month=7, hour=8, minute=30)  # 09:30 in England

    person = directory.person("tm-north-b")

    assert person is not None
    assert person.on_duty(summer)


def test_the_named_deputy_leads_when_no_manager_of_the_team_can() -> None:
    busy = frozenset({"tm-north-a", "tm-north-b"})

    choice = choose_lead(a_question(load=Load(busy=busy)))

    assert (choice.lead, choice.rule) == ("tm-north-d", AssignmentRule.DEPUTY)


def test_the_neighbouring_team_leads_when_the_home_team_cannot() -> None:
    busy = frozenset({"tm-north-a", "tm-north-b", "tm-north-d"})

    choice = choose_lead(a_question(load=Load(busy=busy)))

    assert (choice.lead, choice.team) == ("tm-south-a", "south")
    assert choice.rule is AssignmentRule.NEIGHBOURING_TEAM


def test_the_head_of_service_leads_when_nobody_else_can() -> None:
    busy = frozenset(MANAGERS[:4])

    choice = choose_lead(a_question(load=Load(busy=busy)))

    assert (choice.lead, choice.team) == ("head-1", "north")
    assert choice.rule is AssignmentRule.HEAD_OF_SERVICE


def test_a_head_of_service_on_leave_still_leads_and_the_reasons_warn() -> None:
    directory = with_person(a_directory(), "head-1", leave=TODAY_OFF)
    choice = choose_lead(a_question(directory=directory, load=Load(busy=frozenset(MANAGERS[:4]))))

    assert choice.lead == "head-1"
    assert any("is on leave" in reason for reason in choice.reasons)


def test_an_area_in_no_patch_goes_to_the_team_with_the_fewest_cases() -> None:
    load = Load(team_caseload={"north": 5, "south": 2})

    for area in ("not-known", "SW1A"):
        choice = choose_lead(a_question(case=a_case(area=area), load=load))
        assert (choice.lead, choice.rule) == ("tm-south-a", AssignmentRule.NEIGHBOURING_TEAM)


def test_whoever_was_passed_over_is_not_chosen_again() -> None:
    choice = choose_lead(a_question(passed_over=frozenset({"tm-north-a"})))

    assert choice.lead == "tm-north-b"


leave = st.lists(
    st.builds(
        lambda first, days: Leave(first=first, last=first + timedelta(days=days)),
        st.dates(min_value=date(2026, 2, 25), max_value=date(2026, 3, 8)),
        st.integers(0, 6),
    ),
    max_size=2,
).map(tuple)
duty = st.sampled_from([(), ALWAYS, ALWAYS[:3], (Shift(weekday=2, starts=600, ends=720),)])


@st.composite
def directories(draw: st.DrawFn) -> Directory:
    directory = a_directory()
    for person_id in MANAGERS:
        directory = with_person(directory, person_id, leave=draw(leave), duty=draw(duty))
    if draw(st.booleans()):
        directory = replace(directory, teams=directory.teams[:1])
    return directory


questions = st.builds(
    a_question,
    case=st.builds(a_case, area=st.sampled_from(["B70", "B66", "DY4", "not-known"])),
    directory=directories(),
    earlier=st.sampled_from([(), (EarlierCase(ref="MASH-TEST0-TEST0", team="south"),)]),
    load=st.builds(
        Load,
        managers=st.dictionaries(
            st.sampled_from(MANAGERS),
            st.builds(
                ManagerLoad,
                meetings_today=st.integers(0, 3),
                children_awaiting=st.integers(0, 5),
            ),
        ),
        team_caseload=st.dictionaries(st.sampled_from(["north", "south"]), st.integers(0, 99)),
        busy=st.frozensets(st.sampled_from(MANAGERS)),
    ),
    passed_over=st.frozensets(st.sampled_from(MANAGERS)),
)


@settings(max_examples=300, deadline=None)
@given(question=questions)
def test_somebody_able_always_leads_for_stated_reasons(question: Question) -> None:
    choice = choose_lead(question)
    lead = question.directory.person(choice.lead)

    assert choice == choose_lead(question), "the same question has the same answer"
    assert lead is not None
    assert question.directory.team(choice.team) is not None
    assert choice.reasons
    assert all(re.fullmatch(r"[^\n]{1,300}", each) for each in choice.reasons)
    if lead.post is not Post.HEAD_OF_SERVICE:
        assert not lead.on_leave(NOW)
        assert not lead.on_leave(SLOT.starts_at)
        assert lead.on_duty(SLOT.starts_at)
        assert lead.id not in question.load.busy | question.passed_over
