"""The weeks before the demonstration: taken by every rule, and no trouble to the morning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.clock import london
from shared.events.facts import Fact
from shared.mash.demo.morning import Morning, read_morning
from shared.mash.demo.past import EVENT_OF, referrals_of, steps_of
from shared.mash.generate import Step, StepName
from shared.mash.generate.people import staff_of_demo
from tests.unit.mash.line import Line

HEARD_OF_THE_DECISION = "strategy.case-opened"
QUIET = timedelta(days=1)


@pytest.fixture(scope="module")
def morning() -> Morning:
    return read_morning()


@pytest.fixture(scope="module")
def steps(morning: Morning) -> tuple[Step, ...]:
    return steps_of(morning.past)


@pytest.fixture(scope="module")
def line(steps: tuple[Step, ...]) -> Line:
    line = Line()
    for step in steps:
        line.take(step)
    return line


def test_the_rules_take_every_step_and_cause_what_is_expected(
    line: Line, steps: tuple[Step, ...]
) -> None:
    expected = {ref: Counter(each.done) for ref, each in referrals_of(steps).items()}
    caused = {ref: Counter(_types(facts)) for ref, facts in line.facts.items()}
    for ref in line.cases:
        caused[ref][HEARD_OF_THE_DECISION] += 1

    assert len(expected) == len(line.referrals)
    assert caused == expected


def _types(facts: list[Fact]) -> Iterator[str]:
    # In memory silence is noticed by the rules; of what is over, nobody takes the lead over.
    return (each.type for each in facts if each.type != "strategy.lead-reassigned")


def test_every_step_has_its_event_and_the_past_has_nearly_all_of_them(
    steps: tuple[Step, ...],
) -> None:
    assert set(EVENT_OF) == set(StepName)
    assert {step.name for step in steps} >= set(StepName) - {StepName.ATTEMPT}


def test_everything_was_over_when_it_was_entered(morning: Morning, line: Line) -> None:
    past = morning.past
    meetings = [meeting for case in line.cases.values() for meeting in case.meetings]

    assert past.until < past.entered_at
    assert meetings
    assert all(meeting.starts_at < past.until for meeting in meetings)
    assert not any(case.open_meeting for case in line.cases.values())


def test_audit_has_said_what_was_broken_before_the_morning_begins(morning: Morning) -> None:
    starts = [each.at for each in morning.contacts.values() if each.at > morning.past.entered_at]

    assert min(starts) >= morning.past.entered_at + QUIET


def test_who_leads_does_not_depend_on_the_order_in_which_an_import_sends(
    morning: Morning, line: Line
) -> None:
    """The system weighs what is entered so far: that must not decide between two managers."""
    past = morning.past
    led = Counter(case.team for case in line.cases.values() if case.meetings)

    for team in staff_of_demo(past.first, past.last).teams:
        assert len(team.managers) == 1 or led[team.code] <= 1, team.name


def test_the_hub_has_not_much_left_undone(morning: Morning, line: Line) -> None:
    """What waits since then is a line or two of a worklist, and does not bury the morning."""
    undecided = [ref for ref in line.referrals if not _has(line, ref, "referral.threshold-decided")]
    unallocated = [case for case in line.cases.values() if not case.allocation]

    assert len(undecided) <= 2
    assert len(unallocated) <= 2
    assert sum(len(case.children_not_seen) for case in line.cases.values()) <= 8


def _has(line: Line, ref: str, event: str) -> bool:
    return any(fact.type == event for fact in line.facts[ref])


def test_nobody_of_the_past_is_taken_for_a_child_of_the_morning(
    morning: Morning, steps: tuple[Step, ...]
) -> None:
    before = {
        (child["last_name"], child["postcode"])
        for step in steps
        if step.name is StepName.RECEIVE
        for child in step.body["children"]
    }
    now = {
        (child.get("last_name"), child.get("postcode"))
        for each in morning.contacts.values()
        for child in each.answers["children"]
    }

    assert before.isdisjoint(now)
    assert {postcode for _, postcode in before}.isdisjoint(postcode for _, postcode in now)


def test_it_is_the_same_hub_every_time(morning: Morning, steps: tuple[Step, ...]) -> None:
    again = steps_of(morning.past)

    assert [step.line() for step in again] == [step.line() for step in steps]
    assert all(london(step.at) <= morning.past.until for step in steps)
