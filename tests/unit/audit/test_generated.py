"""Promises of generated journeys: as their steps say, in whatever order their events arrive."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby

import pytest

from services.audit.domain.clocks import ClockState, State, clocks_of
from shared.clock import london
from shared.events.codes import Clock
from shared.events.envelope import GENESIS, Envelope
from shared.events.facts import Fact
from shared.events.seal import Place, seal
from shared.ids import child_reference
from shared.mash.generate import Journey, Plan, Step, StepName, in_order, journeys
from shared.practice import load_time_limits
from tests.unit.audit.lines import MANAGER
from tests.unit.mash.line import Line

PLAN = Plan(referrals=250, seed=8)
LIMITS = load_time_limits()
DECIDED = {"in-time": State.MET, "late": State.MET_LATE, "never": State.ARMED}
"""What the generator drew about the decision, and what the events must say of its promise."""


@pytest.fixture(scope="module")
def made() -> list[Journey]:
    return list(journeys(PLAN))


@pytest.fixture(scope="module")
def events(made: list[Journey]) -> dict[str, list[Envelope]]:
    """Every event that the rules let the journeys cause, sealed, by case."""
    line, found = Line(), dict[str, list[Envelope]]()
    for step in in_order(made):
        before = len(line.facts.get(step.case, ()))
        line.take(step)
        stream = found.setdefault(step.case, [])
        stream += _sealed(step, line.facts[step.case][before:], stream)
    return found


def _sealed(step: Step, facts: list[Fact], there: list[Envelope]) -> Iterator[Envelope]:
    for source, together in groupby(facts, key=lambda fact: f"/{fact.type.split('.')[0]}"):
        own = [each for each in there if each.source == source]
        place = Place(
            source=source,
            subject=step.case,
            version=len(own),
            tail_hash=own[-1].hash if own else GENESIS,
        )
        wires = seal(together, place, by=MANAGER, at=step.at, cause=None)
        yield from map(Envelope.from_wire, wires)


def clocks(entries: list[Envelope]) -> dict[tuple[Clock, str | None], ClockState]:
    return {(each.clock, each.child): each for each in clocks_of(entries, LIMITS)}


def day(at: datetime | str) -> date:
    return london(datetime.fromisoformat(at) if isinstance(at, str) else at).date()


def on_the_day(promised: date, kept: date | None) -> State:
    if kept is None:
        return State.ARMED
    return State.MET if kept == promised else State.MET_LATE


def first(journey: Journey, name: StepName, child: str | None = None) -> Step | None:
    steps = (each for each in journey.steps if each.name is name and each.child == child)
    return next(steps, None)


def test_a_decision_is_kept_as_the_figures_drew_it(
    made: list[Journey], events: dict[str, list[Envelope]]
) -> None:
    seen = set()
    for journey in made:
        # A child in danger is decided about at once, and nothing is drawn.
        drawn = dict(journey.drawn).get("decision", "in-time")
        seen.add(drawn)

        found = clocks(events[journey.steps[0].case])[Clock.DECISION, None]

        assert found.state is DECIDED[drawn], journey.number
    assert seen == set(DECIDED)


def test_an_allocation_is_kept_on_the_day_of_its_decision(
    made: list[Journey], events: dict[str, list[Envelope]]
) -> None:
    seen = set()
    for journey in made:
        decision, allocation = first(journey, StepName.DECIDE), first(journey, StepName.ALLOCATE)
        found = clocks(events[journey.steps[0].case]).get((Clock.ALLOCATION, None))
        goes_on = decision is not None and decision.body["outcome"] in (
            "strategy-meeting",
            "single-assessment",
        )

        assert (found is not None) == goes_on, journey.number
        if found and decision:
            seen.add(found.state)
            kept = day(allocation.at) if allocation else None
            assert found.state is on_the_day(day(decision.at), kept), journey.number
    assert seen == {State.ARMED, State.MET, State.MET_LATE}


def test_every_born_child_who_may_be_harmed_is_promised_to_be_seen_on_the_day(
    made: list[Journey], events: dict[str, list[Envelope]]
) -> None:
    seen = set()
    for journey in made:
        received, decision = journey.steps[0], first(journey, StepName.DECIDE)
        concerned = decision is not None and decision.body["child_protection_concerns"]
        found = clocks(events[received.case])
        for place, told in enumerate(received.body["children"]):
            child = child_reference(received.body["submission_id"], place)
            state = found.get((Clock.CHILD_SEEN, child))

            assert (state is not None) == (concerned and told["born"]), (journey.number, child)
            if state:
                visit = first(journey, StepName.SEE, child)
                kept = day(visit.body["seen_at"]) if visit else None
                seen.add(state.state)
                assert state.state is on_the_day(day(received.at), kept), (journey.number, child)
    assert seen == {State.ARMED, State.MET, State.MET_LATE}


def test_promises_are_the_same_in_whatever_order_and_however_often_events_arrive(
    events: dict[str, list[Envelope]],
) -> None:
    chance = random.Random(3)
    for entries in events.values():
        arrived = entries * 2
        chance.shuffle(arrived)

        assert clocks_of(arrived, LIMITS) == clocks_of(entries, LIMITS)
