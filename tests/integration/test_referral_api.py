"""The JSON door of the referral service, on a real store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.referral.documents import ReferralDocument
from shared.database import collection_of
from shared.ids import case_reference, new_submission_id
from tests.builders import (
    FICTIONAL_NAMES,
    a_child,
    a_decision,
    a_referral,
    a_sibling,
    an_alleged_injury,
    an_unborn_child,
    an_urgent_referral,
    feedback_given,
)
from tests.conftest import MakeSettings
from tests.support.referral import ReferralDesk, open_desk


@pytest.fixture
def desk(make_settings: MakeSettings) -> ReferralDesk:
    return open_desk(make_settings())


def test_a_referral_sent_as_json_has_an_address_and_a_due_time(desk: ReferralDesk) -> None:
    answer = desk.post("school-demo", "/referrals", a_referral(children=[a_child(), a_sibling()]))

    assert answer.status_code == 201
    body = answer.json
    assert answer.headers["Location"] == f"/referral/api/referrals/{body['reference']}"
    assert body["received_at"] == "2026-11-20T10:00:00.000Z"
    assert body["decision_due"].startswith("2026-11-23T")
    assert len(set(body["children"])) == 2


def test_the_same_submission_again_gives_the_same_answer_and_stores_nothing(
    desk: ReferralDesk,
) -> None:
    body = a_referral()
    first = desk.post("school-demo", "/referrals", body)
    desk.clock.on(minutes=5)

    again = desk.post("school-demo", "/referrals", body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == first.json
    assert len(desk.events(first.json["reference"])) == 1


def test_the_same_submission_with_another_body_is_a_clear_conflict(desk: ReferralDesk) -> None:
    body = a_referral()
    desk.sent(body)

    answer = desk.post("school-demo", "/referrals", {**body, "threshold_level": 2})

    assert answer.status_code == 409
    assert "sent before with other answers" in answer.json["detail"]


def test_fifty_copies_at_once_are_one_referral(desk: ReferralDesk) -> None:
    body = a_referral()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: desk.post("school-demo", "/referrals", body), range(50)))

    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert len({answer.json["reference"] for answer in answers}) == 1
    assert collection_of(ReferralDocument).count_documents({}) == 1
    assert len(desk.events(answers[0].json["reference"])) == 1


def test_two_submissions_that_meet_at_one_reference_are_two_referrals(
    desk: ReferralDesk,
) -> None:
    first, second = a_referral(), a_referral()
    ref = desk.sent(first)
    meeting = case_reference(second["submission_id"])
    squatter = collection_of(ReferralDocument).find_one({"_id": ref})
    assert squatter is not None
    collection_of(ReferralDocument).insert_one({**squatter, "_id": meeting})

    sent = desk.sent(second)

    assert sent == case_reference(second["submission_id"], salt=1)
    assert desk.sent(second | {"submission_id": new_submission_id()}) not in (ref, sent, meeting)


def test_bad_input_names_each_field_and_stores_nothing(desk: ReferralDesk) -> None:
    body = a_referral(
        children=[a_child(date_of_birth="2030-01-01")],
        happened_on="31 February",
        worry_text="a" * 6_000,
        favourite_colour="blue",
    )

    answer = desk.post("school-demo", "/referrals", body)

    assert answer.status_code == 422
    told = {fault["pointer"].removeprefix("#"): fault["detail"] for fault in answer.json["errors"]}
    assert told["/children/0/date_of_birth"] == "Date of birth must be in the past"
    assert told["/happened_on"] == "Date of the latest incident must be a real date"
    assert "5,000 characters or fewer" in told["/worry_text"]
    assert "not a field of this form" in told["/favourite_colour"]
    assert collection_of(ReferralDocument).count_documents({}) == 0


def test_a_megabyte_of_narrative_is_refused_in_words(desk: ReferralDesk) -> None:
    answer = desk.post("school-demo", "/referrals", a_referral(worry_text="a" * 1_000_000))

    assert answer.status_code in (413, 422)
    assert answer.json["detail"]
    assert collection_of(ReferralDocument).count_documents({}) == 0


@pytest.mark.parametrize("body", [[], "text", 5])
def test_a_body_that_is_no_object_is_refused(desk: ReferralDesk, body: object) -> None:
    assert desk.post("school-demo", "/referrals", body).status_code == 422


def test_a_referral_is_decided_once(desk: ReferralDesk) -> None:
    ref = desk.sent(an_urgent_referral())
    desk.clock.on(minutes=20)

    first = desk.post("manager-demo", f"/referrals/{ref}/decision", a_decision())
    second = desk.post("manager-demo", f"/referrals/{ref}/decision", a_decision())

    assert first.status_code == 200
    assert first.json["outcome"] == "strategy-meeting"
    assert second.status_code == 409
    assert "decided already by manager-demo at 10:20" in second.json["detail"]
    assert [event.type for event in desk.events(ref)] == [
        "referral.received",
        "referral.threshold-decided",
    ]


def test_only_a_mash_manager_decides(desk: ReferralDesk) -> None:
    ref = desk.sent(a_referral())

    for person in ("school-demo", "practitioner-demo", "team-demo", "auditor-demo"):
        answer = desk.post(person, f"/referrals/{ref}/decision", a_decision())
        assert answer.status_code == 403

    assert desk.events(ref)[-1].type == "referral.received"


def test_a_guidance_version_that_was_never_issued_is_refused(desk: ReferralDesk) -> None:
    ref = desk.sent(a_referral())

    answer = desk.post(
        "manager-demo", f"/referrals/{ref}/decision", a_decision(guidance_version="1999-01")
    )

    assert answer.status_code == 422
    assert "2026-04" in answer.json["detail"]


def test_the_referrer_is_told_after_the_decision(desk: ReferralDesk) -> None:
    ref = desk.sent(a_referral())
    early = desk.post("practitioner-demo", f"/referrals/{ref}/feedback", early_feedback())
    desk.post("manager-demo", f"/referrals/{ref}/decision", a_decision())
    desk.clock.on(hours=3)

    told = desk.post("practitioner-demo", f"/referrals/{ref}/feedback", feedback_given())

    assert early.status_code == 409
    assert "Decide the threshold first" in early.json["detail"]
    assert told.status_code == 200
    assert told.json["stage"] == "referrer-informed"
    last = desk.events(ref)[-1]
    assert (last.type, last.occurred_at) == (
        "referral.referrer-informed",
        desk.clock.at - timedelta(hours=1),
    )


def early_feedback() -> dict[str, object]:
    return feedback_given(informed_at="2026-11-20T09:00:00+00:00")


def test_what_does_not_exist_is_not_found(desk: ReferralDesk) -> None:
    answer = desk.post("manager-demo", "/referrals/MASH-00000-00000/decision", a_decision())

    assert answer.status_code == 404
    assert desk.call("manager-demo", "GET", "/referrals/MASH-00000-00000").status_code == 404


def test_a_partner_sees_where_their_own_referral_stands_and_no_other(desk: ReferralDesk) -> None:
    ref = desk.sent(a_referral())

    own = desk.call("school-demo", "GET", f"/referrals/{ref}")
    others = desk.call("police-demo", "GET", f"/referrals/{ref}")

    assert own.json["stage"] == "received"
    assert "report" not in own.json
    assert others.status_code == 404


def test_staff_see_the_whole_referral(desk: ReferralDesk) -> None:
    ref = desk.sent(an_alleged_injury(children=[a_child(), an_unborn_child()]))

    whole = desk.call("practitioner-demo", "GET", f"/referrals/{ref}").json

    assert whole["children"][0]["last_name"] == "Teapot"
    assert whole["children"][1]["expected_date"] == "2026-12-20"
    assert whole["report"]["worries"]["injury_explanation"] == "not-known"


def test_a_child_known_from_before_is_found_confirmed_and_named_in_the_decision(
    desk: ReferralDesk,
) -> None:
    desk.clock.on(days=-100)
    old_body = a_referral(happened_on="2026-08-01", asked_when="2026-08-01T09:00:00+00:00")
    old = desk.sent(old_body)
    desk.clock.on(days=100)
    new = desk.sent(a_referral(children=[a_child(first_names="BLUE", last_name="Tea pot")]))

    seen = desk.call("practitioner-demo", "GET", f"/referrals/{new}").json
    (possible,) = seen["possible_earlier_referrals"]
    match = {name: possible[name] for name in ("child", "known_child", "known_case")}
    confirmed = desk.post("practitioner-demo", f"/referrals/{new}/matches", match)
    again = desk.post("practitioner-demo", f"/referrals/{new}/matches", match)
    desk.post("manager-demo", f"/referrals/{new}/decision", a_decision())

    assert seen["number_in_12_months"] == 2
    assert (possible["known_case"], possible["confirmed"]) == (old, False)
    assert (confirmed.status_code, again.status_code) == (200, 200)
    types = [event.type for event in desk.events(new)]
    assert types == ["referral.received", "referral.child-matched", "referral.threshold-decided"]
    assert desk.events(new)[-1].data["earlier_cases"] == [old]
    assert len(desk.events(old)) == 1


def test_the_inbox_is_ordered_by_danger_and_filtered(desk: ReferralDesk) -> None:
    first = desk.sent(a_referral())
    desk.clock.on(minutes=1)
    second = desk.sent(a_referral(referral_source="6", children=[a_sibling(), an_unborn_child()]))
    desk.clock.on(minutes=1)
    third = desk.sent(an_urgent_referral(children=[a_child(first_names="Mauve")]))
    desk.post("manager-demo", f"/referrals/{first}/decision", a_decision())

    waiting = desk.call("practitioner-demo", "GET", "/inbox").json
    police = desk.call("practitioner-demo", "GET", "/inbox?source=6&waiting=all").json
    decided = desk.call("practitioner-demo", "GET", "/inbox?waiting=feedback").json

    assert [row["reference"] for row in waiting["referrals"]] == [third, second]
    assert waiting["referrals"][1]["unborn"] == 1
    assert [row["reference"] for row in police["referrals"]] == [second]
    assert [row["reference"] for row in decided["referrals"]] == [first]
    assert waiting["last_decided_at"] == decided["referrals"][0]["decided_at"]


def test_the_inbox_has_pages(desk: ReferralDesk) -> None:
    for _ in range(27):
        desk.sent(a_referral(submission_id=new_submission_id()))

    last = desk.call("practitioner-demo", "GET", "/inbox?page=2").json

    assert (last["total"], last["pages"], len(last["referrals"])) == (27, 2, 2)


def test_no_event_and_no_inbox_row_names_anybody(desk: ReferralDesk) -> None:
    ref = desk.sent(an_alleged_injury(children=[a_child(), a_sibling(), an_unborn_child()]))
    desk.post("manager-demo", f"/referrals/{ref}/decision", a_decision())

    told = str([event.to_wire() for event in desk.events(ref)])
    told += desk.call("manager-demo", "GET", "/inbox?waiting=all").get_data(as_text=True)

    assert not [name for name in FICTIONAL_NAMES if name in told]


def test_the_api_describes_its_bodies(desk: ReferralDesk) -> None:
    answer = desk.app.test_client().get(
        "/referral/api/openapi.json", headers={"Authorization": "Bearer token-of-manager-demo"}
    )

    post = answer.json["paths"]["/referral/api/referrals"]["post"]
    assert post["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "ReferralIn"
    )
