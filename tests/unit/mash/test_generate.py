"""Generated journeys: the same again, made one at a time, of nobody, and taken by every rule."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from itertools import islice, pairwise
from typing import Any

import pytest

from services.referral.schemas.child import is_postcode
from shared.clock import london
from shared.events.codes import Clock, Concern, ReferralSource
from shared.mash.accounts import people_of_the_directory
from shared.mash.generate import Journey, Plan, StepName, World, in_order, journeys
from shared.mash.generate.hours import Arrivals, Office
from shared.mash.generate.people import NEVER_REAL, staff_of_demo, words
from shared.mash.generate.proportions import read_data, read_proportions
from shared.mash.generate.summary import Tally
from shared.practice.due import due_for
from shared.practice.load import load_time_limits
from tests.unit.mash.line import Line

SMALL = Plan(referrals=400, seed=20240331)
LARGE = 20_000
TOLERATED = 4.5
"""Standard deviations. One seed is looked at, so the answer is the same every time."""


@pytest.fixture(scope="module")
def small() -> list[Journey]:
    return list(journeys(SMALL))


@pytest.fixture(scope="module")
def large() -> tuple[Tally, Counter[tuple[str, str]]]:
    """What 20,000 journeys drew, and what their bodies say."""
    tally = Tally()
    said: Counter[tuple[str, str]] = Counter()
    for journey in tally.watch(journeys(Plan(referrals=LARGE, seed=7))):
        said.update(_said(journey))
    return tally, said


def _said(journey: Journey) -> list[tuple[str, str]]:
    received = journey.steps[0]
    body = received.body
    names = {step.name: step for step in journey.steps}
    told = [
        ("source", body["referral_source"]),
        ("need", body["primary_need"]),
        ("again", str(StepName.MATCH in names)),
        ("children", str(min(len(body["children"]), 3))),
        ("weekend", str(london(received.at).weekday() >= 5)),
        *(("concern", each) for each in body["categories"]),
    ]
    if decided := names.get(StepName.DECIDE):
        told.append(("outcome", decided.body["outcome"]))
    return told


def lines(plan: Plan) -> list[str]:
    return [step.line() for step in in_order(journeys(plan))]


def test_the_same_seed_gives_the_same_lines_and_another_seed_others() -> None:
    plan = Plan(referrals=60, seed=5)

    assert lines(plan) == lines(plan)
    assert set(lines(plan)).isdisjoint(lines(Plan(referrals=60, seed=6)))


def test_a_referral_of_a_seed_is_the_same_however_many_are_made() -> None:
    few, many = (World(Plan(referrals=count, seed=3)) for count in (50, 600_000))

    for number in range(50):
        one, other = few.journey(number), many.journey(number)
        assert _without_times(one) == _without_times(other)


def _without_times(journey: Journey) -> Any:
    body = journey.steps[0].body
    stable = ("submission_id", "referral_source", "primary_need", "categories", "worry_text")
    children = [(each["last_name"], each["postcode"]) for each in body["children"]]
    known = [step.body for step in journey.steps if step.name is StepName.MATCH]
    return ({name: body[name] for name in stable}, children, known, journey.drawn)


def test_journeys_are_made_one_at_a_time() -> None:
    first = list(islice(journeys(Plan(referrals=10**9, seed=1)), 3))

    assert [each.number for each in first] == [0, 1, 2]


def test_any_journey_is_made_by_itself(small: list[Journey]) -> None:
    assert World(SMALL).journey(321) == small[321]


def test_steps_come_in_the_order_of_time_and_all_of_them(small: list[Journey]) -> None:
    steps = list(in_order(small))

    assert all(one.at <= other.at for one, other in pairwise(steps))
    assert len(steps) == sum(len(each.steps) for each in small)
    assert {step.at.tzinfo for step in steps} == {UTC}
    assert {step.at.microsecond for step in steps} == {0}


def test_only_what_is_still_to_come_is_held() -> None:
    begun = 0

    def noted() -> Iterator[Journey]:
        nonlocal begun
        for journey in journeys(Plan(referrals=3_000, seed=2)):
            begun += len(journey.steps)
            yield journey

    held = [begun - taken for taken, _ in enumerate(in_order(noted()))]

    assert len(held) > 20_000
    assert max(held) < 1_500  # about three weeks of the year


def test_every_referral_arrives_in_its_period_and_in_turn(small: list[Journey]) -> None:
    arrivals = [each.steps[0].at for each in small]

    assert arrivals == sorted(arrivals)
    assert {london(at).date() for at in arrivals} <= {
        SMALL.first + timedelta(days=each) for each in range(365)
    }


def test_arrivals_keep_their_order_when_clocks_change() -> None:
    arrivals = Arrivals(read_proportions(), date(2026, 3, 28), date(2026, 3, 30), 5_000)

    moments = [arrivals.at(number, 0.5) for number in range(5_000)]

    assert moments == sorted(moments)


def test_every_step_is_taken_by_the_schemas_and_rules_of_the_services() -> None:
    line = Line()

    for step in in_order(journeys(Plan(referrals=700, seed=11))):
        line.take(step)

    assert len(line.referrals) == 700
    assert {step for facts in line.facts.values() for step in map(_type, facts)} >= {
        *("referral.received", "referral.child-matched", "referral.threshold-decided"),
        *("referral.referrer-informed", "strategy.meeting-called", "strategy.lead-assigned"),
        *("strategy.lead-acknowledged", "strategy.meeting-held", "strategy.meeting-not-quorate"),
        *("strategy.medical-decided", "strategy.case-allocated", "strategy.visit-attempted"),
        "strategy.child-seen",
    }


def _type(fact: Any) -> str:
    return str(fact.type)


def test_two_years_with_a_birth_and_a_coming_of_age_are_taken_by_the_rules() -> None:
    line = Line()
    plan = Plan(referrals=400, seed=4, first=date(2024, 1, 1), last=date(2025, 12, 31))

    for step in in_order(journeys(plan)):
        line.take(step)

    assert len(line.referrals) == 400


def test_a_journey_that_goes_the_whole_way_makes_ten_events_or_more() -> None:
    line = Line()
    for step in in_order(journeys(Plan(referrals=120, seed=8))):
        line.take(step)

    whole = [
        facts
        for case, facts in line.facts.items()
        if (known := line.cases.get(case))
        and known.meetings
        and known.allocation
        and not known.children_not_seen
    ]
    # On hearing of these, strategy opens the case, and audit closes three clocks or more.
    assert whole
    assert min(len(facts) + 1 + 3 for facts in whole) >= 10


def test_what_is_drawn_and_what_is_asked_for_again_agree_with_the_figures(
    large: tuple[Tally, Counter[tuple[str, str]]],
) -> None:
    rows = list(large[0].rows())

    for row in rows:
        deviation = (row.expected * (1 - row.expected) / row.asked) ** 0.5
        assert abs(row.came_out - row.expected) <= TOLERATED * deviation, (
            row.figure.name,
            row.code,
        )
    drawn = {row.figure.name for row in rows}
    assert drawn == set(read_proportions().figures) - {"weekday", "hour"}


@pytest.mark.parametrize(
    ("what", "value", "expected"),
    [
        ("again", "True", 0.2236),
        ("source", "6", 0.2874),
        ("source", "2A", 0.1820),
        ("source", "9", 0.0214),
        ("need", "N1", 0.525),
        ("concern", "domestic-abuse", 0.496),
        ("concern", "physical", 0.140),
        ("children", "1", 0.446),
        ("children", "3", 0.145),
        ("weekend", "True", 0.09),
        ("outcome", "strategy-meeting", 0.3005),
        ("outcome", "single-assessment", 0.6345),
    ],
)
def test_the_bodies_say_what_the_figures_say(
    large: tuple[Tally, Counter[tuple[str, str]]], what: str, value: str, expected: float
) -> None:
    assert large[1][what, value] / LARGE == pytest.approx(expected, abs=0.015)


def test_nobody_could_be_taken_for_real(small: list[Journey]) -> None:
    for journey in small:
        body = journey.steps[0].body
        for child in body["children"]:
            assert child["last_name"].endswith("-Demo")
            assert is_postcode(child["postcode"])
            assert set(child["postcode"][-2:]) <= set(NEVER_REAL)
            assert any(street in child["address"] for street in words()["streets"])
        if not body.get("anonymous"):
            assert body["ref_name"].endswith("-Demo")
            assert body["ref_phone"].startswith("0121 496 0")


def test_whoever_acts_can_sign_in_at_the_embedded_system(small: list[Journey]) -> None:
    people = [
        *read_data("demo_people.json"),
        *people_of_the_directory(read_data("demo_directory.json")),
    ]
    known = {each["id"] for each in people}

    assert {step.by for each in small for step in each.steps} <= known


def test_somebody_of_every_team_is_there() -> None:
    for team in staff_of_demo(SMALL.first, SMALL.last).teams:
        assert team.managers
        assert team.deputies
        assert team.workers


def test_every_code_of_the_data_exists_and_has_its_words() -> None:
    figures = read_proportions().figures
    sources = {
        code
        for name in ("source", "individual", "health", "local-authority")
        for code in figures[name].codes
    } - {"individual", "health", "local-authority"}
    concerns = {*figures["concerns"].codes, "other", "disability-support", "housing-or-money"}

    assert sources == {each.value for each in ReferralSource}
    assert concerns <= {each.value for each in Concern}
    assert concerns == set(words()["worries"])
    assert sources == {*words()["referrers"], *words()["relations"], "9"}


def test_every_figure_says_where_it_is_from_or_that_it_is_ours() -> None:
    for figure in read_proportions().figures.values():
        assert figure.sources or figure.assumption, figure.name
        for source in figure.sources:
            assert all(source[each] for each in ("publication", "publisher", "table", "year"))
            assert source["url"].startswith("http")
        if figure.assumption:
            assert figure.assumption["reason"], figure.name
        if figure.origin == "in part":
            covered = [code for source in figure.sources for code in source["covers"]]
            assert figure.assumption
            assert sorted([*covered, *figure.assumption["covers"]]) == sorted(figure.codes)


def test_the_guidance_named_is_that_of_the_referral_service() -> None:
    issues = json.loads((files("services.referral") / "data" / "guidance.json").read_text())

    assert words()["guidance"] == [
        {"version": each["version"], "from": each["in_force_from"]} for each in issues
    ]


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 4, 10, 30, tzinfo=UTC),
        datetime(2026, 3, 6, 16, 59, tzinfo=UTC),
        datetime(2026, 3, 6, 22, 0, tzinfo=UTC),
        datetime(2026, 3, 7, 12, 0, tzinfo=UTC),
        datetime(2026, 4, 2, 15, 0, tzinfo=UTC),
        datetime(2026, 4, 3, 3, 0, tzinfo=UTC),
    ],
)
def test_the_office_counts_to_the_moment_at_which_a_decision_is_due(at: datetime) -> None:
    """The hub's day, a Friday, a Friday night, a week-end, and about Easter."""
    office = Office(date(2026, 3, 1), date(2026, 4, 30))

    due = due_for(load_time_limits(), Clock.DECISION, at).due_at

    assert office.after(at, office.left_until_next_close(at) - 1) == due - timedelta(minutes=1)
