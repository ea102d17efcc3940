"""The pages as a real browser shows them on a phone and on a desk, and the faults it finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, render_template_string, request
from playwright.sync_api import Browser, expect

from shared.auth import EVERYONE, requires
from shared.web.wording import span_words
from tests.support.browser import WIDTHS, Looker, LooksWrong, served
from tests.unit.web.world import NOW, PASSWORD, new_toy_app

pytestmark = pytest.mark.browser
MANAGER = "m.okoro-demo"

COMPONENTS = """{% extends "layout.html" %}
{% from "moj.html" import timeline, sub_navigation, filter, identity_bar, ticket_panel, alert, tag,
   cards_table %}
{% block page_title %}Duty inbox{% endblock %}
{% block content %}
{{ identity_bar("Wilhelmina Fictional, 7 years") }}
{{ sub_navigation([{"text": "Overview", "href": "/toy/parts", "active": true},
   {"text": "Timeline", "href": "/toy/timeline"}]) }}
<h1 class="govuk-heading-l">Duty inbox</h1>
{{ alert("Two referrals were picked up", "success") }}
<div class="moj-filter-layout">
<div class="moj-filter-layout__filter">
{% call filter(action="/toy/parts", selected=[{"text": "Red", "href": "/toy/parts"}],
   clear="/toy/parts") %}<p class="govuk-body">Questions</p>{% endcall %}
</div>
<div class="moj-filter-layout__content"><div class="moj-action-bar"><div
 class="moj-action-bar__filter"></div></div>
{{ cards_table("Referrals waiting", [{"text": "Reference"}, {"text": "Priority"},
   {"text": "Source"},
   {"text": "Decision due", "sort": "ascending", "href": "/toy/parts?sort=due"}],
   [["MASH-7K3M9-Q2FX4", tag("Red", "red"), "Health services: A&E (accident and emergency)",
     soon | due], ["MASH-AAAAA-BBBBB", tag("Green", "green"), "Police", late | due]]) }}
{{ timeline([{"title": "Referral received", "at": now, "byline": "p.partner-demo"}]) }}
{% call ticket_panel("Waiting", "red") %}<h2 class="govuk-heading-m">2 waiting</h2>{% endcall %}
</div></div>
{{ fault | safe }}
{% endblock %}"""


def parts_page() -> Blueprint:
    blueprint = Blueprint("parts_page", __name__, url_prefix="/toy")

    @blueprint.get("/parts")
    @requires(*EVERYONE)
    def parts() -> str:
        return render_template_string(
            COMPONENTS,
            soon=NOW + timedelta(hours=2, minutes=10),
            late=NOW - timedelta(minutes=20),
            fault=FAULTS.get(request.args.get("fault", ""), ""),
        )

    return blueprint


FAULTS = {
    "wide": '<img src="/toy/static/icon.svg" alt="" width="2000" height="10">',
    "hidden": '<form class="moj-hidden" action="/"><p class="govuk-body">Gone</p></form>',
    "axe": '<img src="/toy/static/icon.svg" width="20" height="20">',
    "outside": '<img src="http://localhost:9/x.png" alt="">',
}


@pytest.fixture(scope="module")
def app() -> Flask:
    app = new_toy_app(demo=True)
    app.register_blueprint(parts_page())
    return app


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    with served(app) as url:
        yield url


@pytest.fixture(params=WIDTHS)
def looker(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Looker]:
    with Looker(browser, address, width=request.param) as looker:
        yield looker


@pytest.fixture
def picture(looker: Looker, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"{request.function.__name__}-{looker.width}.png"


def test_the_sign_in_page_reads_well_and_shows_its_errors(looker: Looker, picture: Path) -> None:
    looker.look("/toy/sign-in", picture=picture)

    looker.page.get_by_role("button", name="Sign in").click()
    looker.look()

    expect(looker.page).to_have_title("Error: Sign in – Golden Thread")
    expect(looker.page.locator(".govuk-error-summary")).to_be_focused()
    looker.page.get_by_role("link", name="Enter your password").click()
    expect(looker.page.get_by_role("textbox", name="Password")).to_be_focused()


def test_a_form_whose_session_changed_reads_well_as_it_is_handed_back(
    looker: Looker, app: Flask, picture: Path
) -> None:
    looker.sign_in_as(app, MANAGER).look("/toy/worry")
    looker.page.get_by_role("textbox", name="What you are worried about").fill("Made up")
    looker.page.context.clear_cookies()

    looker.page.get_by_role("button", name="Send").click()
    looker.page.screenshot(path=picture.with_suffix(".signed-out.png"), full_page=True)
    assert [fault for fault in looker.faults() if "console" not in fault] == []
    expect(looker.page.get_by_text("You were signed out. Nothing was sent yet.")).to_be_visible()

    looker.page.get_by_role("textbox", name="Sign-in name").fill(MANAGER)
    looker.page.get_by_role("textbox", name="Password").fill(PASSWORD)
    looker.page.get_by_role("button", name="Sign in").click()
    expect(looker.page.get_by_role("heading", name="This was not sent yet")).to_be_visible()
    looker.page.screenshot(path=picture, full_page=True)
    assert [fault for fault in looker.faults() if "console" not in fault] == []

    looker.page.get_by_role("button", name="Send it now").click()
    expect(looker.page.get_by_role("textbox", name="What you are")).to_have_value("Made up")


@pytest.mark.parametrize(("path", "status"), [("/toy/nowhere", 404), ("/toy/rule", 409)])
def test_an_error_page_reads_well(looker: Looker, app: Flask, path: str, status: int) -> None:
    looker.sign_in_as(app, MANAGER)

    answer = looker.page.goto(path)

    assert answer is not None
    assert answer.status == status
    assert [fault for fault in looker.faults() if "console" not in fault] == []


def test_a_form_with_errors_reads_well_and_leads_to_each_question(
    looker: Looker, app: Flask
) -> None:
    looker.sign_in_as(app, MANAGER).look("/toy/worry")
    looker.page.get_by_role("textbox", name="What you are worried about").fill("Made up")

    looker.page.get_by_role("button", name="Send").click()
    looker.look()

    looker.page.get_by_role("link", name="Enter date of birth").click()
    expect(looker.page.get_by_role("textbox", name="Day")).to_be_focused()
    expect(looker.page.get_by_role("textbox", name="What you are")).to_have_value("Made up")


def test_tables_timelines_and_filters_read_well(looker: Looker, app: Flask) -> None:
    page = looker.sign_in_as(app, MANAGER).look("/toy/parts")

    expect(page.get_by_role("row").nth(1)).to_contain_text("2 hours 10 minutes left")
    expect(page.get_by_role("rowheader").first).to_be_visible()
    expect(page.get_by_text("Overdue by 20 minutes")).to_be_visible()


def test_the_filter_opens_and_closes_on_a_phone(browser: Browser, app: Flask, address: str) -> None:
    with Looker(browser, address, width=320) as looker:
        page = looker.sign_in_as(app, MANAGER).look("/toy/parts")

        expect(page.get_by_role("button", name="Apply filters")).to_be_hidden()
        page.get_by_role("button", name="Show filter").click()

        expect(page.get_by_role("button", name="Apply filters")).to_be_visible()


def test_the_page_works_without_scripts(browser: Browser, app: Flask, address: str) -> None:
    with Looker(browser, address, width=320, java_script_enabled=False) as looker:
        looker.sign_in_as(app, MANAGER).page.goto("/toy/worry")

        looker.page.get_by_role("button", name="Send").click()

        expect(looker.page.get_by_text("There is a problem")).to_be_visible()


def test_scripts_word_due_times_as_the_server_does(
    browser: Browser, app: Flask, address: str
) -> None:
    spans = [0, 59_000, 60_000, 7_800_000, 86_400_000, 90_000_000, 86_700_000, 259_260_000]
    with Looker(browser, address, width=1280) as looker:
        page = looker.sign_in_as(app, MANAGER).look("/toy/parts")
        words: list[str] = page.evaluate(
            "async (spans) => { const { spanWords } = await import('/toy/static/words.js');"
            " return spans.map(spanWords) }",
            spans,
        )

    assert words == [span_words(timedelta(milliseconds=span)) for span in spans]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("wide", "leaves the window|scrolls sideways"),
        ("hidden", "cannot be seen"),
        ("axe", "image-alt"),
        ("outside", "asked the outside|console"),
    ],
)
def test_each_fault_of_a_page_is_seen(
    browser: Browser, app: Flask, address: str, fault: str, told: str
) -> None:
    with Looker(browser, address, width=320) as looker:
        looker.sign_in_as(app, MANAGER)
        with pytest.raises(LooksWrong, match=told):
            looker.look(f"/toy/parts?fault={fault}")


def test_what_a_box_cuts_off_or_squeezes_is_seen(
    browser: Browser, app: Flask, address: str
) -> None:
    with Looker(browser, address, width=320) as looker:
        page = looker.sign_in_as(app, MANAGER).look("/toy/parts")
        page.evaluate(
            "() => { const box = document.querySelector('.app-cards').parentElement;"
            " box.setAttribute('id', 'pane'); box.className = '';"
            " const sheet = new CSSStyleSheet();"
            " sheet.replaceSync('#pane{overflow-x:auto;width:280px}"
            " #pane .app-cards{display:block;width:600px}"
            " #pane .app-cards tbody{display:block;width:600px}"
            " .moj-ticket-panel__content h2{width:8px}');"
            " document.adoptedStyleSheets = [sheet] }"
        )

        faults = "\n".join(looker.faults())
        assert "is cut off by" in faults
        assert "is squeezed" in faults


def test_typed_script_does_not_run(browser: Browser, app: Flask, address: str) -> None:
    with Looker(browser, address, width=1280) as looker:
        page: Any = looker.sign_in_as(app, MANAGER).look("/toy/worry")
        worry = "</textarea><script>document.title='run'</script><img src=x onerror=alert(1)>"
        page.get_by_role("textbox", name="What you are worried about").fill(worry)

        page.get_by_role("button", name="Send").click()

        expect(page.get_by_role("textbox", name="What you are")).to_have_value(worry)
        expect(page).to_have_title("Error: Worry – Golden Thread")
