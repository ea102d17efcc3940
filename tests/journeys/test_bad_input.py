"""Bad input at both doors of the running system: a clear error, everything kept, none stored."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from shared.ids import new_submission_id
from shared.mash.demo.forms import as_typed, read_page
from tests.builders import WORRY, a_child, a_decision, an_alleged_injury
from tests.journeys.lines import stream_of
from tests.support.doors import Browser, Caller
from tests.support.pages import check_page
from tests.support.system import System
from tests.support.walk import Walk

REFERRALS = "/referral/api/referrals"
NOT_HIS = "CH-00000-00000"
MEGABYTE = "a narrative " * 90_000

BAD_REFERRALS = {
    "a field nobody knows": ({"favourite_colour": "blue"}, "favourite_colour", "blue"),
    "a date that is not one": (
        {"children-0-date_of_birth-day": "31", "children-0-date_of_birth-month": "2"},
        "date_of_birth",
        "31",
    ),
    "a birth date to come": ({"children-0-date_of_birth-year": "2031"}, "date_of_birth", "2031"),
    "a narrative of a megabyte": ({"worry_text": MEGABYTE}, "worry_text", MEGABYTE[:200]),
}
AS_JSON: dict[str, dict[str, Any]] = {
    "a field nobody knows": {"favourite_colour": "blue"},
    "a date that is not one": {"children": [a_child(date_of_birth="2017-02-31")]},
    "a birth date to come": {"children": [a_child(date_of_birth="2031-03-14")]},
    "a narrative of a megabyte": {"worry_text": MEGABYTE},
}


def everything_stored(system: System) -> list[tuple[str, int]]:
    """Return every record of both services with its version."""
    found = []
    for service, roots in (("referral", "referrals"), ("strategy", "cases")):
        with system.database(service) as database:
            found += [(each["_id"], each["version"]) for each in database[roots].find({})]
    return sorted(found)


def fields_named(answer: requests.Response) -> str:
    """Return everything a problem says about fields."""
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    return str(answer.json().get("errors", "")) + str(answer.json().get("detail", ""))


@pytest.mark.parametrize("what", BAD_REFERRALS)
def test_a_bad_referral_is_refused_by_the_api_with_the_field_named(
    system: System, what: str
) -> None:
    before = everything_stored(system)
    body = an_alleged_injury(children=[a_child()]) | AS_JSON[what]

    answer = Caller(system, "school-demo").post_once(REFERRALS, body)

    assert answer.status_code == 422
    assert BAD_REFERRALS[what][1] in fields_named(answer)
    assert "Teapot" not in answer.text
    assert everything_stored(system) == before


@pytest.mark.parametrize("what", BAD_REFERRALS)
def test_a_bad_referral_is_given_back_by_the_page_with_everything_typed(
    system: System, what: str
) -> None:
    before = everything_stored(system)
    changed, field, typed_wrong = BAD_REFERRALS[what]
    school = Browser(system, "school-demo")
    form = school.open("/referral/referrals/new?immediate_danger=no").form_with("worry_text")
    asked = an_alleged_injury(children=[a_child()])
    answers = {name: asked[name] for name in asked if name not in {"submission_id", "urgent"}}
    body = dict(form.filled(as_typed(answers, form))) | changed

    answer = school.session.post(f"{system.urls['referral']}{form.action}", data=body, timeout=60)

    page = read_page(form.action, answer.text)
    assert answer.status_code in {413, 422}
    check_page(answer.text, where=what)
    assert page.errors
    again = page.form_with("worry_text")
    assert WORRY[:40] in answer.text or "worry_text" in changed
    assert "Falls asleep in the first lesson" in answer.text
    assert typed_wrong in answer.text or field == "favourite_colour"
    assert dict(again.carried)["submission_id"] == body["submission_id"]
    assert everything_stored(system) == before


def test_a_second_decision_is_a_clear_conflict_at_both_doors(system: System) -> None:
    walk = Walk(system)
    walk.receive()
    manager = Browser(system, "manager-demo")
    where = f"/referral/referrals/{walk.ref}/decision"
    form = manager.open(where).form_with("rationale")
    walk.decide()
    before = stream_of(system, "referral", walk.ref)
    other = a_decision(outcome="no-further-action", rationale="Something else was thought here.")

    by_api = Caller(system, "manager-demo").post_once(
        f"/referral/api/referrals/{walk.ref}/decision", other
    )
    by_page = manager.send(form, a_decision(rationale="This was typed with care and is kept."))

    assert by_api.status_code == by_page.status_code == 409
    assert fields_named(by_api)
    assert "This was typed with care and is kept." in by_page.text
    assert read_page(where, by_page.text).errors
    assert stream_of(system, "referral", walk.ref) == before


def test_what_is_not_on_the_case_or_in_the_directory_is_refused_at_both_doors(
    system: System,
) -> None:
    walk = Walk(system)
    walk.receive()
    walk.decide()
    walk.call_meeting()
    before = stream_of(system, "strategy", walk.ref)
    seen = {
        "submission_id": new_submission_id(),
        "seen_at": system.clock.now().isoformat(),
        "seen_alone": True,
        "childs_views": "Nothing.",
    }
    unknown = {
        "submission_id": new_submission_id(),
        "lead": "nobody-of-any-team",
        "reason": "Because there is no such person.",
    }
    case = f"/strategy/cases/{walk.ref}"
    worker, manager = "sw-01-ashgrove-demo", Browser(system, "manager-demo")

    child = Caller(system, worker).post_once(
        f"/strategy/api/cases/{walk.ref}/children/{NOT_HIS}/seen", seen
    )
    lead = Caller(system, "manager-demo").post_once(
        f"/strategy/api/cases/{walk.ref}/lead/override", unknown
    )
    form = manager.open(f"{case}/lead/override").form_with("lead")
    body = dict(form.carried) | {key: unknown[key] for key in ("lead", "reason")}
    by_page = manager.session.post(
        f"{system.urls['strategy']}{form.action or case + '/lead/override'}", data=body, timeout=60
    )

    assert child.status_code in {404, 409, 422}
    assert "not on" in fields_named(child)
    assert lead.status_code == by_page.status_code == 422
    assert "lead" in fields_named(lead)
    assert "Because there is no such person." in by_page.text
    browser = Browser(system, worker)
    with pytest.raises(AssertionError, match=r"40[49]"):
        browser.open(f"{case}/children/{NOT_HIS}/visit/seen")
    assert stream_of(system, "strategy", walk.ref) == before
