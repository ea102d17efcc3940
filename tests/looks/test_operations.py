"""The operations page in a real browser, when all is well and when much is wrong."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.integration.test_being_told import AUDITOR, OFFICER, PAGE, Told, told
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
