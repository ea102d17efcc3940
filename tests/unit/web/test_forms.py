"""What a form sent becomes what the JSON door takes, and every fault finds its question."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import ValidationError, fields, validate
from werkzeug.datastructures import MultiDict

from shared.events.codes import Concern
from shared.rules import Invalid, RuleBroken
from shared.web.forms import (
    CodeField,
    FormSchema,
    GovDate,
    GovDateTime,
    error_list,
    errors_of,
    form_to_dict,
)
from shared.web.questions import Form


class ChildIn(FormSchema):
    first_names = fields.String(required=True)
    date_of_birth = GovDate(required=True)
    needs = fields.List(fields.String())


class PlaceIn(FormSchema):
    postcode = fields.String(required=True, metadata={"label": "Postcode"})


class SampleIn(FormSchema):
    concerns = fields.List(CodeField(Concern), required=True)
    told = fields.Boolean(metadata={"label": "Have you told the parents?"}, required=True)
    narrative = fields.String(data_key="worry", validate=validate.Length(max=500), required=True)
    seen_at = GovDateTime()
    place = fields.Nested(PlaceIn)
    children = fields.List(fields.Nested(ChildIn), required=True)


def sent(*pairs: tuple[str, str]) -> MultiDict[str, str]:
    return MultiDict(pairs)


def load_errors(typed: dict[str, Any]) -> dict[Any, Any]:
    with pytest.raises(ValidationError) as caught:
        SampleIn().load(typed)
    return errors_of(caught.value)


def test_a_form_nests_as_its_schema_does() -> None:
    form = sent(
        ("csrf_token", "t"),
        ("concerns", "physical"),
        ("concerns", "neglect"),
        ("told", "yes"),
        ("worry", "  First line\r\nsecond line  "),
        ("seen_at-day", "1"),
        ("seen_at-month", "7"),
        ("seen_at-year", "2026"),
        ("seen_at-time", "09:00"),
        ("place-postcode", "ZZ1 1ZZ"),
        ("children-0-first_names", "Wilhelmina"),
        ("children-0-date_of_birth-day", "27"),
        ("children-0-date_of_birth-month", "3"),
        ("children-0-date_of_birth-year", "2019"),
        ("children-0-needs", "a"),
        ("children-0-needs", "b"),
        ("children-4-first_names", "Ottilie"),
        ("children-7-first_names", "   "),
    )

    assert form_to_dict(form, SampleIn()) == {
        "concerns": ["physical", "neglect"],
        "told": "yes",
        "worry": "First line\nsecond line",
        "seen_at": {"day": "1", "month": "7", "year": "2026", "time": "09:00"},
        "place": {"postcode": "ZZ1 1ZZ"},
        "children": [
            {
                "first_names": "Wilhelmina",
                "date_of_birth": {"day": "27", "month": "3", "year": "2019"},
                "needs": ["a", "b"],
            },
            {"first_names": "Ottilie"},
        ],
    }


def test_iso_text_in_a_date_field_is_taken_as_it_is() -> None:
    form = sent(("seen_at", "2026-07-01T09:00:00+01:00"))

    assert form_to_dict(form, SampleIn()) == {"seen_at": "2026-07-01T09:00:00+01:00"}


@pytest.mark.parametrize(
    "name", ["colour", "children-0-colour", "children-x-first_names", "seen_at-hour", "children-"]
)
def test_a_name_the_schema_does_not_know_is_kept_and_refused(name: str) -> None:
    typed = form_to_dict(sent((name, "red")), SampleIn())

    assert typed[name] == "red"
    assert name in load_errors(typed)


def test_a_button_is_no_answer() -> None:
    assert form_to_dict(sent(("add", "child")), SampleIn(), ignore=("add",)) == {}


def test_an_answer_sent_twice_is_left_for_the_schema_to_refuse() -> None:
    typed = form_to_dict(sent(("worry", "a"), ("worry", "b")), SampleIn())

    assert typed["worry"] == ["a", "b"]
    assert "worry" in load_errors(typed)


def test_a_row_number_beyond_measure_makes_no_rows() -> None:
    form = sent(("children-9999-first_names", "Wilhelmina"), ("children-12345-first_names", "x"))

    typed = form_to_dict(form, SampleIn())

    assert typed["children"] == [{"first_names": "Wilhelmina"}]
    assert "children-12345-first_names" in typed


def test_an_empty_first_row_asks_its_own_questions() -> None:
    typed = form_to_dict(sent(("children-0-first_names", "")), SampleIn())

    assert load_errors(typed)["children"][0]["first_names"] == ["Enter first names"]


def test_the_error_summary_follows_the_page_and_leads_to_the_inputs() -> None:
    errors = load_errors(
        {
            "colour": "red",
            "concerns": ["physical", "zz"],
            "seen_at": {"day": "1"},
            "place": {},
            "children": [{"first_names": "x", "date_of_birth": "no"}, {}],
        }
    )

    assert error_list(errors, SampleIn()) == [
        {"text": "Select concerns from the list", "href": "#concerns"},
        {"text": "Select an answer to “Have you told the parents?”", "href": "#told"},
        {"text": "Enter worry", "href": "#worry"},
        {"text": "Seen at must include a month and a year", "href": "#seen_at-day"},
        {"text": "Enter postcode", "href": "#place-postcode"},
        {"text": "Date of birth must be a real date", "href": "#children-0-date_of_birth-day"},
        {"text": "Enter first names", "href": "#children-1-first_names"},
        {"text": "Enter date of birth", "href": "#children-1-date_of_birth-day"},
        {"text": "colour: This is not a field of this form. Remove it or check its name"},
    ]


def test_a_missing_list_leads_to_its_first_question() -> None:
    errors = {"children": ["Add at least one child"], "_schema": ["Say one or the other"]}

    assert error_list(errors, SampleIn()) == [
        {"text": "Add at least one child", "href": "#children-0-first_names"},
        {"text": "Say one or the other"},
    ]


@pytest.mark.parametrize(
    ("field", "nested"),
    [
        ("worry", {"worry": ["Shorten it"]}),
        ("children-1-date_of_birth", {"children": {1: {"date_of_birth": ["Shorten it"]}}}),
        (None, {"_schema": ["Shorten it"]}),
    ],
)
def test_a_broken_rule_finds_its_question(field: str | None, nested: dict[Any, Any]) -> None:
    assert errors_of(Invalid("Shorten it", field=field)) == nested


def test_a_broken_rule_without_a_field_is_told_without_a_link() -> None:
    errors = errors_of(RuleBroken("It was decided already"))

    assert error_list(errors, SampleIn()) == [{"text": "It was decided already"}]


def test_a_question_shows_what_was_typed_and_what_is_wrong() -> None:
    form = Form(
        SampleIn(),
        values={"told": "maybe", "children": [{"date_of_birth": {"day": "31"}}]},
        errors={"children": {0: {"date_of_birth": ["Date of birth must include a month"]}}},
    )

    born = form.question("children-0-date_of_birth")
    assert (born.kind, born.value) == ("date", {"day": "31"})
    assert born.error_message == {"text": "Date of birth must include a month"}
    told = form.question("told")
    assert (told.kind, told.choices, told.value) == (
        "radios",
        (("yes", "Yes"), ("no", "No")),
        "maybe",
    )
    assert form.question("concerns").kind == "checkboxes"
    assert form.question("worry").kind == "textarea"
    assert list(form.rows("children")) == [0]


def test_a_stored_answer_is_shown_as_it_would_be_typed() -> None:
    form = Form(
        SampleIn(),
        values={
            "concerns": (Concern.PHYSICAL,),
            "told": True,
            "seen_at": "2026-07-01T08:00:00+00:00",
        },
    )

    assert form.question("concerns").value == ["physical"]
    assert form.question("told").value == "yes"
    assert form.question("seen_at").value == {
        "day": 1,
        "month": 7,
        "year": 2026,
        "time": "09:00",
        "fold": "first",
    }


def test_a_time_that_comes_twice_makes_the_page_ask_which() -> None:
    typed = {"day": "25", "month": "10", "year": "2026", "time": "01:30"}

    assert Form(SampleIn(), values={"seen_at": typed}).question("seen_at").asks_which
    assert not Form(SampleIn(), values={"seen_at": {"day": "1"}}).question("seen_at").asks_which


def test_a_misspelt_question_fails() -> None:
    with pytest.raises(LookupError, match="no question"):
        Form(SampleIn()).question("childen-0-first_names")


@pytest.mark.parametrize(
    "unseen", ["\x00", "\x1b", "\x07", "\x7f", "\u202e", "\u202a", "\u2066", "\u2069", "\ud800"]
)
@pytest.mark.parametrize(
    ("typed", "at", "called"),
    [
        ({"worry": "made{}up"}, ["worry"], "worry"),
        ({"place": {"postcode": "ZZ1{} 1ZZ"}}, ["place", "postcode"], "postcode"),
        ({"children": [{"first_names": "W{}"}]}, ["children", 0, "first_names"], "first names"),
        ({"children": [{"needs": ["a", "b{}"]}]}, ["children", 0, "needs"], "needs"),
        ({"seen_at": {"day": "1{}"}}, ["seen_at"], "seen at"),
        ({"told": "yes{}"}, ["told"], "“Have you told the parents?”"),
    ],
)
def test_characters_that_cannot_be_seen_are_refused_where_they_stand(
    typed: dict[str, Any], at: list[Any], called: str, unseen: str
) -> None:
    found: Any = load_errors(planted(typed, unseen))
    for step in at:
        found = found[step]

    assert found == [f"Remove the characters that cannot be seen from {called}"]


def planted(typed: Any, unseen: str) -> Any:
    """The same answers with the character where the braces stand."""
    if isinstance(typed, dict):
        return {key: planted(value, unseen) for key, value in typed.items()}
    if isinstance(typed, list):
        return [planted(value, unseen) for value in typed]
    return typed.replace("{}", unseen)


def test_lines_tabs_and_every_script_are_text() -> None:
    class NoteIn(FormSchema):
        note = fields.String()

    text = "First\r\n\tsecond\nZoë, שלום, نور, 小明, 👩\u200d👧"

    assert NoteIn().load({"note": text}) == {"note": text}


@pytest.mark.parametrize(
    ("typed", "at", "words"),
    [
        ({"worry": 5}, ["worry"], "Enter text"),
        ({"told": "maybe"}, ["told"], "Answer yes or no (true or false)"),
        ({"place": "here"}, ["place", "_schema"], "Send an object"),
        ({"concerns": "physical"}, ["concerns"], "Send a list"),
        ({"concerns": [None]}, ["concerns", 0], "Select concerns, or leave it out"),
        ({"children": [None]}, ["children", 0], "Enter children, or leave it out"),
        ({"children": ["x"]}, ["children", 0, "_schema"], "Send an object"),
        ({"children": [{"needs": [5]}]}, ["children", 0, "needs", 0], "Enter text"),
    ],
)
def test_an_answer_of_the_wrong_kind_is_told_what_is_right(
    typed: dict[str, Any], at: list[Any], words: str
) -> None:
    found: Any = load_errors(typed)
    for step in at:
        found = found[step]

    assert found == [words]


def test_a_body_that_is_no_object_is_told_so() -> None:
    with pytest.raises(ValidationError) as caught:
        SampleIn().load([])

    assert errors_of(caught.value) == {"_schema": ["Send an object"]}


def test_a_field_with_words_of_its_own_keeps_them() -> None:
    class OwnIn(FormSchema):
        age = fields.Integer(error_messages={"invalid": "Enter the age in years"})
        height = fields.Integer()

    with pytest.raises(ValidationError) as caught:
        OwnIn().load({"age": "x", "height": "x"})

    assert errors_of(caught.value) == {
        "age": ["Enter the age in years"],
        "height": ["Enter a whole number"],
    }


class ToldIn(FormSchema):
    def __init__(self, *, now: datetime | None = None) -> None:
        super().__init__()
        self.now = now


def test_a_schema_is_made_once_a_thread_and_told_anew_each_time() -> None:
    first, later = datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 23, 10, tzinfo=UTC)

    mine = ToldIn.at_hand(now=first)
    with ThreadPoolExecutor(1) as another:
        theirs = another.submit(ToldIn.at_hand, now=later).result()

    assert ToldIn.at_hand() is mine
    assert (mine.now, theirs.now) == (first, later)
    assert ToldIn.at_hand(now=later).now == later
    assert SampleIn.at_hand() is not mine


def test_a_schema_is_told_nothing_it_does_not_ask() -> None:
    with pytest.raises(AttributeError, match="tomorrow"):
        ToldIn.at_hand(tomorrow=1)
