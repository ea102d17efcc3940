"""Times of day on the form: real ones, on the clock on the wall, and none that lies ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.referral.domain.codes import NOT_KNOWN
from services.referral.domain.report import Report
from services.referral.schemas import ReferralIn
from tests.builders import a_referral, without

REAL_TIME = "between 00:00 and 23:59"
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def faults(body: Any, now: datetime = NOW) -> dict[str, Any]:
    return ReferralIn(now=now).validate(body)


def report(body: Any, now: datetime = NOW) -> Report:
    loaded: Report = ReferralIn(now=now).load(body)["report"]
    return loaded


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("9:05", "09:05"),
        ("09.05", "09:05"),
        ("9:05am", "09:05"),
        ("9.05 PM", "21:05"),
        ("00:00", "00:00"),
        ("Not known", NOT_KNOWN),
        ("I don't know", None),
        ("99:99 banana", None),
        ("24:00", None),
        ("9", None),
        ("about nine", None),
        (905, None),
    ],
)
def test_the_time_of_the_incident_is_a_time_or_not_known(typed: Any, kept: str | None) -> None:
    body = a_referral(happened_at=typed)

    if kept is None:
        assert REAL_TIME in faults(body)["happened_at"][0]
    else:
        assert report(body).worries.happened_at == kept


def test_a_dated_incident_needs_its_time_and_a_time_needs_its_date() -> None:
    undated = without(a_referral(ongoing_since="since September"), "happened_on")

    assert set(faults(without(a_referral(), "happened_at"))) == {"happened_at"}
    assert set(faults(without(a_referral(), "happened_on", "happened_at"))) == {"happened_on"}
    assert set(faults(undated)) == {"happened_on"}
    assert faults(without(undated, "happened_at")) == {}
    assert faults(without(a_referral(ongoing_since="not known"), "happened_at")) == {}


@pytest.mark.parametrize(("at", "future"), [("10:00", False), ("10:01", True), ("23:59", True)])
def test_an_incident_later_today_than_now_is_refused(at: str, future: bool) -> None:
    found = faults(a_referral(happened_on="2026-11-20", happened_at=at))

    told = {"happened_at": ["Time of the latest incident must be now or in the past"]}
    assert found == (told if future else {})


def test_an_incident_is_judged_by_the_clock_on_the_wall_in_summer() -> None:
    now = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)  # 10:30 in London
    body = a_referral(asked_when="2026-07-01T09:00:00+00:00", happened_on="2026-07-01")

    assert faults({**body, "happened_at": "10:30"}, now=now) == {}
    assert set(faults({**body, "happened_at": "10:31"}, now=now)) == {"happened_at"}


def test_a_time_that_the_clocks_went_over_is_refused_in_words() -> None:
    now = datetime(2027, 3, 29, 9, 0, tzinfo=UTC)
    skipped = a_referral(happened_on="2027-03-28", happened_at="01:30")

    (told,) = faults(skipped, now=now)["happened_at"]

    assert "the hour that does not exist: the clocks go forward at 1am that day" in told
    assert faults({**skipped, "happened_at": "02:30"}, now=now) == {}


def test_a_time_in_the_hour_that_comes_twice_is_taken_once_the_first_has_passed() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 01:30 BST; again at 01:30 UTC
    body = a_referral(
        happened_on="2026-10-25", happened_at="01:30", asked_when="2026-10-24T09:00:00+00:00"
    )

    assert faults(body, now=first) == {}
    early = faults(body, now=first - timedelta(minutes=1))
    assert set(early) == {"happened_at"}


def test_an_incident_tomorrow_is_one_fault_not_two() -> None:
    found = faults(a_referral(happened_on="2026-11-21", happened_at="23:00"))

    assert found == {"happened_on": ["Date of the latest incident must be today or in the past"]}


@pytest.mark.parametrize("field", ["going_home_at", "reach_until"])
def test_other_times_of_day_are_real_too(field: str) -> None:
    told = report(a_referral(**{field: "3.15pm"}))

    assert "15:15" in (told.safety.going_home_at, told.referrer.reach_until)
    assert REAL_TIME in faults(a_referral(**{field: "25:15"}))[field][0]
    assert set(faults(a_referral(**{field: "not known"}))) == {field}
