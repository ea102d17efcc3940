"""Figures and what follows from them: median and spread, ratios, targets, changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Metric:
    """What a contender is asked for: "rate" in "events/s", more is better."""

    name: str
    unit: str
    more_is_better: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One figure of one contender, a value a repetition."""

    contender: str
    metric: Metric
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The value in the middle."""
        return median(self.values)

    @property
    def low(self) -> float:
        """The smallest value."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The largest value."""
        return max(self.values)

    @property
    def spread(self) -> float:
        """How far the values lie apart, as a part of the median."""
        return (self.high - self.low) / self.median if self.median else 0.0

    def overlaps(self, other: Series) -> bool:
        """Could both be the same figure, as far as their repetitions tell?"""
        return self.low <= other.high and other.low <= self.high


Side = tuple[str, str]
"""A contender and the name of a metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How our figure is to stand to another one of the same run."""

    ours: Side
    theirs: Side
    bound: float
    at_least: bool = True

    @property
    def words(self) -> str:
        """The target as a person says it."""
        (ours, metric), (theirs, their_metric) = self.ours, self.theirs
        than = theirs if metric == their_metric else f"{theirs}, {their_metric}"
        return (
            f"{ours}, {metric}: at {'least' if self.at_least else 'most'} {self.bound:g} x {than}"
        )


class Standing(StrEnum):
    """How a target came out."""

    MET = "met"
    MISSED = "missed"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A target and the ratios that were seen, one a repetition."""

    target: Target
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float | None:
        """The ratio in the middle; None when one side was not measured."""
        return median(self.ratios) if self.ratios else None

    @property
    def standing(self) -> Standing:
        """Whether the target was met, by the median."""
        if self.ratio is None:
            return Standing.NOT_MEASURED
        met = (
            self.ratio >= self.target.bound
            if self.target.at_least
            else self.ratio <= self.target.bound
        )
        return Standing.MET if met else Standing.MISSED


def judge(targets: Iterable[Target], series: Iterable[Series]) -> list[Verdict]:
    """Compare the two sides of each target, repetition by repetition."""
    by_side = {(each.contender, each.metric.name): each.values for each in series}
    return [
        Verdict(
            target=target,
            ratios=_ratios(by_side.get(target.ours, ()), by_side.get(target.theirs, ())),
        )
        for target in targets
    ]


def _ratios(ours: tuple[float, ...], theirs: tuple[float, ...]) -> tuple[float, ...]:
    # A contender that failed half way has fewer repetitions: only those that both have count.
    return tuple(a / b for a, b in zip(ours, theirs, strict=False) if b)


def percentile(values: Iterable[float], part: float) -> float:
    """Return the value that `part` of them do not exceed: 0.99 for p99. By nearest rank."""
    ordered = sorted(values)
    rank = -int(-part * len(ordered) // 1)
    return ordered[max(rank, 1) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure in two runs."""

    measurement: str
    before: Series
    after: Series

    @property
    def part(self) -> float:
        """The change as a part of the earlier median: 0.1 for a tenth more."""
        return self.after.median / self.before.median - 1 if self.before.median else 0.0

    @property
    def verdict(self) -> str:
        """Whether it is better or worse, or no more than what the repetitions differ by."""
        if self.before.overlaps(self.after):
            return "within the spread"
        is_more = self.after.median > self.before.median
        return "better" if is_more == self.after.metric.more_is_better else "worse"


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return the change of each figure that two runs have, in the order of the later one."""
    earlier = dict(_series_of(before))
    return [
        Change(measurement=key[0], before=earlier[key], after=series)
        for key, series in _series_of(after)
        if key in earlier
    ]


def _series_of(run: Mapping[str, Any]) -> Iterable[tuple[tuple[str, str, str], Series]]:
    for measurement in run["measurements"]:
        for each in measurement["series"]:
            series = series_from(each)
            yield (measurement["name"], series.contender, series.metric.name), series


def series_to_json(series: Series) -> dict[str, Any]:
    """Return a series as it is kept; median and spread are for whoever reads the file."""
    return {
        "contender": series.contender,
        "metric": series.metric.name,
        "unit": series.metric.unit,
        "more_is_better": series.metric.more_is_better,
        "values": list(series.values),
        "median": series.median,
        "spread": series.spread,
    }


def series_from(kept: Mapping[str, Any]) -> Series:
    """Read a series that was kept."""
    return Series(
        contender=kept["contender"],
        metric=Metric(kept["metric"], kept["unit"], kept["more_is_better"]),
        values=tuple(kept["values"]),
    )
