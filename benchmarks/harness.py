"""How a figure is taken: a repetition that does not count, then one of each contender in turn."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from benchmarks.figures import Metric, Series, Side, Target, Verdict, judge, series_to_json

log = logging.getLogger(__name__)

RATE: Final = Metric("rate", "events/s")


class NotMeasured(Exception):
    """A repetition that proves nothing: not everything that was to happen has happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to do the work of a measurement. `once` does it and returns a value a metric."""

    name: str
    once: Callable[[], Mapping[str, float]] = dict
    missing: str | None = None
    """Why it cannot be measured here at all."""
    optional: bool = False
    """May it be missing from a complete run? It stands in the table all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What is measured, by whom it is done, and how ours is to stand to theirs."""

    name: str
    about: str
    metrics: Sequence[Metric]
    contenders: Sequence[Contender]
    targets: Sequence[Target] = ()
    most: int | None = None
    """Repetitions that are enough, where one takes long and warms up by itself: it then has none
    that does not count."""
    picture: Callable[[Sequence[Series]], str] = lambda series: ""
    """What is shown below the table."""


class Prepare(Protocol):
    """What a module of a measurement offers: it makes ready, yields, and tidies up."""

    def __call__(self, bench: Any, /) -> AbstractContextManager[Measurement]:
        """Make ready."""
        ...


@dataclass(slots=True, kw_only=True)
class Measured:
    """The figures of one measurement, and who has none and why."""

    measurement: Measurement
    series: list[Series] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Has everybody figures who must have some?"""
        optional = {each.name for each in self.measurement.contenders if each.optional}
        return not self.faults.keys() - optional

    @property
    def verdicts(self) -> list[Verdict]:
        """How the targets came out."""
        return judge(self.measurement.targets, self.series)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {
            "name": self.measurement.name,
            "about": self.measurement.about,
            "series": [series_to_json(each) for each in self.series],
            "faults": self.faults,
            "verdicts": [
                {
                    "target": verdict.target.words,
                    "ratio": verdict.ratio,
                    "ratios": list(verdict.ratios),
                    "standing": verdict.standing.value,
                }
                for verdict in self.verdicts
            ],
        }


def measure_all(
    prepare: Callable[[], AbstractContextManager[Measurement]],
    name: str,
    *,
    repetitions: int,
    say: Callable[[str], None] = lambda words: None,
) -> Measured:
    """Make ready and take the figures. What cannot be made ready is told, and no more."""
    empty = Measurement(name=name, about="could not be made ready", metrics=(), contenders=())
    measured = Measured(measurement=empty)
    try:
        with prepare() as measurement:
            measured = measure(measurement, repetitions=repetitions, say=say)
    except Exception as fault:
        log.debug("measurement failed", exc_info=True)
        measured.faults[name] = told(fault)
    return measured


def told(fault: Exception) -> str:
    """Return a fault in one line."""
    return f"{type(fault).__name__}: {fault}".splitlines()[0][:300]


def measure(
    measurement: Measurement,
    *,
    repetitions: int,
    say: Callable[[str], None] = lambda words: None,
) -> Measured:
    """Take the figures. What drifts while it runs, drifts for every contender alike.

    A contender that fails is out, with its reason; the others go on.
    """
    measured = Measured(measurement=measurement)
    measured.faults = {each.name: each.missing for each in measurement.contenders if each.missing}
    readings: dict[str, list[Mapping[str, float]]] = {
        each.name: [] for each in measurement.contenders
    }
    most = measurement.most
    first, last = (0, repetitions) if most is None else (1, min(most, repetitions))
    for repetition in range(first, last + 1):
        for contender in measurement.contenders:
            if contender.name in measured.faults:
                continue
            turn = f"{repetition} of {last}" if repetition else "warming up"
            say(f"{measurement.name}: {contender.name}, {turn}")
            try:
                reading = contender.once()
            except Exception as fault:
                log.debug("contender failed", exc_info=True)
                measured.faults[contender.name] = told(fault)
                continue
            if repetition:
                readings[contender.name].append(reading)
    measured.series = [
        Series(
            contender=name,
            metric=metric,
            values=tuple(each[metric.name] for each in taken if metric.name in each),
        )
        for name, taken in readings.items()
        for metric in measurement.metrics
        if any(metric.name in each for each in taken)
    ]
    return measured


@dataclass(slots=True)
class Stopwatch:
    """How long a block took."""

    seconds: float = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Time a block."""
    watch = Stopwatch()
    began = time.perf_counter()
    try:
        yield watch
    finally:
        watch.seconds = time.perf_counter() - began


def must_be(found: int, wanted: int, what: str) -> None:
    """Raise NotMeasured unless as many are there as were to be."""
    if found != wanted:
        raise NotMeasured(f"{found} of {wanted} {what}")


def at_least(ours: Side, bound: float, theirs: Side) -> Target:
    """Our figure is to be at least `bound` times theirs."""
    return Target(ours=ours, theirs=theirs, bound=bound)


def at_most(ours: Side, bound: float, theirs: Side) -> Target:
    """Our figure is to be at most `bound` times theirs."""
    return Target(ours=ours, theirs=theirs, bound=bound, at_least=False)
