"""The harness: whose turn it is, what counts, and what becomes of who fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from benchmarks.harness import RATE, Contender, Measurement, NotMeasured, measure, measure_all


def a_measurement(*contenders: Contender) -> Measurement:
    return Measurement(name="made up", about="", metrics=[RATE], contenders=contenders)


def counting(turns: list[str], name: str) -> Callable[[], Mapping[str, float]]:
    def once() -> Mapping[str, float]:
        turns.append(name)
        return {"rate": float(len(turns))}

    return once


def test_contenders_take_turns_and_the_first_does_not_count() -> None:
    turns: list[str] = []
    both = [Contender(name=name, once=counting(turns, name)) for name in ("a", "b")]

    measured = measure(a_measurement(*both), repetitions=2)

    assert turns == ["a", "b"] * 3
    assert [each.values for each in measured.series] == [(3, 5), (4, 6)]


def test_what_takes_long_and_warms_up_by_itself_is_measured_seldom() -> None:
    turns: list[str] = []
    long = replace(a_measurement(Contender(name="a", once=counting(turns, "a"))), most=2)

    measured = measure(long, repetitions=5)

    assert measured.series[0].values == (1, 2)
    assert measure(long, repetitions=1).series[0].values == (3,)


def test_one_that_fails_is_told_with_its_reason_and_the_others_go_on() -> None:
    turns: list[str] = []

    def fail() -> Mapping[str, float]:
        raise NotMeasured("9 of 10 events stored")

    failing = Contender(name="a", once=fail)
    measured = measure(
        a_measurement(failing, Contender(name="b", once=counting(turns, "b"))), repetitions=1
    )

    assert measured.faults == {"a": "NotMeasured: 9 of 10 events stored"}
    assert [each.contender for each in measured.series] == ["b"]


def test_one_that_cannot_be_had_is_never_asked() -> None:
    measured = measure(
        a_measurement(Contender(name="a", missing="not installed: no wheel")), repetitions=1
    )

    assert (measured.series, measured.faults) == ([], {"a": "not installed: no wheel"})
    assert not measured.complete


def test_a_run_is_complete_without_one_that_may_be_missing() -> None:
    measured = measure(
        a_measurement(Contender(name="a", missing="no PostgreSQL here", optional=True)),
        repetitions=1,
    )

    assert measured.faults
    assert measured.complete


def test_a_measurement_that_cannot_be_made_ready_is_told() -> None:
    @contextmanager
    def prepare() -> Iterator[Measurement]:
        raise NotMeasured("no broker")
        yield a_measurement()

    measured = measure_all(prepare, "made up", repetitions=1)

    assert measured.faults == {"made up": "NotMeasured: no broker"}
