"""What the pages of strategy say to whom, on a real MongoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.events.codes import ThresholdOutcome
from shared.events.envelope import iso
from tests.conftest import MakeSettings
from tests.integration.strategy_world import (
    FIRST,
    MASH,
    NOW,
    SECOND,
    WEST,
    WEST_OTHER,
    WORKER,
    World,
)
from tests.integration.test_strategy_doors import (
    CASE,
    REF,
    a_call,
    a_visit,
    allocated,
    an_allocation,
)
from tests.support.pages import Page, PageClient

SEE_REFERRAL = "See the referral: the child's name, address and any risk to staff"
VISIT = f"/strategy/cases/{REF}/children/{FIRST}/visit"
NOT_ON_IT = "CH-TEST9-TEST9"
WRONG_CHILD = "This child is not on this case. Choose one of the children on this case"
WHEN = {"day": "4", "month": "3", "year": "2026"}
SEEN = {f"seen_at-{part}": typed for part, typed in WHEN.items()} | {
    "seen_at-time": "11:30",
    "seen_alone": "yes",
    "childs_views": "Fictional: typed on a doorstep, in the rain.",
}
ATTEMPT = {
    f"{name}-{part}": typed
    for name in ("attempted_at", "next_attempt_at")
    for part, typed in WHEN.items()
} | {
    "attempted_at-time": "11:30",
    "next_attempt_at-time": "17:00",
    "reason": "nobody-at-home",
}
AN_ATTEMPT: dict[str, Any] = {
    "submission_id": "attempt-0001",
    "attempted_at": iso(NOW + timedelta(hours=1)),
    "reason": "nobody-at-home",
    "next_attempt_at": iso(NOW + timedelta(hours=6)),
}
BY_API = {"seen": ("seen", a_visit()), "attempt": ("attempts", AN_ATTEMPT)}
VISITS = [("seen", SEEN, "strategy.child-seen"), ("attempt", ATTEMPT, "strategy.visit-attempted")]


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


def sent_to_the_wrong_child(
    world: World, person: str, step: str, answers: dict[str, str]
) -> tuple[PageClient, str, Page]:
    """Open the form of a child on the case, and send it to the address of one who is not."""
    browser = world.browser(person)
    form = browser.get(f"{VISIT}/{step}")
    wrong = f"/strategy/cases/{REF}/children/{NOT_ON_IT}/visit/{step}"
    answer = browser.client.post(wrong, data={**form.answers("/visit/"), **answers})
    return browser, wrong, Page(answer, wrong)


@pytest.mark.parametrize("person", [WORKER, WEST])
@pytest.mark.parametrize(("step", "answers", "fact"), VISITS)
def test_a_visit_to_a_child_not_on_the_case_keeps_what_was_typed_and_asks_which_child(
    world: World, person: str, step: str, answers: dict[str, str], fact: str
) -> None:
    allocated(world)

    browser, wrong, page = sent_to_the_wrong_child(world, person, step, answers)

    door, body = BY_API[step]
    by_api, problem = world.call(person, f"{CASE}/children/{NOT_ON_IT}/{door}", body)
    assert problem["type"] == "urn:golden-thread:problem:child-not-on-case"
    assert page.status == by_api == 404
    assert page.errors == [WRONG_CHILD]
    assert page.links[WRONG_CHILD] == "#child"
    kept = page.answers("/visit/")
    assert {name: kept[name] for name in answers} == answers
    offered = [each.get("value") for each in page.tree.all("input", name="child")]
    assert offered == [FIRST, SECOND]
    assert fact not in world.said(REF)

    chosen = browser.client.post(wrong, data={**kept, "child": SECOND})

    assert chosen.status_code == 303
    assert world.said(REF)[-1] == fact
    assert world.events(REF)[-1]["data"]["child"] == SECOND


@pytest.mark.parametrize(("step", "answers", "fact"), VISITS)
def test_a_wrong_answer_and_a_wrong_child_are_both_named(
    world: World, step: str, answers: dict[str, str], fact: str
) -> None:
    allocated(world)
    when = "seen_at" if step == "seen" else "attempted_at"

    browser, wrong, page = sent_to_the_wrong_child(
        world, WORKER, step, {**answers, f"{when}-day": "31", f"{when}-month": "2"}
    )
    chosen = browser.client.post(wrong, data={**page.answers("/visit/"), "child": FIRST})

    assert page.status == 422
    assert page.errors[0] == WRONG_CHILD
    assert "must be a real date" in page.errors[1]
    again = Page(chosen, wrong)
    assert again.status == 422
    assert WRONG_CHILD not in again.errors
    assert FIRST in again.form("/visit/").get("action")
    assert fact not in world.said(REF)


def test_the_child_of_an_address_that_is_right_is_not_overruled_by_the_form(world: World) -> None:
    allocated(world)
    browser = world.browser(WORKER)
    form = browser.get(f"{VISIT}/seen")

    answer = browser.client.post(
        f"{VISIT}/seen", data={**form.answers("/visit/"), **SEEN, "child": SECOND}
    )

    assert answer.status_code == 422
    assert "strategy.child-seen" not in world.said(REF)
