"""The bulk door of the referral service: many steps of many histories, each judged by itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from services.referral.documents import ReferralDocument
from shared.auth import sha256
from shared.database import collection_of
from shared.ids import case_reference, child_reference
from shared.records import Record
from tests.builders import a_decision, a_referral, feedback_given
from tests.conftest import MakeSettings
from tests.support.referral import MORNING, PEOPLE, ReferralDesk, open_desk, token_of

OFFICER = "officer-demo"
RECEIVED, DECIDED = "2025-06-02T09:00:00+00:00", "2025-06-02T11:00:00+00:00"
TOLD = "2025-06-02T12:30:00+00:00"


@pytest.fixture
def desk(make_settings: MakeSettings) -> ReferralDesk:
    opened = open_desk(make_settings())
    accounts = opened.service.settings.accounts_file
    officer = {
        "id": OFFICER,
        "name": "Olive Officer",
        "roles": ["administrator"],
        "agency": None,
        "token_sha256": sha256(token_of(OFFICER)),
    }
    accounts.write_text(json.dumps([*json.loads(accounts.read_text()), officer]))
    return opened


def receive(**but: Any) -> dict[str, Any]:
    body = a_referral(asked_when="2025-06-01T09:10:00+00:00", happened_on="2025-06-01")
    case = case_reference(body["submission_id"])
    step = {"step": "receive", "case": case, "at": RECEIVED, "by": "school-demo", "body": body}
    return {**step, **but}


def decide(case: str, **but: Any) -> dict[str, Any]:
    body = a_decision(guidance_version="2024-09")
    return {"step": "decide", "case": case, "at": DECIDED, "by": "manager-demo", "body": body} | but


def tell(case: str, **but: Any) -> dict[str, Any]:
    body = feedback_given(informed_at="2025-06-02T12:00:00+00:00")
    step = {"step": "tell", "case": case, "at": TOLD, "by": "practitioner-demo", "body": body}
    return {**step, **but}


def send(desk: ReferralDesk, *orders: Any) -> list[dict[str, Any]]:
    answer = desk.post(OFFICER, "/imports", list(orders))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    told: list[dict[str, Any]] = answer.json  # type: ignore[assignment]
    return told


def results(told: list[dict[str, Any]]) -> list[str]:
    return [each["result"] for each in told]


def test_a_history_says_when_it_happened_when_it_was_written_and_who_entered_it(
    desk: ReferralDesk,
) -> None:
    first = receive()
    case = first["case"]

    told = send(desk, first, decide(case), tell(case))

    assert results(told) == ["taken"] * 3
    assert [each["events"] for each in told] == [1, 2, 3]
    received, decided, informed = desk.events(case)
    assert received.happened_at.isoformat() == RECEIVED
    assert decided.happened_at.isoformat() == DECIDED
    assert informed.happened_at.isoformat() == "2025-06-02T12:00:00+00:00"
    assert {each.time for each in (received, decided, informed)} == {MORNING}
    assert [each.actor for each in desk.events(case)] == [
        "school-demo",
        "manager-demo",
        "practitioner-demo",
    ]
    assert {each.imported_by for each in desk.events(case)} == {OFFICER}
    state = desk.referrals.load(case).state
    assert state is not None
    assert state.decision is not None
    assert state.received_at.isoformat() == decided.data["received_at"].replace(".000Z", "+00:00")
    assert (state.decision.decided_by, state.decision.decided_at.isoformat()) == (
        "manager-demo",
        DECIDED,
    )


def test_an_order_sent_again_is_taken_once_and_answered_the_same(desk: ReferralDesk) -> None:
    first = receive()
    orders = [first, decide(first["case"]), tell(first["case"])]
    send(desk, *orders)
    desk.clock.on(minutes=5)

    again = send(desk, *orders)
    together = send(desk, *orders, *orders)

    assert results(again) == ["taken-before"] * 3
    assert results(together) == ["taken-before"] * 6
    assert len(desk.events(first["case"])) == 3


def test_one_bad_order_hides_no_other_and_stops_its_own_case(desk: ReferralDesk) -> None:
    good, bad = receive(), receive()
    bad["body"]["referral_source"] = "nobody"

    told = send(desk, bad, good, decide(bad["case"]), decide(good["case"]))

    assert results(told) == ["refused", "taken", "behind", "taken"]
    (fault,) = told[0]["problem"]["errors"]
    assert fault["pointer"] == "#/body/referral_source"
    assert "Select who is making this referral" in fault["detail"]
    assert collection_of(ReferralDocument).count_documents({}) == 1


@pytest.mark.parametrize(
    ("but", "pointer", "words"),
    [
        ({"at": "2025-06-02T08:00:00+00:00"}, "#/at", "not be before the step it follows"),
        ({"at": "2030-01-01T00:00:00+00:00"}, "#/at", "must be in the past"),
        ({"at": "yesterday"}, "#/at", "must be a real date"),
        ({"by": "somebody-else"}, "#/by", "account without a password"),
        ({"by": "school-demo"}, "#/by", "it is for mash-manager"),
        ({"step": "close"}, "#/step", "receive, match, decide, tell"),
        ({"body": "none"}, "#/body", "as an object"),
        ({"body": a_decision(guidance_version="1999-1")}, "#/body/guidance_version", ""),
        ({"favourite": 1}, "#/favourite", "not a field"),
    ],
)
def test_a_refusal_names_the_field_and_the_remedy(
    desk: ReferralDesk, but: dict[str, Any], pointer: str, words: str
) -> None:
    first = receive()

    received, refused = send(desk, first, decide(first["case"], **but))

    assert (received["result"], refused["result"]) == ("taken", "refused")
    (fault,) = refused["problem"]["errors"]
    assert fault["pointer"] == pointer
    assert words in fault["detail"]
    assert len(desk.events(first["case"])) == 1


def test_the_case_of_a_receipt_is_the_one_its_submission_makes(desk: ReferralDesk) -> None:
    order = receive(case="MASH-AAAAA-AAAAA")

    (refused,) = send(desk, order)

    assert refused["problem"]["errors"][0]["pointer"] == "#/case"
    assert case_reference(order["body"]["submission_id"]) in str(refused["problem"])


def test_what_no_limit_is_known_for_is_not_imported(desk: ReferralDesk) -> None:
    order = receive(at="2016-01-04T09:00:00+00:00")
    order["body"] |= {"asked_when": order["at"], "happened_on": "2016-01-03"}
    for child in order["body"]["children"]:
        child["date_of_birth"] = "2015-02-01"

    (refused,) = send(desk, order)

    assert refused["result"] == "refused"
    assert "No time limit" in refused["problem"]["errors"][0]["detail"]


def test_a_referral_that_was_not_imported_is_not_continued_by_import(desk: ReferralDesk) -> None:
    case = desk.sent(a_referral())
    desk.clock.on(hours=3)
    when = (MORNING + timedelta(hours=1)).isoformat()

    (refused,) = send(desk, decide(case, at=when, body=a_decision()))

    assert refused["result"] == "refused"
    assert "was not imported" in refused["problem"]["detail"]
    assert len(desk.events(case)) == 1


def test_an_imported_referral_goes_on_through_the_ordinary_doors(desk: ReferralDesk) -> None:
    first = receive()
    send(desk, first)

    answer = desk.post("manager-demo", f"/referrals/{first['case']}/decision", a_decision())

    assert answer.status_code == 200
    assert desk.events(first["case"])[-1].imported_by is None


def match(later: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    child, known = (child_reference(each["body"]["submission_id"], 0) for each in (later, earlier))
    return {
        "step": "match",
        "case": later["case"],
        "at": "2025-06-02T09:40:00+00:00",
        "by": "practitioner-demo",
        "body": {"child": child, "known_child": known, "known_case": earlier["case"]},
    }


def test_a_child_received_before_is_matched_once(desk: ReferralDesk) -> None:
    earlier, later = receive(), receive(at="2025-06-02T09:30:00+00:00")
    assert results(send(desk, earlier, later)) == ["taken", "taken"]
    matched = match(later, earlier)

    assert results(send(desk, matched, matched)) == ["taken", "taken-before"]


def test_a_child_received_in_the_same_bulk_is_matched(desk: ReferralDesk) -> None:
    earlier, later = receive(), receive(at="2025-06-02T09:30:00+00:00")

    told = send(desk, earlier, later, match(later, earlier))

    assert results(told) == ["taken"] * 3


def test_what_many_matches_name_is_read_at_once(
    desk: ReferralDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each read a thread waits for its turn: a bulk reads as often for many as for one."""
    earlier = [receive() for _ in range(4)]
    later = [receive(at="2025-06-02T09:30:00+00:00") for _ in range(4)]
    send(desk, *earlier, *later)
    records, asked = desk.referrals.records, list[int]()
    find = records.find

    def counted(refs: Sequence[str]) -> list[Record]:
        asked.append(len(refs))
        return find(refs)

    monkeypatch.setattr(records, "find", counted)

    told = send(desk, *(match(*pair) for pair in zip(later, earlier, strict=True)))

    assert results(told) == ["taken"] * 4
    assert asked == [4, 4]


@pytest.mark.parametrize("person", sorted(PEOPLE))
def test_nobody_but_an_administrator_imports(desk: ReferralDesk, person: str) -> None:
    assert desk.post(person, "/imports", [receive()]).status_code == 403
    assert collection_of(ReferralDocument).count_documents({}) == 0


@pytest.mark.parametrize("body", [{}, "orders", [receive()] * 501])
def test_what_is_no_list_of_orders_is_refused_whole(desk: ReferralDesk, body: Any) -> None:
    answer = desk.post(OFFICER, "/imports", body)

    assert answer.status_code == 422
    assert "a list of at most 500 orders" in answer.get_data(as_text=True)


@pytest.mark.parametrize("order", [None, 7, "receive", [], {}])
def test_what_is_no_order_is_refused_by_itself(desk: ReferralDesk, order: Any) -> None:
    assert results(send(desk, order, receive())) == ["refused", "taken"]
