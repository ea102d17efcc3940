"""The vectors of the practice conventions: if one of these moves, a child waits longer."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import LONDON
from shared.working_days import (
    BeyondKnownHolidays,
    WorkingDays,
    closures_from,
    elapsed,
    end_of_london_day,
    london_day,
    london_moment,
)

CALENDAR = WorkingDays()


def in_london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2025-12-19", 15, "2026-01-14"),
        ("2025-12-24", 1, "2025-12-29"),
        ("2025-12-24", 45, "2026-03-02"),
        ("2026-04-02", 1, "2026-04-07"),
        ("2026-04-02", 15, "2026-04-27"),
        ("2026-04-04", 1, "2026-04-07"),
        ("2026-03-02", 15, "2026-03-23"),
        ("2026-03-02", 45, "2026-05-07"),
        ("2026-12-24", 1, "2026-12-29"),
        ("2026-12-24", 15, "2027-01-19"),
        ("2023-05-05", 1, "2023-05-09"),
        ("2022-09-16", 1, "2022-09-20"),
        ("2027-03-25", 1, "2027-03-30"),
        ("2027-12-24", 1, "2027-12-29"),
        ("2027-03-27", 1, "2027-03-30"),
    ],
)
def test_working_days_count_on_from_day_0(start: str, days: int, due: str) -> None:
    assert CALENDAR.add(date.fromisoformat(start), days) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("found", "due"),
    [
        ("2026-03-28T10:00", "2026-03-31T11:00"),
        ("2026-10-24T10:00", "2026-10-27T09:00"),
        ("2025-12-24T17:30", "2025-12-27T17:30"),
    ],
)
def test_seventy_two_hours_really_pass_over_week_ends_and_clock_changes(
    found: str, due: str
) -> None:
    assert elapsed(in_london(found), 72) == in_london(due)


@pytest.mark.parametrize(
    ("start", "shown_next_day"),
    [
        ("2027-03-27T18:00", "2027-03-28T19:00"),
        ("2026-10-24T18:00", "2026-10-25T17:00"),
    ],
)
def test_twenty_four_hours_are_added_in_utc(start: str, shown_next_day: str) -> None:
    due = elapsed(datetime.fromisoformat(start).replace(tzinfo=LONDON), 24)

    assert due == in_london(shown_next_day)
    assert due.tzinfo is UTC


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-06-15T23:30:00Z", "2026-06-16"),
        ("2026-01-15T23:30:00Z", "2026-01-15"),
        ("2027-06-30T22:59:59Z", "2027-06-30"),
        ("2027-06-30T23:00:00Z", "2027-07-01"),
    ],
)
def test_the_day_is_the_day_in_london(at: str, day: str) -> None:
    assert london_day(datetime.fromisoformat(at)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        ("2026-06-15", "2026-06-15T22:59:59.999+00:00"),
        ("2026-01-15", "2026-01-15T23:59:59.999+00:00"),
        ("2026-10-25", "2026-10-25T23:59:59.999+00:00"),
        ("2027-03-28", "2027-03-28T22:59:59.999+00:00"),
    ],
)
def test_a_day_ends_one_millisecond_before_midnight_in_london(day: str, ends: str) -> None:
    assert end_of_london_day(date.fromisoformat(day)) == datetime.fromisoformat(ends)


def test_the_hour_that_happens_twice_is_two_moments() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    assert first.astimezone(LONDON).time() == second.astimezone(LONDON).time()
    assert elapsed(first, 1) == second
    assert london_moment(date(2026, 10, 25), time(1, 30)) == first


def test_a_due_date_past_the_known_bank_holidays_is_refused() -> None:
    with pytest.raises(BeyondKnownHolidays, match="2027, the last year"):
        CALENDAR.add(date(2027, 12, 31), 1)


def test_a_due_date_past_the_known_bank_holidays_can_be_flagged_instead() -> None:
    due = CALENDAR.count_on(date(2027, 12, 31), 1)

    assert due == date(2028, 1, 4)
    assert not CALENDAR.knows(due)


def test_a_closure_of_the_council_is_not_a_working_day() -> None:
    closed = WorkingDays(closures=frozenset({date(2026, 12, 29)}))

    assert closed.add(date(2026, 12, 24), 1) == date(2026, 12, 30)


def test_days_are_never_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forwards"):
        CALENDAR.add(date(2026, 1, 1), -1)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        london_day(datetime(2026, 1, 1, 12, 0))  # noqa: DTZ001  the refusal is what is tested


def test_closures_are_read_from_a_list_of_dates(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "closures.json"
    file.write_text('["2026-12-29", "2026-12-30"]')

    assert closures_from(file) == {date(2026, 12, 29), date(2026, 12, 30)}
    assert closures_from(None) == frozenset()


@pytest.mark.parametrize("text", ['["29 December"]', "{", "[20261229]", "3"])
def test_a_wrong_list_of_closures_names_the_setting_and_the_remedy(tmp_path, text) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "closures.json"
    file.write_text(text)

    with pytest.raises(ValueError, match=r"CLOSURES_FILE .* must be a JSON list of dates"):
        closures_from(file)


@given(
    start=st.dates(date(2020, 1, 1), date(2026, 12, 31)),
    days=st.integers(min_value=1, max_value=60),
)
def test_counting_on_lands_on_a_working_day_with_that_many_between(start: date, days: int) -> None:
    due = CALENDAR.count_on(start, days)

    passed = (start + timedelta(days=each) for each in range(1, (due - start).days + 1))
    assert CALENDAR.is_working(due)
    assert sum(CALENDAR.is_working(day) for day in passed) == days
