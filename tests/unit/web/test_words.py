"""Codes and times as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import pytest
from jinja2 import Environment, PackageLoader, UndefinedError
from jinja2.meta import find_undeclared_variables

from shared.events import codes
from shared.events.codes import Agency, Concern, ReferralSource
from shared.web.labels import LABELS, choices, code_words
from shared.web.templating import MACROS_MAY_LACK
from shared.web.wording import due_words, span_words, when
from tests.unit.web.world import NOW, toy_app

CODE_LISTS = [
    kind
    for kind in vars(codes).values()
    if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum
]


@pytest.mark.parametrize("kind", CODE_LISTS)
def test_every_code_of_the_contract_has_words_of_its_own(kind: type[StrEnum]) -> None:
    assert set(LABELS[kind]) == set(kind)
    assert all(LABELS[kind].values())
    assert len(set(LABELS[kind].values())) == len(kind)


def test_no_words_are_kept_for_codes_that_are_gone() -> None:
    assert set(LABELS) == set(CODE_LISTS)


def test_a_code_reads_as_its_words() -> None:
    assert code_words(ReferralSource.GP) == "Health services: GP"
    assert code_words("3A") == "Health services: GP"
    assert code_words(True) == "Yes"
    assert code_words(None) == "Not recorded"
    assert choices(Agency)[0] == ("social-care", "Children's social care")


def test_a_text_that_is_a_code_of_two_lists_needs_its_list() -> None:
    with pytest.raises(LookupError, match="name its kind"):
        code_words("other")
    assert code_words("other", "Agency") == "Another agency"
    with pytest.raises(LookupError):
        code_words("no-such-code")


def test_a_code_of_a_service_brings_its_own_words_or_is_read_as_it_is() -> None:
    class Own(StrEnum):
        NOT_KNOWN = "not-known"

    assert code_words(Own.NOT_KNOWN) == "Not known"


def test_a_time_is_shown_on_the_clock_on_the_wall() -> None:
    shown = when(datetime(2026, 7, 1, 15, 50, tzinfo=UTC))

    assert shown == '<time datetime="2026-07-01T16:50:00+01:00">1 July 2026, 16:50</time>'
    assert when("2026-07-01T15:50:00+00:00") == shown
    assert when(date(2026, 7, 1)) == '<time datetime="2026-07-01">1 July 2026</time>'
    assert when(None) == "not yet"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "less than a minute"),
        (1, "1 minute"),
        (59, "59 minutes"),
        (60, "1 hour"),
        (130, "2 hours 10 minutes"),
        (1440, "1 day"),
        (1500, "1 day 1 hour"),
        (1445, "1 day"),
        (4321, "3 days"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(minutes: int, words: str) -> None:
    assert span_words(timedelta(minutes=minutes, seconds=59)) == words


def test_what_is_left_and_what_is_late_are_told_apart_in_words() -> None:
    assert due_words(NOW + timedelta(minutes=130), NOW) == "2 hours 10 minutes left"
    assert due_words(NOW - timedelta(minutes=20), NOW) == "Overdue by 20 minutes"
    assert due_words(NOW, NOW) == "Less than a minute left"


def render(source: str, **names: object) -> str:
    app = toy_app()
    with app.test_request_context("/toy/sign-in"):
        app.preprocess_request()
        return app.jinja_env.from_string(source).render(**names)


def test_pages_word_due_times_by_the_service_clock() -> None:
    shown = render("{{ at | due }}", at=NOW - timedelta(minutes=20))

    assert "Overdue by 20 minutes" in shown
    assert "app-due--overdue" in shown


@pytest.mark.parametrize("source", ["{{ misspelt }}", "{% if misspelt %}x{% endif %}", "{{ c.x }}"])
def test_a_misspelt_name_in_a_template_fails(source: str) -> None:
    with pytest.raises(UndefinedError):
        render(source, c=Concern.PHYSICAL)


def test_the_names_that_the_design_system_asks_for_are_let_through() -> None:
    macros = PackageLoader("govuk_frontend_jinja")
    environment = Environment(loader=macros, autoescape=True)
    asked = {
        name
        for template in macros.list_templates()
        if template != "template.html"
        for name in find_undeclared_variables(
            environment.parse(macros.get_source(environment, template)[0])
        )
    }

    # `title` and `role` are set on every path of the one macro that has them.
    assert asked - {"title", "role"} <= MACROS_MAY_LACK


def test_a_key_a_mapping_lacks_stays_empty() -> None:
    assert render("[{{ m.x }}]", m={}) == "[]"
