"""The operations page in a real browser, when all is well and when much is wrong."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from shared.events.strategy import CaseAllocated, ChildSeen, MeetingCalled, MeetingHeld
from shared.healing import Report
from tests.integration.test_being_told import AUDITOR, OFFICER, PAGE, Told, told
from tests.integration.test_healing_page import WOUNDS, restore
from tests.support.browser import WIDTHS, Looker, served

pytestmark = pytest.mark.browser
__all__ = ["told"]


def test_the_operations_page_when_all_is_well_and_when_much_is_wrong(
    browser: Browser, told: Told, tmp_path: Path
) -> None:
    watch = told.plumbing.watch
    watch.watcher.look()
    with served(told.app) as url:
        for width in WIDTHS:
            with Looker(browser, url, width=width).sign_in_as(told.app, AUDITOR) as looker:
                looker.look(PAGE, picture=tmp_path / f"well-{width}.png")

        told.parks_a_forgery()
        told.plumbing.listener.take_body(b"not json at all")
        watch.abreast.look()
        told.clock.at += timedelta(minutes=6)
        watch.watcher.look()
        assert len(watch.book.standing()) == 3
        for width in WIDTHS:
            with Looker(browser, url, width=width).sign_in_as(told.app, OFFICER) as looker:
                page = looker.look(PAGE, picture=tmp_path / f"wrong-{width}.png")
                page.get_by_text("Set aside", exact=False).first.click()
                page.get_by_role("button", name="Set it aside").first.click()
                looker.look(picture=tmp_path / f"error-{width}.png")


def test_the_operations_page_after_a_restore_until_all_is_entered_again(
    browser: Browser, told: Told, tmp_path: Path
) -> None:
    lost = (MeetingCalled, MeetingHeld, CaseAllocated, ChildSeen)
    restore(told, *lost, report=Report(records=1, events=6, put_aside=2, wounds=list(WOUNDS)))
    told.plumbing.watch.watcher.look()
    with served(told.app) as url:
        for width in WIDTHS:
            with Looker(browser, url, width=width).sign_in_as(told.app, AUDITOR) as looker:
                looker.look(PAGE, picture=tmp_path / f"auditor-{width}.png")
            with Looker(browser, url, width=width).sign_in_as(told.app, OFFICER) as looker:
                page = looker.look(PAGE, picture=tmp_path / f"lost-{width}.png")
                buttons = page.get_by_role("button", name="Entered again")
                left = buttons.count() - 1
                buttons.first.click()
                expect(buttons).to_have_count(left)
                looker.look(picture=tmp_path / f"settled-{width}.png")

        for each in list(told.plumbing.lost.all()):
            told.call("POST", "healing/settled", key=each.key)
        for width in WIDTHS:
            with Looker(browser, url, width=width).sign_in_as(told.app, OFFICER) as looker:
                page = looker.look(PAGE, picture=tmp_path / f"entered-{width}.png")
                assert page.get_by_text("There is nothing to enter again").is_visible()
