"""When each promise is due: one table, read the stricter way unless a council chooses."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import LONDON
from shared.events.codes import Clock
from shared.practice import (
    Calendar,
    Kind,
    TimeLimits,
    due_at,
    due_for,
    load_time_limits,
)
from shared.practice.limits import (
    CouncilClosures,
    EventDay,
    NonWorkingReceipt,
    Readings,
    WorkingDayEnds,
)
from shared.working_days import WorkingDays, london_day

LIMITS = load_time_limits()


def in_london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def read_as(**chosen: object) -> TimeLimits:
    return replace(LIMITS, readings=Readings(**chosen))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2027-03-25T16:00", "2027-03-30T17:00"),
        ("2027-12-24T16:59", "2027-12-29T17:00"),
        ("2027-03-27T23:30", "2027-03-30T17:00"),
        ("2026-11-23T09:10", "2026-11-24T17:00"),
        ("2026-11-23T23:30", "2026-11-24T17:00"),
        ("2026-11-20T16:50", "2026-11-23T17:00"),
        ("2026-06-15T00:10", "2026-06-16T17:00"),
    ],
)
def test_a_decision_is_due_at_hub_close_one_working_day_on(received: str, due: str) -> None:
    assert due_for(LIMITS, Clock.DECISION, in_london(received)).due_at == in_london(due)


def test_the_lenient_reading_of_a_weekend_is_a_named_choice() -> None:
    lenient = read_as(non_working_receipt=NonWorkingReceipt.WAITS_FOR_WORKING_DAY)

    due = due_for(lenient, Clock.DECISION, in_london("2027-03-27T23:30"))

    assert due.due_at == in_london("2027-03-31T17:00")


def test_a_working_day_may_be_read_to_end_at_midnight() -> None:
    lenient = read_as(working_day_ends=WorkingDayEnds.MIDNIGHT)

    due = due_for(lenient, Clock.DECISION, in_london("2026-11-23T09:10"))

    assert due.due_at == in_london("2026-11-24T23:59:59.999")


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-11-23T09:10", "2026-11-23T17:00"),
        ("2026-11-21T09:10", "2026-11-23T17:00"),
    ],
)
def test_the_day_of_receipt_may_be_read_as_day_1(received: str, due: str) -> None:
    strictest = read_as(event_day=EventDay.DAY_1)

    assert due_for(strictest, Clock.DECISION, in_london(received)).due_at == in_london(due)


@pytest.mark.parametrize("clock", [Clock.ALLOCATION, Clock.CHILD_SEEN])
@pytest.mark.parametrize(
    ("started", "due"),
    [
        ("2026-11-23T09:10", "2026-11-23T23:59:59.999"),
        ("2026-11-21T11:00", "2026-11-21T23:59:59.999"),
        ("2026-12-25T08:00", "2026-12-25T23:59:59.999"),
        ("2027-06-30T23:59:59", "2027-06-30T23:59:59.999"),
        ("2027-07-01T00:00", "2027-07-01T23:59:59.999"),
    ],
)
def test_same_day_ends_at_midnight_and_never_rolls_over(
    clock: Clock, started: str, due: str
) -> None:
    assert due_for(LIMITS, clock, in_london(started)).due_at == in_london(due)


def test_a_promise_is_at_risk_a_set_time_before_it_is_due() -> None:
    decision = due_for(LIMITS, Clock.DECISION, in_london("2026-11-23T09:10"))
    allocation = due_for(LIMITS, Clock.ALLOCATION, in_london("2026-11-23T09:10"))

    assert decision.at_risk_at == in_london("2026-11-24T14:00")
    assert allocation.at_risk_at == in_london("2026-11-23T14:59:59.999")


def test_a_promise_made_late_in_the_day_is_at_risk_from_the_start_not_before() -> None:
    made = in_london("2026-11-23T18:20")

    assert due_for(LIMITS, Clock.ALLOCATION, made).at_risk_at == made


def test_the_words_of_a_due_time_say_how_the_rule_is_read() -> None:
    words = due_for(LIMITS, Clock.DECISION, in_london("2026-11-21T09:10")).words

    assert words.startswith("Threshold decision within 1 working day of the referral.")
    assert "weekend or bank holiday counts as day 0" in words
    assert "ends when the hub closes" in words


def test_a_due_time_past_the_known_bank_holidays_is_flagged_in_words() -> None:
    due = due_for(LIMITS, Clock.DECISION, in_london("2028-01-03T10:00"))

    assert not due.holidays_known
    assert "check this due time by hand" in due.words


def test_a_closure_moves_a_local_limit_but_not_a_statutory_one() -> None:
    closed = WorkingDays(closures=frozenset({date(2026, 11, 24)}))
    limits = replace(LIMITS, with_closures=closed)
    (decision,) = limits.of(Clock.DECISION)
    monday = in_london("2026-11-23T09:10")

    assert due_at(limits, decision, monday) == in_london("2026-11-24T17:00")
    assert due_at(limits, replace(decision, kind=Kind.LOCAL), monday) == in_london(
        "2026-11-25T17:00"
    )


def test_a_council_may_choose_that_closures_move_every_limit() -> None:
    limits = replace(
        LIMITS,
        with_closures=WorkingDays(closures=frozenset({date(2026, 11, 24)})),
        readings=Readings(council_closures=CouncilClosures.MOVE_EVERY_LIMIT),
    )

    due = due_for(limits, Clock.DECISION, in_london("2026-11-23T09:10"))

    assert due.due_at == in_london("2026-11-25T17:00")


@pytest.mark.parametrize(
    ("started", "hours", "due"),
    [
        ("2026-11-23T10:00", 4, "2026-11-23T14:00"),
        ("2026-11-19T16:40", 4, "2026-11-20T12:40"),
        ("2026-11-20T16:40", 1, "2026-11-23T09:40"),
        ("2026-11-21T12:00", 8, "2026-11-23T17:00"),
        ("2026-11-23T07:00", 1, "2026-11-23T10:00"),
        ("2026-11-23T22:00", 9, "2026-11-25T10:00"),
    ],
)
def test_hub_hours_pass_only_while_the_hub_is_open(started: str, hours: int, due: str) -> None:
    (decision,) = LIMITS.of(Clock.DECISION)
    limit = replace(decision, calendar=Calendar.HUB_HOURS, limit=hours)

    assert due_at(LIMITS, limit, in_london(started)) == in_london(due)


def test_elapsed_hours_pass_over_a_weekend_and_a_clock_change() -> None:
    (decision,) = LIMITS.of(Clock.DECISION)
    limit = replace(decision, calendar=Calendar.ELAPSED, limit=72)

    assert due_at(LIMITS, limit, in_london("2026-10-24T10:00")) == in_london("2026-10-27T09:00")


def test_no_limit_in_force_is_said_aloud() -> None:
    with pytest.raises(LookupError, match="in force on 1999"):
        due_for(LIMITS, Clock.DECISION, datetime(1999, 5, 4, 12, tzinfo=UTC))


MOMENTS = st.datetimes(
    min_value=datetime(2019, 1, 1),  # noqa: DTZ001  hypothesis adds the zone itself
    max_value=datetime(2027, 12, 1),  # noqa: DTZ001  hypothesis adds the zone itself
    timezones=st.just(UTC),
)


@given(started=MOMENTS, clock=st.sampled_from(Clock))
def test_a_promise_is_never_due_before_it_is_made_nor_at_risk_after_it_is_due(
    started: datetime, clock: Clock
) -> None:
    due = due_for(LIMITS, clock, started)

    assert started - timedelta(milliseconds=1) < due.due_at
    assert started <= due.at_risk_at <= max(due.due_at, started)


@given(started=MOMENTS)
def test_the_stricter_reading_is_never_later_than_the_lenient_one(
    started: datetime,
) -> None:
    lenient = read_as(
        non_working_receipt=NonWorkingReceipt.WAITS_FOR_WORKING_DAY,
        working_day_ends=WorkingDayEnds.MIDNIGHT,
    )

    strict_due = due_for(LIMITS, Clock.DECISION, started).due_at

    assert strict_due <= due_for(lenient, Clock.DECISION, started).due_at
    assert london_day(strict_due) > london_day(started)
    assert strict_due.astimezone(LONDON).time() == time(17)
