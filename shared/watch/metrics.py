"""The metrics of one service in the format of Prometheus: readings as they are, counts as kept.

References and codes only, like everywhere: a label is a source, a part of a worker, a kind or a
cause. While the store is away only that can be said, and it is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from shared.messaging.abreast import Look
from shared.watch.alarms import RULES, Alarm, Measure, Reading, Rule, Unit
from shared.watch.heartbeats import Tally

PREFIX: Final = "golden_thread"
STORE_UP: Final = f"{PREFIX}_store_up"
ALARM: Final = f"{PREFIX}_alarm"
HEARD_UNTIL: Final = f"{PREFIX}_heard_until_timestamp_seconds"
PARKED_SINCE: Final = f"{PREFIX}_parked_since_timestamp_seconds"
"""Times, not ages, as Prometheus has it: `time() - …` is the age, also while nothing is scraped."""
_COUNTED: Final = {
    Tally.COMMANDS: "Changes that people and other systems made through the web process",
    Tally.PUBLISHED: "Events that the broker confirmed",
    Tally.HANDLED: "Events heard and handled",
    Tally.ALREADY_HANDLED: "Further copies of events that had been handled; they change nothing",
    Tally.RETRIED: "Events held for another try",
    Tally.PARKED: "Events parked for a person",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Everything that is exported of one service at one moment."""

    service: str
    store_up: bool
    readings: tuple[Reading, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    looks: tuple[Look, ...] = ()
    totals: dict[Tally, int] = field(default_factory=dict)


def metric_of(rule: Rule) -> str:
    """Return the name of the metric that a rule looks at."""
    name = f"{PREFIX}_{rule.measure.value.replace('-', '_')}"
    return name if rule.unit is Unit.COUNT else f"{name}_{rule.unit.value}"


def metric_names() -> frozenset[str]:
    """Return the name of every metric there is."""
    counters = {f"{PREFIX}_{tally.value}_total" for tally in Tally}
    return frozenset(
        {STORE_UP, ALARM, HEARD_UNTIL, PARKED_SINCE, *counters, *map(metric_of, RULES)}
    )


def exposition(sample: Sample) -> bytes:
    """Return what a scrape reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(sample))
    return generate_latest(registry)


class _Given(Collector):
    """Hands a sample over as the library wants it."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Yield every metric."""
        sample = self._sample
        up = [((), float(sample.store_up))]
        yield self._gauge(STORE_UP, "1 while the database answers, else 0", (), up)
        if not sample.store_up:
            return
        for rule in RULES:
            found = [((r.subject,), r.value) for r in sample.readings if r.measure is rule.measure]
            yield self._gauge(metric_of(rule), rule.measured, ("subject",), found)
        standing = [((a.rule.measure.value, a.reading.subject), 1.0) for a in sample.alarms]
        yield self._gauge(ALARM, "1 for each alarm that stands", ("alarm", "subject"), standing)
        yield self._gauge(
            HEARD_UNTIL,
            "Everything a source wrote up to then has been heard or is held here",
            ("subject",),
            [((at.source,), at.heard_until.timestamp()) for at in sample.looks if at.heard_until],
        )
        yield self._gauge(
            PARKED_SINCE,
            "When the longest parked event of a cause was parked",
            ("subject",),
            [
                ((each.subject,), each.since.timestamp())
                for each in sample.readings
                if each.measure is Measure.PARKED and each.since
            ],
        )
        for tally, words in _COUNTED.items():
            counter = CounterMetricFamily(f"{PREFIX}_{tally.value}", words, labels=("service",))
            counter.add_metric((sample.service,), float(sample.totals.get(tally, 0)))
            yield counter

    def _gauge(
        self,
        name: str,
        words: str,
        labels: tuple[str, ...],
        found: Iterable[tuple[tuple[str, ...], float]],
    ) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily(name, words, labels=("service", *labels))
        for subjects, value in found:
            gauge.add_metric((self._sample.service, *subjects), value)
        return gauge
