"""The demonstration reads the real forms as a browser does."""

from __future__ import annotations

import pytest

from shared.mash.demo.forms import Form, FormDiffers, as_typed, read_page

PAGE = """
<ul class="govuk-list govuk-error-summary__list"><li><a href="#a">Enter a name</a></li></ul>
<form action="/here" method="post">
  <input type="hidden" name="csrf_token" value="t0ken">
  <input name="name" value="">
  <input type="radio" name="told" value="yes"><input type="radio" name="told" value="no">
  <input type="checkbox" name="worries" value="neglect" checked>
  <input type="checkbox" name="worries" value="physical">
  <input name="born-day"><input name="born-month"><input name="born-year">
  <input name="met-day"><input name="met-month"><input name="met-year"><input name="met-time">
  <input type="radio" name="met-fold" value="first">
  <input type="radio" name="met-fold" value="second" checked>
  <select name="who"><option value="">Choose</option><option value="ash">Ash</option></select>
  <input name="children-0-first"><input name="children-1-first">
  <textarea name="why">as it &amp; was</textarea>
  <button name="add" value="1">Add</button>
</form>
"""


@pytest.fixture
def form() -> Form:
    return read_page("/here", PAGE).form_with("name", "told")


def test_a_form_sends_what_it_carries_and_what_was_answered(form: Form) -> None:
    sent = form.filled([("name", "Ivy"), ("told", "no")])

    assert ("csrf_token", "t0ken") in sent
    assert ("worries", "neglect") in sent
    assert ("why", "as it & was") in sent
    assert [value for name, value in sent if name == "name"] == ["Ivy"]


def test_an_answer_replaces_what_was_ticked_before(form: Form) -> None:
    sent = form.filled(as_typed({"worries": ["physical"]}, form))

    assert [value for name, value in sent if name == "worries"] == ["physical"]


def test_a_question_the_page_does_not_ask_is_refused(form: Form) -> None:
    with pytest.raises(FormDiffers, match="has no question shoe_size"):
        form.filled([("shoe_size", "7")])


def test_an_answer_the_page_does_not_offer_is_refused(form: Form) -> None:
    with pytest.raises(FormDiffers, match="told offers yes, no; not perhaps"):
        form.filled([("told", "perhaps")])


def test_dates_and_times_are_typed_into_their_boxes(form: Form) -> None:
    typed = dict(as_typed({"born": "2019-03-17", "met": "2026-11-10T09:05"}, form))

    assert (typed["born-day"], typed["born-month"], typed["born-year"]) == ("17", "3", "2019")
    assert typed["met-time"] == "09:05"


@pytest.mark.parametrize(
    ("met", "time", "which"),
    [
        ("2026-10-25T01:30+01:00", "01:30", "first"),
        ("2026-10-25T01:30+00:00", "01:30", "second"),
        ("2026-10-25T00:59:00+00:00", "01:59", "first"),
        ("2026-07-01T09:05:00+00:00", "10:05", "first"),
    ],
)
def test_a_moment_is_typed_as_the_clock_on_the_wall_shows_it(
    form: Form, met: str, time: str, which: str
) -> None:
    typed = dict(form.filled(as_typed({"met": met}, form)))

    assert (typed["met-time"], typed["met-fold"]) == (time, which)


def test_rows_and_yes_or_no_are_named_as_the_form_names_them(form: Form) -> None:
    typed = as_typed({"told": True, "children": [{"first": "Ivy"}, {"first": "Oakley"}]}, form)

    assert ("told", "yes") in typed
    assert ("children-1-first", "Oakley") in typed


def test_the_first_choice_is_the_first_that_is_one(form: Form) -> None:
    assert form.first_offered("who") == "ash"


def test_what_the_error_summary_says_is_read() -> None:
    assert read_page("/here", PAGE).errors == ("Enter a name",)


def test_a_page_without_the_form_says_what_was_looked_for() -> None:
    with pytest.raises(FormDiffers, match="/here has no form that asks for outcome"):
        read_page("/here", PAGE).form_with("outcome")
