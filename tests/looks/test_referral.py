"""The pages of the referral service, in a real browser, as wide as a phone and a desk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.builders import (
    a_child,
    a_decision,
    a_referral,
    a_sibling,
    an_alleged_injury,
    an_unborn_child,
    an_urgent_referral,
)
from tests.conftest import MakeSettings
from tests.support.browser import WIDTHS, Looker, served
from tests.support.referral import ReferralDesk, open_desk

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(make_settings: MakeSettings) -> ReferralDesk:
    return open_desk(make_settings())


def see(browser: Browser, desk: ReferralDesk, person: str, what: Callable[[Looker], None]) -> None:
    with served(desk.app) as url:
        for width in WIDTHS:
            with Looker(browser, url, width=width).sign_in_as(desk.app, person) as looker:
                what(looker)


def test_the_pages_of_a_referrer(browser: Browser, desk: ReferralDesk) -> None:
    ref = desk.sent(a_referral())

    def look(looker: Looker) -> None:
        for path in ("", "referrals/new", "referrals/new/urgent", "referrals/new/full"):
            looker.look(f"/referral/{path}")
        looker.look(f"/referral/referrals/{ref}/sent")

    see(browser, desk, "school-demo", look)


def test_a_wrong_form_leads_to_its_first_fault(browser: Browser, desk: ReferralDesk) -> None:
    def look(looker: Looker) -> None:
        page = looker.look("/referral/referrals/new/full")
        page.get_by_role("button", name="Add another child").click()
        expect(page.get_by_role("heading", name="Child 2")).to_be_visible()
        page.get_by_role("button", name="Send the referral").last.click()
        expect(page.locator(".govuk-error-summary")).to_be_focused()
        looker.look()
        page.get_by_role("link", name="Enter where the child is now").click()
        expect(page.locator("#where_child_now")).to_be_focused()

    see(browser, desk, "school-demo", look)


def test_the_enter_key_sends_and_adds_no_child(browser: Browser, desk: ReferralDesk) -> None:
    def look(looker: Looker) -> None:
        page = looker.look("/referral/referrals/new/urgent")
        page.locator("#where_child_now").fill("At home")
        page.locator("#where_child_now").press("Enter")
        expect(page.locator(".govuk-error-summary")).to_be_visible()
        expect(page.get_by_role("heading", name="Child 2")).to_have_count(0)

    see(browser, desk, "school-demo", look)


def test_the_pages_of_the_hub(browser: Browser, desk: ReferralDesk) -> None:
    old = desk.sent(a_referral())
    desk.post("manager-demo", f"/referrals/{old}/decision", a_decision())
    desk.clock.on(days=1)
    ref = desk.sent(an_alleged_injury(children=[a_child(), a_sibling(), an_unborn_child()]))
    desk.sent(an_urgent_referral())

    def look(looker: Looker) -> None:
        for path in ("", "inbox", "inbox?waiting=all&source=2a", "inbox?waiting=done"):
            looker.look(f"/referral/{path}")
        for page in ("", "/match", "/decision"):
            looker.look(f"/referral/referrals/{ref}{page}")
        looker.look(f"/referral/referrals/{old}")
        looker.look(f"/referral/referrals/{old}/feedback")

    see(browser, desk, "manager-demo", look)
