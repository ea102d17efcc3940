"""What the pages of strategy say to whom, on a real MongoDB."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.events.codes import ThresholdOutcome
from shared.events.envelope import iso
from tests.conftest import MakeSettings
from tests.integration.strategy_world import FIRST, MASH, NOW, WEST, WEST_OTHER, WORKER, World
from tests.integration.test_strategy_doors import CASE, REF, a_call, allocated, an_allocation

SEE_REFERRAL = "See the referral: the child's name, address and any risk to staff"
VISIT = f"/strategy/cases/{REF}/children/{FIRST}/visit"


@pytest.fixture
def world(make_settings: MakeSettings) -> World:
    return World(make_settings())


@pytest.mark.parametrize(
    ("person", "path"),
    [
        (WEST, f"/strategy/cases/{REF}"),
        (MASH, f"/strategy/cases/{REF}"),
        (WORKER, f"/strategy/cases/{REF}"),
        (WORKER, VISIT),
        (WEST, VISIT),
        (WORKER, "/strategy/my-visits"),
    ],
)
def test_whoever_visits_is_led_to_who_the_child_is_and_where(
    world: World, person: str, path: str
) -> None:
    """This service holds no names: the referral does."""
    allocated(world)

    page = world.browser(person).get(path)

    leads = [to for words, to in page.links.items() if words.startswith(SEE_REFERRAL)]
    assert leads == [f"/referral/referrals/{REF}"]


def test_a_planned_visit_is_said_as_a_plan_wherever_it_stands(world: World) -> None:
    """A plan is not a promise: the words of the clock are for promises."""
    world.decided(REF, outcome=ThresholdOutcome.SINGLE_ASSESSMENT, child_protection_concerns=False)
    assert world.call(WEST, f"{CASE}/allocation", an_allocation())[0] == 200
    pages = [
        (WEST, "/strategy/worklist"),
        (WORKER, "/strategy/my-visits"),
        (WORKER, f"/strategy/cases/{REF}"),
        (WORKER, VISIT),
    ]

    for person, path in pages:
        page = world.browser(person).get(path)
        assert "Planned by 4 March 2026, 18:00" in page.text, path
        assert "Planned date passed" not in page.text, path
    world.clock.at = NOW + timedelta(days=3)
    for person, path in pages:
        page = world.browser(person).get(path)
        assert "Planned date passed" in page.text, path
        assert page.text.count("Overdue") == 0, path


def test_a_plan_later_than_the_promise_says_so(world: World) -> None:
    allocated(world)
    assert "Later than the promise" not in world.browser(WEST).get(f"/strategy/cases/{REF}").text
    other = "MASH-TEST2-TEST2"
    world.decided(other, outcome=ThresholdOutcome.SINGLE_ASSESSMENT)
    late = an_allocation(visit_by=iso(NOW + timedelta(days=2)))
    assert world.call(WEST, f"/cases/{other}/allocation", late)[0] == 200

    page = world.browser(WEST).get(f"/strategy/cases/{other}")

    assert "Later than the promise, due 4 March 2026" in page.text


def test_who_does_not_lead_is_told_before_the_form_to_decline(world: World) -> None:
    world.decided(REF)
    world.call(MASH, f"{CASE}/meeting", a_call())

    page = world.browser(WEST_OTHER).get(f"/strategy/cases/{REF}/lead/decline")

    assert "You do not lead this meeting" in page.text
    assert not page.tree.one("main").all("form")


def test_the_next_action_asks_for_visits_only_who_can_record_them(world: World) -> None:
    allocated(world)

    words = {
        person: world.browser(person).get(f"/strategy/cases/{REF}").text
        for person in (WORKER, WEST, MASH)
    }

    asked = {person for person, text in words.items() if "Record each visit below." in text}
    assert asked == {WORKER, WEST}
    assert "2 children have not been seen yet." in words[MASH]


def test_a_reference_may_be_typed_in_lower_case(world: World) -> None:
    allocated(world)

    assert REF in world.browser(WORKER).get(f"/strategy/cases/{REF.lower()}").h1
    assert FIRST in world.browser(WORKER).get(VISIT.lower()).h1
    assert world.call(WEST, CASE.lower())[0] == 200
