"""The duty inbox: a child in danger is never under the rest, and no filter is left out unsaid."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from services.referral.documents import ReferralDocument
from shared.database import collection_of
from shared.events.codes import Danger
from shared.mash.generate import Journey, Plan, journeys
from tests.builders import a_decision, a_referral, an_urgent_referral
from tests.conftest import MakeSettings
from tests.support.referral import ReferralDesk, open_desk

DANGER = ("yes", "not-sure", "no")
FORTNIGHT = Plan(referrals=42, seed=2, first=date(2026, 11, 2), last=date(2026, 11, 15))
WRONG = ("bogus=1", "source[$ne]=1", "source=2a&source=6", "waiting=nonsense", "page=x")


@pytest.fixture
def desk(make_settings: MakeSettings) -> ReferralDesk:
    return open_desk(make_settings())


def sent_in_turn(desk: ReferralDesk) -> dict[str, str]:
    """Send one referral of each kind and two in danger, the least urgent first."""
    refs = {}
    for name, body in (
        ("no", a_referral(immediate_danger="no")),
        ("not sure", an_urgent_referral(immediate_danger="not-sure")),
        ("danger", an_urgent_referral(immediate_danger="yes")),
        ("danger later", an_urgent_referral(immediate_danger="yes")),
    ):
        refs[name] = desk.sent(body)
        desk.clock.on(minutes=5)
    return refs


def test_waiting_children_in_danger_come_first_then_not_sure_then_the_rest(
    desk: ReferralDesk,
) -> None:
    refs = sent_in_turn(desk)
    order = [refs[name] for name in ("danger", "danger later", "not sure", "no")]

    page = desk.browser("practitioner-demo").get("/referral/inbox")
    rows = desk.call("practitioner-demo", "GET", "/inbox").json["referrals"]

    assert [row["reference"] for row in rows] == order
    assert [words for words in page.links if words.startswith("MASH-")] == order
    assert "Immediate danger first, then not sure, then the rest" in page.text


def a_busy_fortnight(desk: ReferralDesk) -> dict[str, Journey]:
    """Let invented people send, each at their time. Returns what waits: every third is decided."""
    waiting = {}
    for journey in journeys(FORTNIGHT):
        received = journey.steps[0]
        desk.clock.at = received.at
        by = "school-demo" if received.by.startswith("partner.") else "practitioner-demo"
        ref = desk.sent(dict(received.body), by)
        if journey.number % 3:
            waiting[ref] = journey
        else:
            desk.post("manager-demo", f"/referrals/{ref}/decision", a_decision())
    return waiting


def rows_of(desk: ReferralDesk) -> list[dict[str, Any]]:
    """Every row of the inbox, page after page."""
    first = desk.call("practitioner-demo", "GET", "/inbox").json
    assert first["pages"] > 1
    more = [
        desk.call("practitioner-demo", "GET", f"/inbox?page={page}").json["referrals"]
        for page in range(2, first["pages"] + 1)
    ]
    return [row for rows in (first["referrals"], *more) for row in rows]


def test_however_many_wait_each_is_there_once_danger_first_and_then_by_what_is_due(
    desk: ReferralDesk,
) -> None:
    waiting = a_busy_fortnight(desk)
    desk.clock.on(minutes=5)
    danger = desk.sent(an_urgent_referral(immediate_danger="yes"))

    rows = rows_of(desk)
    page = desk.browser("manager-demo").get("/referral/inbox")

    steps = {ref: journey.steps[0] for ref, journey in waiting.items()}
    rank = {ref: DANGER.index(step.body["immediate_danger"]) for ref, step in steps.items()}
    order = sorted(steps, key=lambda ref: (rank[ref], steps[ref].at, ref))
    most_urgent = sum(each == 0 for each in rank.values())
    order.insert(most_urgent, danger)  # the last to come of those in immediate danger
    assert [row["reference"] for row in rows] == order
    assert danger in page.links
    assert {row["danger"] for row in rows} == set(DANGER)


def test_a_family_that_was_referred_before_is_counted_again(desk: ReferralDesk) -> None:
    waiting = a_busy_fortnight(desk)
    families: dict[Any, list[int]] = {}
    for journey in journeys(FORTNIGHT):
        families.setdefault(family_of(journey), []).append(journey.number)

    counted = {row["reference"]: row["number_in_12_months"] for row in rows_of(desk)}

    expected = {
        ref: families[family_of(journey)].index(journey.number) + 1
        for ref, journey in waiting.items()
    }
    assert counted == expected
    assert max(expected.values()) > 1


def family_of(journey: Journey) -> tuple[str, str]:
    child = journey.steps[0].body["children"][0]
    return child["last_name"], child["address"]


def test_the_order_of_danger_is_read_from_an_index(desk: ReferralDesk) -> None:
    sent_in_turn(desk)
    sorting = [("state.report.safety.immediate_danger", -1), ("state.received_at", 1), ("_id", 1)]

    plan = collection_of(ReferralDocument).find({"state.stage": "received"}).sort(sorting).explain()

    stages = set(re.findall(r"'stage': '(\w+)'", str(plan["queryPlanner"]["winningPlan"])))
    assert "IXSCAN" in stages
    assert "SORT" not in stages


def test_the_codes_of_danger_sort_in_their_order() -> None:
    assert sorted(Danger, reverse=True) == [Danger.YES, Danger.NOT_SURE, Danger.NO]


def test_the_hub_home_counts_children_in_danger_and_leads_to_them(desk: ReferralDesk) -> None:
    refs = sent_in_turn(desk)
    desk.post("manager-demo", f"/referrals/{refs['danger']}/decision", a_decision())

    home = desk.browser("practitioner-demo").get("/referral/")

    assert home.links["1 in immediate danger"] == "/referral/inbox"


@pytest.mark.parametrize("query", WRONG)
def test_a_filter_that_makes_no_sense_is_refused_in_words(desk: ReferralDesk, query: str) -> None:
    ref = desk.sent(a_referral())

    page = desk.browser("practitioner-demo").get(f"/referral/inbox?{query}", status=422)
    answer = desk.call("practitioner-demo", "GET", f"/inbox?{query}")

    assert len(page.errors) == 1
    assert ref in page.links
    assert answer.status_code == 422
    assert len(answer.json["errors"]) == 1


def test_a_filter_left_empty_is_no_filter(desk: ReferralDesk) -> None:
    ref = desk.sent(a_referral())

    page = desk.browser("practitioner-demo").get("/referral/inbox?waiting=decision&source=")

    assert ref in page.links
