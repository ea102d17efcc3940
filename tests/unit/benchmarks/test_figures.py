"""Figures: what is said of repetitions, of two contenders and of two runs."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.compare import differences
from benchmarks.figures import (
    Metric,
    Series,
    Standing,
    Target,
    changes,
    judge,
    percentile,
    series_from,
    series_to_json,
)

RATE = Metric("rate", "events/s")
WAIT = Metric("wait", "ms", more_is_better=False)


def series(*values: float, contender: str = "ours", metric: Metric = RATE) -> Series:
    return Series(contender=contender, metric=metric, values=values)


def a_run(*kept: Series, **but: Any) -> dict[str, Any]:
    machine = dict.fromkeys(("processor", "cores", "memory_gib", "system", "python"), "one")
    measured = {"name": "relay", "series": [series_to_json(each) for each in kept]}
    return {"machine": machine, "quick": False, "share": 0.01, "measurements": [measured], **but}


def test_a_series_tells_its_middle_and_how_far_apart_its_ends_are() -> None:
    taken = series(100, 120, 90)

    assert (taken.median, taken.low, taken.high) == (100, 90, 120)
    assert taken.spread == pytest.approx(0.3)


def test_a_ratio_is_taken_repetition_by_repetition() -> None:
    target = Target(ours=("ours", "rate"), theirs=("theirs", "rate"), bound=0.5)

    (verdict,) = judge([target], [series(50, 10, 60), series(100, 20, 100, contender="theirs")])

    assert verdict.ratios == (0.5, 0.5, 0.6)
    assert (verdict.ratio, verdict.standing) == (0.5, Standing.MET)


@pytest.mark.parametrize(
    ("at_least", "ours", "standing"),
    [
        (True, 51.0, Standing.MET),
        (True, 49.0, Standing.MISSED),
        (False, 49.0, Standing.MET),
        (False, 51.0, Standing.MISSED),
    ],
)
def test_a_target_is_a_floor_or_a_ceiling(at_least: bool, ours: float, standing: Standing) -> None:
    sides = {"ours": ("ours", "rate"), "theirs": ("theirs", "rate")}
    target = Target(**sides, bound=0.5, at_least=at_least)

    (verdict,) = judge([target], [series(ours), series(100, contender="theirs")])

    assert verdict.standing is standing


def test_a_target_with_a_side_that_was_not_measured_is_neither_met_nor_missed() -> None:
    target = Target(ours=("ours", "rate"), theirs=("theirs", "rate"), bound=0.5)

    (verdict,) = judge([target], [series(50)])

    assert (verdict.ratio, verdict.standing) == (None, Standing.NOT_MEASURED)


def test_a_percentile_is_a_value_that_was_seen() -> None:
    values = [float(each) for each in range(1, 101)]

    assert [percentile(values, part) for part in (0.5, 0.99, 0.999)] == [50, 99, 100]
    assert percentile([7.0], 0.99) == 7


@pytest.mark.parametrize(
    ("metric", "after", "said"),
    [
        (RATE, (200, 210), "better"),
        (RATE, (50, 55), "worse"),
        (RATE, (95, 130), "within the spread"),
        (WAIT, (200, 210), "worse"),
        (WAIT, (50, 55), "better"),
    ],
)
def test_a_change_counts_only_beyond_what_repetitions_differ_by(
    metric: Metric, after: tuple[float, ...], said: str
) -> None:
    before = a_run(series(100, 110, metric=metric))

    (change,) = changes(before, a_run(series(*after, metric=metric)))

    assert change.verdict == said


def test_what_was_nothing_before_and_is_something_is_worse_where_less_is_better() -> None:
    (change,) = changes(a_run(series(0, 0, metric=WAIT)), a_run(series(3, 4, metric=WAIT)))

    assert change.verdict == "worse"


def test_only_figures_of_both_runs_are_compared() -> None:
    both, new = series(1, contender="both"), series(1, contender="new")

    compared = changes(a_run(both), a_run(both, new))

    assert [each.after.contender for each in compared] == ["both"]


def test_a_series_is_read_as_it_was_kept() -> None:
    taken = series(1.5, 2.5, metric=WAIT)

    assert series_from(series_to_json(taken)) == taken


def test_runs_that_are_hard_to_compare_are_told_apart() -> None:
    other = a_run(quick=True, share=0.02)
    other["machine"] = {**other["machine"], "cores": "two"}

    assert differences(a_run(), a_run()) == []
    assert differences(a_run(), other) == [
        "not the same cores: one, then two",
        "one run is quick and the other is not: their sizes differ",
        "not the same share of the year: 0.01, then 0.02",
    ]


def test_a_processor_that_was_slower_in_one_of_the_runs_is_told() -> None:
    fast, slow = a_run(), a_run()
    fast["machine"] = {**fast["machine"], "turns_ms": 4.0}
    slow["machine"] = {**slow["machine"], "turns_ms": 8.0}

    assert differences(fast, fast) == differences(a_run(), slow) == []
    assert differences(fast, slow) == [
        "not the same speed: a piece of Python took 4.0 ms, then 8.0; "
        "compare the ratios of each run, not the figures"
    ]
