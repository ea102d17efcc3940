"""Dates and times as people type them, with the two nights on which the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from shared.web.dates import GovDate, GovDateTime


class When(Schema):
    born = GovDate(metadata={"label": "Date of birth"})
    at = GovDateTime(metadata={"label": "Time of the visit"})


def parts(day: object, month: object, year: object, **more: str) -> dict[str, Any]:
    typed = {"day": str(day), "month": str(month), "year": str(year), **more}
    return {part: value for part, value in typed.items() if value}


def refusal(field: str, value: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        When().load({field: value})
    return str(caught.value.messages_dict[field][0])


@pytest.mark.parametrize(
    "typed",
    [
        "2019-03-27",
        parts(27, 3, 2019),
        parts("27", "03", "2019"),
        parts(" 27 ", "March", "2019"),
        parts(27, "mar", 2019),
        parts(27, "MAR", 2019),
    ],
)
def test_a_date_may_be_iso_or_typed_in_parts(typed: Any) -> None:
    assert When().load({"born": typed}) == {"born": date(2019, 3, 27)}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (parts(31, 2, 2026), "Date of birth must be a real date"),
        (parts(29, 2, 2026), "Date of birth must be a real date"),
        (parts(0, 1, 2026), "Date of birth must be a real date"),
        (parts(1, 13, 2026), "Date of birth must be a real date"),
        (parts(1, "Ma", 2026), "Date of birth must be a real date"),
        (parts("first", 1, 2026), "Date of birth must be a real date"),
        (parts("१", 1, "२०२६"), "Date of birth must have a year of 4 numbers"),
        (parts("", 3, 2019), "Date of birth must include a day"),
        (parts(1, "", ""), "Date of birth must include a month and a year"),
        (parts(1, 2, 26), "Date of birth must have a year of 4 numbers"),
        ("27/03/2019", "Date of birth must be a real date"),
        ("yesterday", "Date of birth must be a real date"),
        (20190327, "Date of birth must be a real date"),
        ([], "Date of birth must be a real date"),
    ],
)
def test_a_date_that_is_none_is_refused_in_words_that_help(typed: Any, words: str) -> None:
    assert refusal("born", typed) == words


@pytest.mark.parametrize("time", ["16:50", "16.50", "4:50pm", "4.50 PM"])
def test_a_time_typed_on_a_page_is_london_time(time: str) -> None:
    summer = When().load({"at": parts(1, 7, 2026, time=time)})

    assert summer == {"at": datetime(2026, 7, 1, 15, 50, tzinfo=UTC)}
    assert When().load({"at": parts(1, 12, 2026, time=time)}) == {
        "at": datetime(2026, 12, 1, 16, 50, tzinfo=UTC)
    }


@pytest.mark.parametrize(
    ("time", "hour"), [("12am", 0), ("12pm", 12), ("9am", 9), ("12:00", 12), ("0:00", 0)]
)
def test_noon_and_midnight_are_what_people_mean(time: str, hour: int) -> None:
    loaded = When().load({"at": parts(1, 12, 2026, time=time)})

    assert loaded["at"].hour == hour


def test_a_program_sends_its_offset() -> None:
    assert When().load({"at": "2026-07-01T16:50:00+01:00"}) == {
        "at": datetime(2026, 7, 1, 15, 50, tzinfo=UTC)
    }
    assert "offset" in refusal("at", "2026-07-01T16:50:00")


def test_a_time_that_comes_twice_is_asked_about() -> None:
    typed = parts(25, 10, 2026, time="01:30")

    assert "comes twice" in refusal("at", typed)
    assert When().load({"at": {**typed, "fold": "first"}}) == {
        "at": datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    }
    assert When().load({"at": {**typed, "fold": "second"}}) == {
        "at": datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    }


def test_an_answer_to_which_is_no_harm_on_any_other_day() -> None:
    typed = parts(24, 10, 2026, time="01:30", fold="second")

    assert When().load({"at": typed}) == {"at": datetime(2026, 10, 24, 0, 30, tzinfo=UTC)}


def test_a_time_that_does_not_exist_is_refused() -> None:
    assert "does not exist" in refusal("at", parts(28, 3, 2027, time="01:30"))
    assert When().load({"at": parts(28, 3, 2027, time="02:30")}) == {
        "at": datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    }


@pytest.mark.parametrize("time", ["9", "25:00", "13pm", "0am", "9:61", "noon", "1:5"])
def test_a_time_that_is_none_is_refused(time: str) -> None:
    told = refusal("at", parts(1, 12, 2026, time=time))

    assert told == "Time of the visit must have a real time, such as 14:30"


def test_a_missing_time_is_asked_for() -> None:
    assert refusal("at", parts(1, 12, 2026)) == (
        "Time of the visit must include a time, such as 14:30"
    )


def test_both_are_dumped_as_iso_text() -> None:
    dumped = When().dump({"born": date(2019, 3, 27), "at": datetime(2026, 7, 1, 15, tzinfo=UTC)})

    assert dumped == {"born": "2019-03-27", "at": "2026-07-01T15:00:00+00:00"}
