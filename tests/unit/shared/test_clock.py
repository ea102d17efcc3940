"""One clock: aware, in UTC, in whole milliseconds; and a demonstration's own, the same for all."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import LONDON, DemoClock, SystemClock, london, whole_milliseconds

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
A_MOMENT = timedelta(seconds=30)


def test_the_time_is_aware_in_utc_and_in_whole_milliseconds() -> None:
    now = SystemClock().now()

    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0


def test_time_does_not_run_backwards() -> None:
    clock = SystemClock()
    times = [clock.now() for _ in range(1000)]

    assert times == sorted(times)


@given(
    st.datetimes(
        min_value=datetime(1950, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, LONDON, timezone(timedelta(hours=-11, minutes=-30))]),
    )
)
def test_any_aware_time_is_cut_to_milliseconds_never_rounded_up(at: datetime) -> None:
    cut = whole_milliseconds(at)

    assert cut.tzinfo is UTC
    assert timedelta(0) <= at.astimezone(UTC) - cut < timedelta(milliseconds=1)


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        whole_milliseconds(datetime(2026, 11, 3, 12, 0))  # noqa: DTZ001 - that is the point


def test_a_demonstrations_clock_moves_for_everybody_who_reads_its_file(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    launcher = DemoClock(file)
    launcher.move_to(NOON)
    readers = [DemoClock(file) for _ in range(3)]
    assert all(near(reader.now(), NOON) for reader in [launcher, *readers])

    launcher.move_to(NOON + timedelta(hours=7))

    assert all(near(reader.now(), NOON + timedelta(hours=7)) for reader in [launcher, *readers])


def test_a_demonstrations_clock_can_be_set_back_and_runs_on(tmp_path: Path) -> None:
    clock = DemoClock(tmp_path / "clock.json")
    clock.move_to(NOON)
    clock.move_to(NOON - timedelta(days=1))

    first, second = clock.now(), clock.now()

    assert near(first, NOON - timedelta(days=1))
    assert first <= second
    assert first.microsecond % 1000 == 0


def test_a_change_of_the_clock_within_one_tick_of_the_file_system_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    clock = DemoClock(file)
    clock.move_to(NOON)
    stamp = file.stat()
    assert near(clock.now(), NOON)

    DemoClock(file).move_to(NOON + timedelta(hours=1))
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))

    assert near(clock.now(), NOON + timedelta(hours=1))


def test_the_clock_on_the_wall_in_england_follows_summer_time() -> None:
    assert london(datetime(2026, 7, 1, 12, 0, tzinfo=UTC)).hour == 13
    assert london(datetime(2026, 12, 1, 12, 0, tzinfo=UTC)).hour == 12
    assert london(datetime(2026, 12, 1, 12, 0, tzinfo=timezone(timedelta(hours=5)))).hour == 7


def near(at: datetime, expected: datetime) -> bool:
    """Is it the expected time, but for what passed since it was set?"""
    return timedelta(0) <= at - expected + timedelta(milliseconds=1) < A_MOMENT
