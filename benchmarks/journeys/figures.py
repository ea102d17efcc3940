"""The figures of a run, what they mean for a whole year, and where the time goes as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.figures import Metric, Series, percentile
from benchmarks.journeys.costs import Cost
from benchmarks.journeys.lines import THE_YEAR

HOUR: Final = 3600.0
MIB: Final = 2**20
COMPONENTS: Final = (
    "import",
    "web of referral",
    "web of strategy",
    "web of audit",
    "worker of referral",
    "worker of strategy",
    "worker of audit",
    "mongod",
    "rabbitmq",
    "measuring",
)
PAGES: Final = ("timeline", "worklist")
PARTS: Final = {"p50": 0.5, "p99": 0.99, "highest": 1.0}
BAR: Final = 40
"""Columns of the longest bar."""

HOURS: Final = Metric("a year", "hours", more_is_better=False)
EVENTS: Final = Metric("events a referral", "events")


def _less(name: str, unit: str) -> Metric:
    return Metric(name, unit, more_is_better=False)


METRICS: Final = (
    HOURS,
    _less("a year, import alone", "hours"),
    _less("a year, promises still to be said", "hours"),
    Metric("referrals", "referrals"),
    Metric("events", "events"),
    EVENTS,
    Metric("events a referral, without audit's", "events"),
    _less("steps refused", "steps"),
    _less("last third of the steps, to the first", "x"),
    _less("seconds", "s"),
    Metric("rate", "events/s"),
    Metric("referrals a second", "referrals/s"),
    _less("idle", "% of all cores"),
    *(_less(f"processor, {name}", "µs/event") for name in (*COMPONENTS, "all")),
    *(_less(f"processor time, {name}", "s") for name in (*COMPONENTS, "all")),
    *(_less(f"peak memory, {name}", "MiB") for name in COMPONENTS),
    *(_less(f"page of {page} {part}", "ms") for page in PAGES for part in PARTS),
    _less("disk", "bytes/event"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lap:
    """How long a run took from its first step, in seconds."""

    imported: float
    """Until every step was taken or refused."""
    lines: float
    """Until every event of referral and strategy was on a timeline."""
    all: float
    """Until audit had said what there was to say, and that was on the timelines too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was counted and measured of one run."""

    referrals: int
    events: Mapping[str, int]
    """By the service that wrote them."""
    refused: int
    slower: float
    """How many times as long the last third of the steps took as the first."""
    lap: Lap
    costs: Mapping[str, Cost]
    idle: float
    pages: Mapping[str, Sequence[float]]
    """Seconds of each answer, by page."""
    disk: int
    """Bytes that the run added."""


def hours_for_a_year(seconds: float, referrals: int) -> float:
    """Return how many hours the year's referrals take at this pace.

    A projection in proportion: what grows with the store, grows beyond it.
    """
    return seconds / referrals * THE_YEAR / HOUR


def slower(seen: Sequence[tuple[float, int]]) -> float:
    """Return how many times as long the last third of the steps took as the first.

    `seen`: a second, and how many steps were settled by then, from the first to the last.
    """
    whole = seen[-1][1]
    if not whole:
        return 1.0
    begins, ends = (_second_of(seen, whole * part) for part in (1 / 3, 2 / 3))
    first, last = begins - seen[0][0], seen[-1][0] - ends
    return last / first if first else 1.0


def _second_of(seen: Sequence[tuple[float, int]], settled: float) -> float:
    """Return the second at which so many were settled: between two looks, in proportion."""
    before = seen[0]
    for look in seen:
        if look[1] >= settled and look[1] > before[1]:
            part = (settled - before[1]) / (look[1] - before[1])
            return before[0] + part * (look[0] - before[0])
        before = look
    return seen[-1][0]


def figures_of(run: Run) -> dict[str, float]:
    """Return the value of every metric."""
    events = sum(run.events.values())
    processor = {name: cost.seconds for name, cost in run.costs.items()}
    processor["all"] = sum(processor.values())
    return {
        HOURS.name: hours_for_a_year(run.lap.all, run.referrals),
        "a year, import alone": hours_for_a_year(run.lap.imported, run.referrals),
        "a year, promises still to be said": hours_for_a_year(run.lap.lines, run.referrals),
        "referrals": run.referrals,
        "events": events,
        EVENTS.name: events / run.referrals,
        "events a referral, without audit's": (events - run.events["audit"]) / run.referrals,
        "steps refused": run.refused,
        "last third of the steps, to the first": run.slower,
        "seconds": run.lap.all,
        "rate": events / run.lap.all,
        "referrals a second": run.referrals / run.lap.all,
        "idle": run.idle * 100,
        **{f"processor, {name}": used / events * 1e6 for name, used in processor.items()},
        **{f"processor time, {name}": used for name, used in processor.items()},
        **{f"peak memory, {name}": cost.peak / MIB for name, cost in run.costs.items()},
        **{
            f"page of {page} {name}": percentile(seconds, part) * 1000
            for page, seconds in run.pages.items()
            for name, part in PARTS.items()
        },
        "disk": run.disk / events,
    }


def where_the_time_goes(series: Sequence[Series]) -> str:
    """Return a bar a component: its processor time for each event, the most costly first."""
    told = {each.metric.name: each.median for each in series}
    cost = {name: told.get(f"processor, {name}", 0.0) for name in COMPONENTS}
    longest, whole = max(cost.values()), sum(cost.values())
    if not whole:
        return ""
    rows = [
        f"  {name:<20} {used:>8,.0f} µs {used / whole:>4.0%} {'█' * round(used / longest * BAR)}"
        for name, used in sorted(cost.items(), key=lambda each: -each[1])
    ]
    head = f"processor time for each event, {told['idle']:.0f} % of all cores idle"
    return "\n".join([head, *rows])
