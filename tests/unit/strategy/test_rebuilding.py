"""A case rebuilt from its events is the case as it was, but for the words no event carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

import pytest

from services.strategy.domain import lead, visits
from services.strategy.domain.allocation import allocate
from services.strategy.domain.case import Case
from services.strategy.domain.commands import DeclineLead, DeclineReason, OverrideLead
from services.strategy.domain.meeting import call
from services.strategy.domain.opening import open_case
from services.strategy.domain.rebuilding import ITSELF, rebuild
from services.strategy.domain.record import record_held
from shared.changes import Change
from shared.events.codes import Agency, Concern, Role, ThresholdOutcome
from shared.events.envelope import GENESIS, Envelope
from shared.events.facts import ChildOnCase, Fact
from shared.events.referral import ThresholdDecided
from shared.events.registry import fact_of
from shared.events.seal import Actor, Place, seal
from shared.rebuilt import LOST, Told
from tests.unit.strategy.world import (
    CORE,
    FIRST,
    LEAD,
    NOW,
    REF,
    SECOND,
    WORKER,
    a_call,
    a_choice,
    a_directory,
    a_record,
    a_seen,
    an_allocation,
    an_attempt,
    attendance,
    medicals,
)

WORDS = {
    *("core_missing_reason", "override_reason", "not_lead_reason", "emergency_reason"),
    *("rationale", "plan", "childs_views", "reason", "approved_by", "submissions"),
}
DECIDED = ThresholdDecided(
    outcome=ThresholdOutcome.STRATEGY_MEETING,
    threshold_level=4,
    guidance_version="2026-1",
    child_protection_concerns=True,
    physical_harm_alleged=False,
    children=(ChildOnCase(child=FIRST), ChildOnCase(child=SECOND)),
    concerns=(Concern.NEGLECT,),
    area="B70",
    received_at=NOW - timedelta(hours=2),
    earlier_cases=(),
)
NEXT_LEAD = Actor("tm-north-b", Role.TEAM_MANAGER)
LATER = NOW + timedelta(hours=2)


class Line:
    """A case that is worked on, and the events it caused."""

    def __init__(self) -> None:
        self.case: Case | None = None
        self.told: list[Told] = []
        self.states: list[Case | None] = [None]

    def then(
        self, change: Change[Case] | None, by: Actor = LEAD, at: Any = NOW, **why: Any
    ) -> None:
        assert change
        last = self.told[-1].event if self.told else None
        place = Place(
            source="/strategy",
            subject=REF,
            version=last.sequence if last else 0,
            tail_hash=last.hash if last else GENESIS,
        )
        wires = seal(change.facts, place, by=by, at=at, cause=None)
        events = [Envelope.from_wire(wire) for wire in wires]
        self.told += [Told(event=each, fact=fact_of(each), **why) for each in events]
        self.states += [self.case] * (len(events) - 1) + [change.state]
        self.case = change.state


def decision() -> Envelope:
    place = Place(source="/referral", subject=REF, version=0, tail_hash=GENESIS)
    return Envelope.from_wire(seal([DECIDED], place, by=LEAD, at=NOW, cause=None)[0])


@pytest.fixture
def line() -> Line:
    """A whole case: declined, overridden, held without quorum, held again, visited."""
    made, directory = Line(), a_directory()
    made.then(open_case(None, DECIDED, decision(), NOW), cause=DECIDED)
    called = call(made.case, a_call(), choice=a_choice(), directory=directory, by=LEAD, at=NOW)
    made.then(called)
    declining = DeclineLead(ref=REF, submission_id="d", reason=DeclineReason.NOT_AT_WORK)
    choice = a_choice(NEXT_LEAD.id)
    made.then(
        lead.decline(made.case, declining, choice=choice, directory=directory, by=LEAD, at=NOW)
    )
    naming = OverrideLead(ref=REF, submission_id="o", lead=LEAD.id, reason="Knows the family.")
    made.then(lead.override(made.case, naming, directory=directory, clash=False, at=NOW))
    soon = NOW + timedelta(minutes=3)
    made.then(lead.acknowledge(made.case, by=LEAD, at=soon), at=soon)
    record = a_record(
        attendance=attendance(Agency.SOCIAL_CARE, Agency.POLICE, away=(Agency.HEALTH,)),
        emergency_reason="Nobody from health could be reached.",
        follow_up_by=LATER + timedelta(days=1),
        medicals=medicals(FIRST, SECOND),
    )
    made.then(record_held(made.case, record, directory=directory, by=LEAD, at=LATER), at=LATER)
    again = a_call(submission_id="call-2", starts_at=LATER + timedelta(hours=1), invited=CORE)
    made.then(
        call(made.case, again, choice=choice, directory=directory, by=LEAD, at=LATER), at=LATER
    )
    given = allocate(made.case, an_allocation(), team="north", directory=directory, by=LEAD, at=NOW)
    made.then(given)
    made.then(
        visits.record_attempt(made.case, an_attempt(), directory=directory, by=WORKER, at=NOW),
        by=WORKER,
    )
    made.then(
        visits.record_seen(made.case, a_seen(), directory=directory, by=WORKER, at=NOW), by=WORKER
    )
    return made


def without_words(value: Any) -> Any:
    """Return a state without what people wrote."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            each.name: without_words(getattr(value, each.name))
            for each in fields(value)
            if each.name not in WORDS
        }
    if isinstance(value, tuple | list):
        return [without_words(each) for each in value]
    return value.value if isinstance(value, Enum) else value


def rebuilt(case: Case | None, told: Sequence[Told]) -> Any:
    return rebuild(case, tuple(told), meeting_minutes=a_directory().meeting_minutes)


def test_from_nothing_a_whole_case_comes_back(line: Line) -> None:
    assert without_words(rebuilt(None, line.told).state) == without_words(line.case)


def test_from_wherever_the_back_up_ended_the_case_comes_back(line: Line) -> None:
    states = line.states
    ends = [n for n in range(1, len(line.told)) if states[n] is not states[n - 1]]
    assert len(ends) > 8
    for n in [0, *ends]:
        assert without_words(rebuilt(states[n], line.told[n:]).state) == without_words(line.case), (
            f"from {n} events"
        )


def test_every_word_that_somebody_wrote_is_listed_as_lost(line: Line) -> None:
    lost = rebuilt(None, line.told).lost
    by_type = {each.event.type for each in line.told if each.event.sequence in lost}

    assert by_type == {
        "strategy.meeting-called",
        "strategy.lead-reassigned",
        "strategy.meeting-held",
        "strategy.meeting-not-quorate",
        "strategy.medical-decided",
        "strategy.case-allocated",
        "strategy.child-seen",
    }
    case = rebuilt(None, line.told).state
    assert case.allocation.plan == case.meetings[0].record.rationale == LOST
    assert case.children[0].visits[0].childs_views == LOST


def test_a_meeting_that_came_back_without_its_lead_is_to_be_called_again(line: Line) -> None:
    opened, called = line.told[:2]

    partly = rebuilt(None, [opened, called])

    assert partly.state.meetings == ()
    assert partly.lost == {2: ITSELF}


def test_a_case_whose_decision_is_not_known_is_not_made_up(line: Line) -> None:
    opened = line.told[0]

    nothing = rebuilt(None, [Told(event=opened.event, fact=opened.fact)])

    assert nothing.state is None
    assert nothing.lost == {1: ITSELF}


def test_every_fact_of_the_service_is_told_apart(line: Line) -> None:
    seen: set[type[Fact]] = {type(each.fact) for each in line.told}

    assert len(seen) == 12
