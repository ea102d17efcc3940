"""The pages of the referral service, on a real store: every page fetched is checked as a page."""

from __future__ import annotations

from typing import Any

import pytest

from services.referral.documents import ReferralDocument
from shared.database import collection_of
from tests.builders import WORRY, a_decision, a_referral, an_alleged_injury, an_urgent_referral
from tests.conftest import MakeSettings
from tests.support.pages import Page, PageClient
from tests.support.referral import ReferralDesk, open_desk

DECISION = {**a_decision(), "child_protection_concerns": "yes", "threshold_level": "4"}
FULL = "/referral/referrals/new/full"
URGENT = "/referral/referrals/new/urgent"


@pytest.fixture
def desk(make_settings: MakeSettings) -> ReferralDesk:
    return open_desk(make_settings())


def as_typed(body: dict[str, Any]) -> dict[str, Any]:
    """Spread a JSON body over the names of the form, as a person would type it."""
    typed: dict[str, Any] = {}
    for name, value in body.items():
        if name == "children":
            for number, child in enumerate(value):
                typed |= {f"children-{number}-{k}": v for k, v in as_typed(child).items()}
        elif name in {"happened_on", "date_of_birth", "expected_date", "asked_when"} and value:
            year, month, day = value[:10].split("-")
            typed |= {f"{name}-day": day, f"{name}-month": month, f"{name}-year": year}
            if "T" in value:
                typed[f"{name}-time"] = value[11:16]
        elif isinstance(value, bool):
            typed[name] = "yes" if value else "no"
        elif value is not None and name not in {"submission_id", "urgent"}:
            typed[name] = value
    return typed


def send(browser: PageClient, body: dict[str, Any], path: str = FULL, **more: Any) -> Page:
    return browser.send(browser.get(path), {**as_typed(body), **more}, form="/new/")


def test_danger_is_asked_first_and_leads_to_the_form_that_fits(desk: ReferralDesk) -> None:
    browser = desk.browser("school-demo")

    start = browser.get("/referral/referrals/new")
    urgent = browser.get("/referral/referrals/new?immediate_danger=yes", status=303)
    full = browser.get("/referral/referrals/new?immediate_danger=no", status=303)
    unanswered = browser.get("/referral/referrals/new?start=1")

    assert "call 999" in start.text
    assert urgent.location == f"{URGENT}?danger=yes"
    assert full.location == f"{FULL}?danger=no"
    assert unanswered.errors == ["Select whether the child is in immediate danger now"]


def test_the_full_form_makes_a_referral_and_says_what_happens_next(desk: ReferralDesk) -> None:
    sent = send(desk.browser("school-demo"), a_referral())

    assert sent.h1 == "Referral sent"
    ref = sent.path.split("/")[3]
    assert ref in sent.text
    assert "Monday" not in sent.text  # the due time is a date and time, and words for what is left
    assert "23 November 2026" in sent.text
    (event,) = desk.events(ref)
    assert event.data["door"] == "page"


def test_both_doors_store_the_same_report(desk: ReferralDesk) -> None:
    body = an_alleged_injury()
    by_api = desk.sent(body)
    sent = send(desk.browser("school-demo"), body)

    first = desk.referrals.load(by_api).state
    second = desk.referrals.load(sent.path.split("/")[3]).state

    assert first is not None
    assert second is not None
    assert first.report == second.report


def test_the_urgent_form_asks_little_and_is_enough(desk: ReferralDesk) -> None:
    browser = desk.browser("school-demo")

    form = browser.get(f"{URGENT}?danger=yes")
    sent = send(browser, an_urgent_referral(), URGENT)

    assert "call 999 now" in form.text
    assert form.typed("immediate_danger") == "yes"
    assert form.typed("ref_name") == "Mr Biscuit"
    assert sent.h1 == "Referral sent"
    assert "If the child is in immediate danger" in sent.text


def test_the_same_form_sent_twice_is_one_referral(desk: ReferralDesk) -> None:
    browser = desk.browser("school-demo")
    form = browser.get(FULL)

    first = browser.send(form, as_typed(a_referral()), form="/new/")
    again = browser.send(form, as_typed(a_referral()), form="/new/")

    assert first.path == again.path
    assert collection_of(ReferralDocument).count_documents({}) == 1


def test_the_same_form_sent_again_with_other_answers_is_refused_in_words(
    desk: ReferralDesk,
) -> None:
    browser = desk.browser("school-demo")
    form = browser.get(FULL)
    browser.send(form, as_typed(a_referral()), form="/new/")

    other = as_typed(a_referral(going_home_at="15:45"))
    again = browser.send(form, other, form="/new/")

    assert again.status == 409
    assert "This form was already sent as MASH-" in again.errors[0]
    assert again.typed("going_home_at") == "15:45"


def test_an_empty_form_tells_every_fault_at_once_in_page_order(desk: ReferralDesk) -> None:
    browser = desk.browser("police-demo")

    wrong = browser.send(browser.get(FULL), form="/new/")

    assert wrong.status == 422
    assert wrong.errors[0] == "Select whether the child is in immediate danger now"
    assert wrong.errors[2] == "Select whether the child is born yet"
    assert "Confirm that facts and opinion" in wrong.errors[-1]
    assert collection_of(ReferralDocument).count_documents({}) == 0


def test_a_narrative_of_a_megabyte_is_given_back_to_be_shortened(desk: ReferralDesk) -> None:
    narrative = "a" * 1_000_000

    wrong = send(desk.browser("school-demo"), a_referral(worry_text=narrative))

    assert wrong.status == 422
    assert wrong.errors == [
        "What you are worried about must be 5,000 characters or fewer. You entered 1,000,000"
    ]
    assert wrong.typed("worry_text") == narrative
    assert wrong.typed("children-0-last_name") == "Teapot"
    assert collection_of(ReferralDocument).count_documents({}) == 0


def test_an_unknown_field_is_refused_on_the_page_too(desk: ReferralDesk) -> None:
    wrong = send(desk.browser("school-demo"), a_referral(), favourite_colour="blue")

    assert wrong.status == 422
    assert "“favourite_colour” is not a field of this form" in wrong.errors[0]


def test_what_was_typed_wrongly_stays_as_typed(desk: ReferralDesk) -> None:
    typed = {"children-0-date_of_birth-day": "31", "children-0-date_of_birth-month": "2"}

    wrong = send(desk.browser("school-demo"), a_referral(), **typed)

    assert wrong.errors == ["Date of birth must be a real date"]
    assert wrong.typed("children-0-date_of_birth-day") == "31"
    assert wrong.typed("worry_text") == WORRY
    assert wrong.typed("children-0-postcode") == "B70 0AA"


def test_another_child_is_added_and_removed_without_a_script(desk: ReferralDesk) -> None:
    browser = desk.browser("school-demo")
    typed = as_typed(a_referral())

    two = browser.send(browser.get(FULL), {**typed, "add_child": "1"}, form="/new/")
    second = {"children-1-first_names": "Green", "children-1-last_name": "Teapot"}
    three = browser.send(two, {**second, "add_child": "1"}, form="/new/")
    one = browser.send(three, {"remove_child": "0"}, form="/new/")

    assert "Child 2" in two.text
    assert two.errors == []
    assert two.typed("children-0-first_names") == "Blue"
    assert "Child 3" in three.text
    assert one.typed("children-0-first_names") == "Green"
    assert "Child 2" not in one.text
    assert one.typed("submission_id") == two.typed("submission_id")


def test_siblings_and_an_unborn_child_are_sent_in_one_form(desk: ReferralDesk) -> None:
    second = {
        "children-1-born": "no",
        "children-1-description": "Aunt Kettle is expecting",
        "children-1-expected_date-day": "20",
        "children-1-expected_date-month": "12",
        "children-1-expected_date-year": "2026",
        "children-1-address_kind": "not-known",
    }

    sent = send(desk.browser("school-demo"), a_referral(), **second)

    ref = sent.path.split("/")[3]
    assert [child["unborn"] for child in desk.events(ref)[0].data["children"]] == [False, True]


def test_the_sent_page_belongs_to_whoever_sent_it(desk: ReferralDesk) -> None:
    ref = desk.sent(a_referral(), "school-demo")

    assert desk.browser("school-demo").get(f"/referral/referrals/{ref}/sent").h1 == "Referral sent"
    desk.browser("police-demo").get(f"/referral/referrals/{ref}/sent", status=404)
    desk.browser("school-demo").get(f"/referral/referrals/{ref}", status=403)


def test_a_partner_finds_what_they_sent_and_what_was_decided(desk: ReferralDesk) -> None:
    ref = desk.sent(a_referral(), "school-demo")
    desk.sent(a_referral(), "police-demo")
    before = desk.browser("school-demo").get("/referral/")
    desk.post("manager-demo", f"/referrals/{ref}/decision", a_decision())

    after = desk.browser("school-demo").get("/referral/")
    sent = desk.browser("school-demo").get(f"/referral/referrals/{ref}/sent")

    assert list(before.links) == ["Send a referral", ref]
    assert "Strategy meeting" in after.text
    assert a_decision()["feedback"] in sent.text


def test_the_inbox_says_when_nothing_waits_and_when_the_last_was_decided(
    desk: ReferralDesk,
) -> None:
    browser = desk.browser("practitioner-demo")
    empty = browser.get("/referral/inbox")
    ref = desk.sent(a_referral())
    desk.post("manager-demo", f"/referrals/{ref}/decision", a_decision())

    decided = browser.get("/referral/inbox")

    assert "No referrals waiting." in empty.text
    assert "Last one decided at 20 November 2026, 10:00" in decided.text


def test_the_inbox_shows_clock_flags_and_no_name(desk: ReferralDesk) -> None:
    desk.sent(a_referral())
    desk.clock.on(hours=1)
    urgent = desk.sent(an_urgent_referral())

    inbox = desk.browser("practitioner-demo").get("/referral/inbox")

    assert "Showing 1 to 2 of 2" in inbox.text
    assert "left" in inbox.text
    for words in ("Immediate danger", "Urgent form", "Home time 15:15", "Agreed", "2nd referral"):
        assert words in inbox.text
    assert "Agreement not recorded" in inbox.text
    assert urgent in inbox.links
    assert "Teapot" not in inbox.html


def test_the_inbox_is_filtered_by_source_and_state(desk: ReferralDesk) -> None:
    school = desk.sent(a_referral())
    police = desk.sent(a_referral(referral_source="6"))
    browser = desk.browser("practitioner-demo")

    of_school = browser.get("/referral/inbox?source=2a")
    none = browser.get("/referral/inbox?waiting=done&source=2a")
    nonsense = browser.get("/referral/inbox?waiting=nonsense&page=x", status=422)

    assert school in of_school.links
    assert police not in of_school.links
    assert "No referrals match" in none.text
    assert {school, police} <= set(nonsense.links)


def test_staff_read_the_referral_in_the_order_of_the_form(desk: ReferralDesk) -> None:
    ref = desk.sent(an_alleged_injury())

    record = desk.browser("practitioner-demo").get(f"/referral/referrals/{ref}")

    headings = [h2.text for h2 in record.tree.one("main").all("h2")]
    assert headings[0] == "Safety now"
    assert headings[1] == "Child 1: Blue Teapot"
    assert headings[-1] == "The referrer"
    assert "Decide the threshold" not in record.links
    assert WORRY in record.text


def test_a_manager_decides_with_the_evidence_in_front_of_them(desk: ReferralDesk) -> None:
    ref = desk.sent(an_alleged_injury())
    browser = desk.browser("manager-demo")
    page = browser.get(f"/referral/referrals/{ref}/decision")

    record = browser.send(page, DECISION, form="/decision")

    assert WORRY in page.text
    assert page.answers("/decision")["guidance_version"] == "2026-04"
    assert "Strategy meeting" in record.text
    assert DECISION["rationale"] in record.text
    assert desk.events(ref)[-1].data["physical_harm_alleged"] is True


def test_a_wrong_decision_is_given_back_with_its_remedy(desk: ReferralDesk) -> None:
    ref = desk.sent(a_referral())
    browser = desk.browser("manager-demo")
    page = browser.get(f"/referral/referrals/{ref}/decision")
    empty = browser.send(page, form="/decision")
    typed = {**DECISION, "child_protection_concerns": "no"}

    broken = browser.send(page, typed, form="/decision")

    assert empty.status == 422
    assert empty.errors[0] == "Select an outcome"
    assert broken.status == 422
    assert "a strategy meeting needs it" in broken.errors[0]
    assert broken.answers("/decision")["rationale"] == DECISION["rationale"]
    assert len(desk.events(ref)) == 1


def test_a_second_decision_is_a_clear_conflict_on_the_page(desk: ReferralDesk) -> None:
    ref = desk.sent(a_referral())
    browser = desk.browser("manager-demo")
    page = browser.get(f"/referral/referrals/{ref}/decision")
    browser.send(page, DECISION, form="/decision")

    second = browser.send(page, DECISION, form="/decision")

    assert second.status == 409
    assert "decided already by Max Manager" in second.errors[0]
    assert second.answers("/decision")["rationale"] == DECISION["rationale"]
    assert len(desk.events(ref)) == 2
    browser.get(f"/referral/referrals/{ref}/decision", status=303)


def test_a_practitioner_confirms_an_earlier_referral_with_one_button(desk: ReferralDesk) -> None:
    old = desk.sent(a_referral())
    desk.clock.on(days=1)
    new = desk.sent(a_referral())
    browser = desk.browser("practitioner-demo")

    record = browser.get(f"/referral/referrals/{new}")
    after = browser.send(record, form="/match")
    match = browser.get(f"/referral/referrals/{new}/match")

    assert "2nd referral in 12 months" in record.text
    assert old in record.links
    assert "Confirmed" in after.text
    assert "Confirmed" in match.text
    assert desk.events(new)[-1].type == "referral.child-matched"


def test_the_word_to_the_referrer_is_recorded(desk: ReferralDesk) -> None:
    ref = desk.sent(a_referral())
    browser = desk.browser("practitioner-demo")
    early = browser.get(f"/referral/referrals/{ref}/feedback")
    desk.post("manager-demo", f"/referrals/{ref}/decision", a_decision())
    desk.clock.on(minutes=30)
    page = browser.get(f"/referral/referrals/{ref}/feedback")

    tomorrow = {"informed_by": "telephone", "informed_at-day": "21"}
    wrong = browser.send(page, tomorrow, form="/feedback")
    record = browser.send(page, {"informed_by": "telephone"}, form="/feedback")

    assert "Not decided yet" in early.text
    assert wrong.errors == ["The time the referrer was told must be in the past"]
    assert "Decided, referrer told" not in wrong.text
    assert "20 November 2026, 10:30, Telephone" in record.text
    assert desk.events(ref)[-1].type == "referral.referrer-informed"


def test_the_hub_begins_with_what_waits(desk: ReferralDesk) -> None:
    nothing = desk.browser("practitioner-demo").get("/referral/")
    desk.sent(a_referral())

    one = desk.browser("practitioner-demo").get("/referral/")

    assert "Nothing is waiting for you" in nothing.text
    assert "1 referral" in one.links
    desk.browser("team-demo").get("/referral/", status=303)
