"""The days on which a clock or a calendar lies: each of them once made somebody count wrongly.

One table of vectors, then what must hold of every due time, whatever the day.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from shared.clock import LONDON, wall_clock
from shared.events.codes import Clock
from shared.mash.doctor import _bank_holidays
from shared.mash.reports import wall_time
from shared.practice import Calendar, TimeLimit, due_at, due_for, load_time_limits
from shared.practice.limits import NonWorkingReceipt, Readings
from shared.run import warn_of_unknown_holidays
from shared.web.dates import GovDateTime
from shared.web.wording import when
from shared.working_days import LAST_KNOWN_YEAR, elapsed, london_day

LIMITS = load_time_limits()
(DECISION,) = LIMITS.of(Clock.DECISION)


class Typed(Schema):
    """A form with one moment, as a person types it."""

    at = GovDateTime(required=True)


def in_london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def typed(day: date, at: str, **but: str) -> datetime:
    parts = {"day": str(day.day), "month": str(day.month), "year": str(day.year), "time": at}
    moment: datetime = Typed().load({"at": {**parts, **but}})["at"]
    return moment


@pytest.mark.parametrize(
    ("start", "naive_hours"),
    [
        pytest.param("2027-03-27T18:00", 23, id="the clocks go forward"),
        pytest.param("2026-10-24T18:00", 25, id="the clocks go back"),
    ],
)
def test_twenty_four_hours_are_twenty_four_hours(start: str, naive_hours: int) -> None:
    local = datetime.fromisoformat(start).replace(tzinfo=LONDON)
    forbidden = (local + timedelta(hours=24)).astimezone(UTC) - local.astimezone(UTC)

    due = elapsed(local, 24)

    assert forbidden == timedelta(hours=naive_hours), "aware local arithmetic counts wrongly"
    assert due - local.astimezone(UTC) == timedelta(hours=24)
    day_long = replace(DECISION, calendar=Calendar.ELAPSED, limit=24)
    assert due_at(LIMITS, day_long, local.astimezone(UTC)) == due


def test_the_hour_that_comes_twice_is_two_moments_asked_about_and_shown_apart() -> None:
    day = date(2026, 10, 25)
    first, second = (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    )

    with pytest.raises(ValidationError, match="comes twice"):
        typed(day, "01:30")
    assert (typed(day, "01:30", fold="first"), typed(day, "01:30", fold="second")) == (
        first,
        second,
    )
    assert (wall_clock(first), wall_clock(second)) == ("01:30 BST", "01:30 GMT")
    assert "25 October 2026, 01:30 BST" in when(first)
    assert "25 October 2026, 01:30 GMT" in when(second)
    assert wall_time("2026-10-25T01:30:00Z") == "Sun 25 Oct 01:30 GMT"


@pytest.mark.parametrize("at", ["2026-10-24T23:59", "2026-10-25T02:00", "2027-03-28T00:30"])
def test_any_other_hour_is_shown_without_its_zone(at: str) -> None:
    assert wall_clock(in_london(at)) == at[-5:]


def test_the_hour_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="does not exist"):
        typed(date(2027, 3, 28), "01:30")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2027-06-30T22:59:59+00:00", "2027-06-30"),
        ("2027-06-30T23:00:00+00:00", "2027-07-01"),
    ],
)
@pytest.mark.parametrize("clock", [Clock.ALLOCATION, Clock.CHILD_SEEN])
def test_the_border_of_the_same_day_is_midnight_in_london(
    clock: Clock, moment: str, day: str
) -> None:
    due = due_for(LIMITS, clock, datetime.fromisoformat(moment)).due_at

    assert london_day(due) == date.fromisoformat(day)
    assert due == in_london(f"{day}T23:59:59.999")


@pytest.mark.parametrize(
    ("received", "due"),
    [
        pytest.param("2027-03-25T16:00", "2027-03-30", id="over Easter and the clock change"),
        pytest.param("2027-12-24T16:59", "2027-12-29", id="over a weekend and substitute days"),
        pytest.param("2027-03-27T23:30", "2027-03-30", id="the stricter reading of a Saturday"),
    ],
)
def test_one_working_day_is_counted_over_every_day_that_is_none(received: str, due: str) -> None:
    found = due_for(LIMITS, Clock.DECISION, in_london(received)).due_at

    assert found == in_london(f"{due}T17:00")


def test_the_lenient_reading_of_a_saturday_is_a_choice_with_its_words() -> None:
    waits = Readings(non_working_receipt=NonWorkingReceipt.WAITS_FOR_WORKING_DAY)
    lenient = replace(LIMITS, readings=waits)

    due = due_for(lenient, Clock.DECISION, in_london("2027-03-27T23:30")).due_at

    assert due == in_london("2027-03-31T17:00")
    assert LIMITS.readings.non_working_receipt is NonWorkingReceipt.COUNTS_AS_DAY_0


@pytest.mark.parametrize("day", ["2027-03-27", "2027-03-28", "2027-03-29", "2027-12-25"])
def test_a_visit_is_due_the_same_day_on_a_weekend_and_a_bank_holiday(day: str) -> None:
    due = due_for(LIMITS, Clock.CHILD_SEEN, in_london(f"{day}T11:00"))

    assert due.due_at == in_london(f"{day}T23:59:59.999")
    assert "also on a weekend or a bank holiday" in due.words


MOMENTS = st.datetimes(
    min_value=datetime(2019, 1, 1),  # noqa: DTZ001  hypothesis adds the zone itself
    max_value=datetime(2027, 11, 1),  # noqa: DTZ001  hypothesis adds the zone itself
    timezones=st.just(UTC),
).map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))

EVERY_CALENDAR = (
    DECISION,
    replace(DECISION, calendar=Calendar.ELAPSED, limit=24),
    replace(DECISION, calendar=Calendar.ELAPSED, limit=72),
    replace(DECISION, calendar=Calendar.HUB_HOURS, limit=4),
    replace(DECISION, calendar=Calendar.WORKING_DAYS, limit=15),
    *LIMITS.of(Clock.ALLOCATION),
)


@given(started=MOMENTS, limit=st.sampled_from(EVERY_CALENDAR))
def test_what_is_due_is_never_due_before_it_began_and_never_a_naive_time(
    started: datetime, limit: TimeLimit
) -> None:
    due = due_at(LIMITS, limit, started)

    assert due >= started
    assert due.utcoffset() == timedelta(0)


@given(one=MOMENTS, other=MOMENTS, limit=st.sampled_from(EVERY_CALENDAR))
def test_what_begins_later_is_never_due_earlier(
    one: datetime, other: datetime, limit: TimeLimit
) -> None:
    earlier, later = sorted((one, other))

    assert due_at(LIMITS, limit, earlier) <= due_at(LIMITS, limit, later)


@given(
    started=MOMENTS,
    after=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3)),
    limit=st.sampled_from(EVERY_CALENDAR),
)
def test_near_each_other_too_what_begins_later_is_never_due_earlier(
    started: datetime, after: timedelta, limit: TimeLimit
) -> None:
    assert due_at(LIMITS, limit, started) <= due_at(LIMITS, limit, started + after)


@pytest.mark.parametrize("calendar", Calendar)
def test_a_naive_time_is_refused_by_every_calendar(calendar: Calendar) -> None:
    limit = replace(DECISION, calendar=calendar)

    with pytest.raises(ValueError, match="time zone"):
        due_at(LIMITS, limit, datetime(2026, 11, 23, 9, 10))  # noqa: DTZ001  what is refused


LAST_DAY_KNOWN_AHEAD = datetime(LAST_KNOWN_YEAR - 1, 12, 31, 12, tzinfo=UTC)
ONE_DAY_TOO_LATE = LAST_DAY_KNOWN_AHEAD + timedelta(days=1)


def test_a_start_warns_when_bank_holidays_are_not_known_for_twelve_months(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        warn_of_unknown_holidays(LIMITS, LAST_DAY_KNOWN_AHEAD)
        assert not caplog.records
        warn_of_unknown_holidays(LIMITS, ONE_DAY_TOO_LATE)

    assert "not known for the next twelve months" in caplog.text


def test_the_doctor_names_the_remedy_when_bank_holidays_run_out() -> None:
    assert _bank_holidays(LIMITS, LAST_DAY_KNOWN_AHEAD.date()).remedy == ""
    assert "release" in _bank_holidays(LIMITS, ONE_DAY_TOO_LATE.date()).remedy


def test_the_hub_closes_at_five_by_the_clock_on_the_wall_in_summer_and_winter() -> None:
    for day in ("2027-03-25", "2027-07-01"):
        due = due_for(LIMITS, Clock.DECISION, in_london(f"{day}T10:00")).due_at
        assert due.astimezone(LONDON).time() == time(17)
