"""The same submission is one referral, however often and however fast it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import requests

from tests.builders import a_child, a_referral, an_alleged_injury
from tests.journeys.lines import settle, stream_of, whole_line_of
from tests.support.doors import Browser, Caller
from tests.support.system import System

REFERRALS = "/referral/api/referrals"
RECEIVED = ["referral.received"]


def send(system: System, body: dict[str, object]) -> requests.Response:
    """Send a referral as a school does."""
    return Caller(system, "school-demo").post_once(REFERRALS, body)


def number_of_referrals(system: System) -> int:
    """Return how many referrals are stored."""
    with system.database("referral") as database:
        count: int = database["referrals"].count_documents({})
    return count


def test_the_same_body_sent_twice_is_one_referral_with_one_answer(system: System) -> None:
    body = a_referral()
    before = number_of_referrals(system)

    first, again = send(system, body), send(system, body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.headers["Location"] == again.headers["Location"]
    assert number_of_referrals(system) == before + 1


def test_fifty_copies_at_once_are_one_referral_and_all_answers_alike(system: System) -> None:
    body = a_referral()
    before = number_of_referrals(system)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: send(system, body), range(50)))

    assert {answer.status_code for answer in answers} <= {200, 201}
    assert [answer.status_code for answer in answers].count(201) == 1
    assert len({answer.text for answer in answers}) == 1
    assert number_of_referrals(system) == before + 1
    ref = answers[0].json()["reference"]
    whole_line_of(system, ref, RECEIVED)
    settle(system)
    assert [event["type"] for event in stream_of(system, "referral", ref)] == RECEIVED


def test_the_same_form_sent_twice_and_fifty_times_at_once_leads_to_one_referral(
    system: System,
) -> None:
    school = Browser(system, "school-demo")
    page = school.open("/referral/referrals/new?immediate_danger=no")
    form = page.form_with("submission_id", "worry_text")
    asked = an_alleged_injury(children=[a_child()])
    answers = {name: asked[name] for name in asked if name not in {"submission_id", "urgent"}}
    before = number_of_referrals(system)

    twice = [school.send(form, answers) for _ in range(2)]
    with ThreadPoolExecutor(50) as pool:
        fifty = list(pool.map(lambda _: school.send(form, answers), range(50)))

    assert {answer.status_code for answer in twice + fifty} == {200}
    assert len({answer.url for answer in twice + fifty}) == 1
    assert number_of_referrals(system) == before + 1


def test_the_same_id_with_another_body_is_a_conflict_and_changes_nothing(system: System) -> None:
    body = a_referral()
    first = send(system, body)
    before = number_of_referrals(system)

    other = send(system, {**body, "worry_text": "Something else altogether was written here now."})

    assert other.status_code == 409
    assert other.headers["Content-Type"].startswith("application/problem+json")
    assert number_of_referrals(system) == before
    assert send(system, body).json() == first.json()
    ref = first.json()["reference"]
    assert [event["type"] for event in stream_of(system, "referral", ref)] == RECEIVED
