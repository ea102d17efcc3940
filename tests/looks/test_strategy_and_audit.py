"""The pages of strategy and audit in a real browser, as wide as a phone and a desk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from services.strategy.pages import worklists
from tests.conftest import MakeSettings
from tests.integration import test_strategy_doors as line
from tests.integration.audit_world import AuditWorld
from tests.integration.strategy_world import FIRST, SECOND, WEST, WORKER, World
from tests.integration.test_audit_pages import world as audit_world
from tests.support.browser import WIDTHS, Looker, LooksWrong, served
from tests.unit.audit.lines import CASE, GREEN, a_kept_line

pytestmark = pytest.mark.browser
__all__ = ["audit_world"]

WRONG_DATE = "from-day=31&from-month=2&from-year=2026"


def look_at(browser: Browser, app: Flask, person: str, paths: Iterable[str]) -> None:
    with served(app) as url:
        for width in WIDTHS:
            with Looker(browser, url, width=width).sign_in_as(app, person) as looker:
                for path in paths:
                    looker.look(path)


def test_the_timeline_and_its_neighbours(browser: Browser, audit_world: AuditWorld) -> None:
    whole = a_kept_line()
    audit_world.hears(*whole[:2], *whole[3:])

    line = f"/audit/cases/{CASE}"
    wrong = f"{line}?{WRONG_DATE}&state=breached"
    paths = ("/audit/", "/audit/cases", line, wrong, f"/audit/children/{GREEN}")
    look_at(browser, audit_world.web(), "a.auditor-demo", paths)


def test_a_wrong_date_leads_to_its_question_in_the_filter_that_a_phone_keeps_closed(
    browser: Browser, audit_world: AuditWorld
) -> None:
    audit_world.hears(*a_kept_line())
    app = audit_world.web()

    with served(app) as url, Looker(browser, url, width=320) as looker:
        page = looker.sign_in_as(app, "a.auditor-demo").look(f"/audit/cases/{CASE}?{WRONG_DATE}")
        expect(page.get_by_role("button", name="Apply filters")).to_be_hidden()
        page.get_by_role("link", name="Date from must be a real date").click()

        expect(page.locator("#from-day")).to_be_focused()
        left = page.evaluate("document.querySelector('.moj-filter').getBoundingClientRect().left")
        assert left >= 0, "nothing of the filter lies outside the phone"
        expect(page.locator("#from-day")).to_have_value("31")


def test_the_pages_of_a_team_manager(browser: Browser, make_settings: MakeSettings) -> None:
    world = World(make_settings())
    other = "MASH-TEST2-TEST2"
    line.allocated(world)
    world.decided(other, physical_harm_alleged=True)

    case, waiting = f"/strategy/cases/{line.REF}", f"/strategy/cases/{other}"
    paths = ("/strategy/worklist", case, waiting, f"{waiting}/meeting", "/strategy/directory")
    look_at(browser, world.app, WEST, paths)


def test_the_parts_of_a_long_worklist(
    browser: Browser, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklists, "LINES", 2)
    world = World(make_settings())
    for number in range(5):
        world.decided(f"MASH-TEST0-0000{number}")

    paths = ("/strategy/worklist", "/strategy/worklist?to_call=2#to-call")
    look_at(browser, world.app, WEST, paths)


def test_the_pages_of_a_social_worker(browser: Browser, make_settings: MakeSettings) -> None:
    world = World(make_settings())
    line.allocated(world)
    world.call(WORKER, f"{line.CASE}/children/{FIRST}/seen", line.a_visit())

    visit = f"/strategy/cases/{line.REF}/children/{SECOND}/visit"
    look_at(browser, world.app, WORKER, ("/strategy/my-visits", visit, f"{visit}/seen"))


def test_a_visit_to_a_child_who_is_not_on_the_case(
    browser: Browser, make_settings: MakeSettings
) -> None:
    world = World(make_settings())
    line.allocated(world)
    visit = f"/strategy/cases/{line.REF}/children/{{}}/visit/seen"

    with served(world.app) as url:
        for width in WIDTHS:
            with Looker(browser, url, width=width).sign_in_as(world.app, WORKER) as looker:
                page = looker.look(visit.format(FIRST))
                form, wrong = page.locator("main form"), visit.format("CH-TEST9-TEST9")
                page.get_by_label("What the child said").fill("Fictional: typed with cold hands.")
                form.evaluate("(form, wrong) => { form.action = wrong }", wrong)
                page.get_by_role("button", name="Record that").click()
                looker.look()
                page.get_by_role("link", name="Choose one of the children").click()

                expect(page.get_by_label(FIRST)).to_be_focused()
                expect(page.get_by_label("What the child said")).to_have_value(
                    "Fictional: typed with cold hands."
                )


def test_a_cut_off_page_would_be_noticed(browser: Browser, tmp_path: Path) -> None:
    """The control: a table wider than the phone must fail the look."""
    app = Flask(__name__)
    app.add_url_rule("/wide", "wide", lambda: WIDE)
    with (
        served(app) as url,
        Looker(browser, url, width=320) as looker,
        pytest.raises(LooksWrong),
    ):
        looker.look("/wide", picture=tmp_path / "wide.png")


WIDE = """<!doctype html><html lang="en"><head><title>Wide</title></head><body><main>
<h1>Wide</h1><p style="width: 900px">words</p></main></body></html>"""
