"""The year: what is sent when, what a run says of a whole year, and when it says nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.figures import Metric, Series
from benchmarks.harness import NotMeasured
from benchmarks.journeys import sending
from benchmarks.journeys.arriving import Arrived
from benchmarks.journeys.carry import waves
from benchmarks.journeys.costs import Cores, Cost, Ledger, idle_share
from benchmarks.journeys.doors import Answer, Fate
from benchmarks.journeys.figures import (
    METRICS,
    Lap,
    Run,
    figures_of,
    hours_for_a_year,
    slower,
    where_the_time_goes,
)
from benchmarks.journeys.lines import (
    THE_YEAR,
    Line,
    plan_of,
    read_lines,
    referrals_of,
    write_lines,
)
from benchmarks.journeys.sending import send_all

NINE = datetime(2025, 9, 1, 8, tzinfo=UTC)
TAKEN, NOT_YET = Answer(Fate.TAKEN), Answer(Fate.NOT_YET)


def a_line(case: str, minute: int, *, service: str = "referral", text: str = "{}") -> Line:
    return Line(service=service, case=case, at=NINE + timedelta(minutes=minute), text=text)


def of_team(case: str, minute: int) -> Line:
    return a_line(case, minute, service="strategy")


class FakeDoor:
    """Takes every step, except what it has not heard of so many times, or refuses."""

    def __init__(self, *, deaf: int = 0, refuses: Sequence[str] = ()) -> None:
        self.deaf, self.refuses = deaf, refuses
        self.taken: list[Line] = []

    def send(self, lines: Sequence[Line]) -> list[Answer]:
        if self.deaf:
            self.deaf -= 1
            return [NOT_YET] * len(lines)
        self.taken += [line for line in lines if line.case not in self.refuses]
        refused = Answer(Fate.REFUSED, "see: not-allowed")
        return [refused if line.case in self.refuses else TAKEN for line in lines]


class BrokenDoor:
    def send(self, lines: Sequence[Line]) -> list[Answer]:
        raise NotMeasured("commands of strategy ended: no store")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Where the clock of the system was put; nobody rests in these tests."""
    monkeypatch.setattr(sending, "REST", 0.001)
    return []


def test_each_case_keeps_its_order_while_the_team_has_not_heard_of_it(
    clock: list[datetime],
) -> None:
    hub, team = FakeDoor(), FakeDoor(deaf=3)
    lines = [a_line("A", 0), a_line("B", 1), of_team("A", 2), of_team("B", 3), of_team("A", 4)]

    sent = send_all(lines, hub, team, move_clock=clock.append)

    assert hub.taken == lines[:2]
    assert [line.at for line in team.taken if line.case == "A"] == [lines[2].at, lines[4].at]
    assert (sent.taken, sent.settled) == (5, 5)


def test_the_clock_stands_at_the_earliest_step_that_is_still_to_be_taken(
    clock: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "AT_ONCE", 1)
    lines = [a_line("A", 0), of_team("A", 1), a_line("B", 2)]

    send_all(lines, FakeDoor(), FakeDoor(), move_clock=clock.append)

    assert clock[0] == lines[0].at
    assert clock == sorted(clock)
    assert clock[-1] == lines[-1].at


def test_what_a_rule_refuses_is_counted_and_not_sent_again(clock: list[datetime]) -> None:
    team = FakeDoor(refuses=["B"])

    sent = send_all([of_team("A", 0), of_team("B", 1)], FakeDoor(), team, move_clock=clock.append)

    assert [line.case for line in team.taken] == ["A"]
    assert (sent.taken, dict(sent.refused)) == (1, {"see: not-allowed": 1})


def test_a_run_in_which_much_is_refused_proves_nothing(clock: list[datetime]) -> None:
    few, many = FakeDoor(refuses=list("12345")), FakeDoor(refuses=list("123456"))
    lines = [of_team(str(number), number) for number in range(100)]

    assert send_all(lines, FakeDoor(), few, move_clock=clock.append).faults == []
    assert send_all(lines, FakeDoor(), many, move_clock=clock.append).faults == [
        "6 of 100 steps refused, 6 by see: not-allowed"
    ]


def test_a_door_that_ends_ends_the_run(clock: list[datetime]) -> None:
    with pytest.raises(NotMeasured, match="no store"):
        send_all([of_team("A", 0)], FakeDoor(), BrokenDoor(), move_clock=clock.append)


def test_a_case_that_never_opens_ends_the_run(
    clock: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "STALLED", 0.0)

    with pytest.raises(NotMeasured, match="does not open"):
        send_all([of_team("A", 0)], FakeDoor(), FakeDoor(deaf=99), move_clock=clock.append)


def test_a_bulk_holds_one_step_of_a_case() -> None:
    assert waves(["A", "B", "A", "C", "A", "B"]) == [[0, 1, 3], [2, 5], [4]]
    assert waves([]) == []


def test_a_share_of_the_year_is_as_dense_as_the_year() -> None:
    whole, hundredth = plan_of(THE_YEAR, seed=1), plan_of(referrals_of(0.01), seed=1)

    assert (whole.last - whole.first).days + 1 == 365
    assert (hundredth.referrals, (hundredth.last - hundredth.first).days + 1) == (6_219, 4)
    assert referrals_of(1e-9) == 1


def test_lines_are_read_as_they_were_written(tmp_path: Path) -> None:
    written = write_lines(tmp_path / "lines", plan_of(5, seed=3))

    lines = list(read_lines(tmp_path / "lines"))

    assert len(lines) == written
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert len({line.case for line in lines}) == 5


def a_run(**but: Any) -> Run:
    told: dict[str, Any] = {
        "referrals": 6_219,
        "events": {"referral": 30_000, "strategy": 25_000, "audit": 7_190},
        "refused": 3,
        "slower": 1.5,
        "lap": Lap(commands=50.0, lines=80.0, all=100.0),
        "costs": {
            "mongod": Cost(seconds=62.19, peak=2**30),
            "worker of audit": Cost(seconds=31.095, peak=0),
        },
        "idle": 0.25,
        "pages": {"timeline": [0.1, 0.2], "worklist": [0.3]},
        "disk": 62_190_000,
    }
    return Run(**told | but)


def test_a_run_is_projected_to_the_year_in_proportion_to_its_referrals() -> None:
    assert hours_for_a_year(3600.0, THE_YEAR) == 1.0
    assert hours_for_a_year(36.0, THE_YEAR // 10) == pytest.approx(0.1)

    told = figures_of(a_run())

    assert told["a year"] == pytest.approx(100 / 6_219 * THE_YEAR / 3600)
    assert told["events a referral"] == pytest.approx(10)
    assert told["events a referral, without audit's"] == pytest.approx(55_000 / 6_219)
    assert told["rate"] == pytest.approx(621.9)
    assert told["processor, mongod"] == pytest.approx(1000)
    assert told["processor, all"] == pytest.approx(1500)
    assert told["peak memory, mongod"] == 1024
    assert told["page of timeline p50"] == pytest.approx(100)
    assert (told["idle"], told["disk"]) == (25, 1000)


def test_what_grows_with_the_store_shows_in_the_last_third() -> None:
    steady = [(float(second), second * 10) for second in range(31)]
    slowing = [(0.0, 0), (10.0, 100), (20.0, 200), (50.0, 300)]

    assert slower(steady) == pytest.approx(1)
    assert slower(slowing) == pytest.approx(3)
    assert slower([(0.0, 0), (9.0, 300)]) == pytest.approx(1)
    assert slower([(0.0, 0)]) == 1


def test_every_figure_of_a_run_has_its_metric() -> None:
    assert set(figures_of(a_run())) <= {metric.name for metric in METRICS}


def test_where_the_time_goes_begins_with_the_most_costly() -> None:
    series = [
        Series(contender="ours", metric=Metric(name, ""), values=(value,))
        for name, value in figures_of(a_run()).items()
    ]

    head, first, second, *_ = where_the_time_goes(series).splitlines()

    assert "25 %" in head
    assert first.split()[:4] == ["mongod", "1,000", "µs", "67%"]
    assert second.split()[:3] == ["worker", "of", "audit"]
    assert where_the_time_goes([]) == ""


def arrived(**but: Any) -> Arrived:
    told: dict[str, Any] = {
        "written": {"referral": 10, "strategy": 5, "audit": 2},
        "entries": {"referral": 10, "strategy": 5, "audit": 2},
        "behind": 0,
        "held": 0,
    }
    return Arrived(**told | but)


@pytest.mark.parametrize(
    ("but", "said"),
    [
        ({}, []),
        (
            {"entries": {"referral": 10, "strategy": 4, "audit": 2}},
            ["4 entries of 5 events of strategy"],
        ),
        (
            {"entries": {"referral": 11, "strategy": 5}},
            ["11 entries of 10 events of referral", "0 entries of 2 events of audit"],
        ),
        ({"behind": 1}, ["1 cases whose clocks have not read every entry"]),
        ({"held": 2}, ["2 events held"]),
    ],
)
def test_a_run_is_void_when_a_count_differs(but: dict[str, Any], said: list[str]) -> None:
    assert arrived(**but).faults == said


def test_processor_time_and_memory_are_those_the_kernel_counts() -> None:
    ledger = Ledger({"this": os.getpid(), "nobody": 2**22 + 1})
    before = ledger.costs()["this"]

    sum(number * number for number in range(300_000))

    after = ledger.costs()["this"]
    assert after.since(before).seconds >= 0
    assert after.seconds > 0
    assert after.peak > 2**20
    assert ledger.costs()["nobody"] == Cost(seconds=0, peak=0)


def test_a_component_within_another_is_its_own() -> None:
    below_this = Ledger({"parent": os.getppid(), "this": os.getpid()}).costs()
    alone = Ledger({"this": os.getpid()}).costs()

    assert below_this["this"].peak == pytest.approx(alone["this"].peak, rel=0.1)


def test_idle_is_a_share_of_all_cores() -> None:
    before, after = Cores(idle=10, all=40), Cores(idle=15, all=60)

    assert idle_share(before, after) == 0.25
    assert idle_share(before, before) == 0
