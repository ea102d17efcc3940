"""A form sent again, and one form changed for the other: nothing typed is lost."""

from __future__ import annotations

import pytest

from services.referral.documents import ReferralDocument
from shared.database import collection_of
from tests.builders import a_referral
from tests.conftest import MakeSettings
from tests.integration.test_referral_pages import FULL, URGENT, as_typed
from tests.support.pages import Page, PageClient
from tests.support.referral import ReferralDesk, open_desk

WHERE = "At the table in the invented hall"


@pytest.fixture
def desk(make_settings: MakeSettings) -> ReferralDesk:
    return open_desk(make_settings())


def changed_and_sent_again(browser: PageClient) -> tuple[str, Page, Page]:
    """Send a form, go back, change an answer and send it again."""
    form = browser.get(FULL)
    first = browser.send(form, as_typed(a_referral()), form="/new/")
    other = as_typed(a_referral(where_child_now=WHERE))
    return first.path.split("/")[3], form, browser.send(form, other, form="/new/")


@pytest.mark.parametrize("person", ["school-demo", "practitioner-demo"])
def test_a_form_changed_after_it_was_sent_can_be_sent_as_a_new_referral(
    desk: ReferralDesk, person: str
) -> None:
    browser = desk.browser(person)

    ref, form, again = changed_and_sent_again(browser)
    third = browser.send(again, form="/new/")

    assert again.status == 409
    assert f"This form was already sent as {ref}" in again.errors[0]
    assert "If you send again it is a new referral" in again.errors[0]
    assert again.links[ref] == f"/referral/referrals/{ref}/sent"
    assert again.typed("where_child_now") == WHERE
    assert again.typed("children-0-last_name") == "Teapot"
    assert again.typed("submission_id") != form.typed("submission_id")
    assert third.h1 == "Referral sent"
    assert third.path.split("/")[3] != ref
    assert collection_of(ReferralDocument).count_documents({}) == 2


def test_a_form_that_somebody_else_sent_is_not_named(desk: ReferralDesk) -> None:
    ref, form, _ = changed_and_sent_again(desk.browser("school-demo"))
    browser = desk.browser("police-demo")
    copied = {**as_typed(a_referral()), "submission_id": form.typed("submission_id")}

    again = browser.send(browser.get(FULL), copied, form="/new/")

    assert again.status == 409
    assert ref not in again.html
    assert "If you send again it is a new referral" in again.errors[0]
    assert again.typed("submission_id") != form.typed("submission_id")


@pytest.mark.parametrize(("path", "other"), [(FULL, URGENT), (URGENT, FULL)])
def test_the_other_form_keeps_what_was_typed(desk: ReferralDesk, path: str, other: str) -> None:
    browser = desk.browser("school-demo")
    form = browser.get(path)
    typed = {
        "where_child_now": WHERE,
        "children-0-first_names": "Blue",
        "worry_text": "What I saw today.",
    }

    (button,) = form.form("/new/").all("button", name="switch_form")
    held = {**form.answers("/new/"), **typed, "switch_form": button.get("value")}
    switched = Page(browser.client.post(button.get("formaction"), data=held), other)

    assert button.get("formaction") == other
    assert (switched.status, switched.errors) == (200, [])
    assert switched.form("/new/").get("action") == other
    assert {name: switched.typed(name) for name in typed} == typed
    assert switched.typed("submission_id") == form.typed("submission_id")
    assert collection_of(ReferralDocument).count_documents({}) == 0
