"""How a service fares, all in one: what the operations page shows and its interface tells."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from shared.messaging.abreast import Look
from shared.messaging.causes import EXPLANATIONS, Cause, Explanation
from shared.messaging.held import Held, HeldEvents
from shared.watch.alarms import Measure, Reading
from shared.watch.book import Entry
from shared.watch.deeds import Deed
from shared.watch.heartbeats import Part, Tally
from shared.watch.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """What is parked of one cause, oldest first, and what that means."""

    cause: Cause
    explanation: Explanation
    events: tuple[Held, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a service fares at one moment."""

    alarms: tuple[Entry, ...]
    readings: tuple[Reading, ...]
    parked: tuple[Parked, ...]
    parts: tuple[Part, ...]
    looks: tuple[Look, ...]
    counted: dict[Tally, int]
    lately: tuple[Entry, ...]
    deeds: tuple[Deed, ...]

    @property
    def waiting_since(self) -> datetime | None:
        """Return since when the line is delayed: what waits for the broker beyond its limit."""
        late = [each for each in self.alarms if each.rule.measure is Measure.UNPUBLISHED]
        return late[0].since if late else None


def report(watch: Watch, held: HeldEvents) -> Report:
    """Gather how a service fares now. Raises what the store raises when it is away."""
    return Report(
        alarms=tuple(watch.book.standing()),
        readings=watch.gauges.read(),
        parked=parked_by_cause(held),
        parts=tuple(watch.heartbeats.parts()),
        looks=tuple(watch.abreast.seen()),
        counted=watch.heartbeats.totals(),
        lately=tuple(watch.book.lately()),
        deeds=tuple(watch.deeds.lately()),
    )


def parked_by_cause(held: HeldEvents) -> tuple[Parked, ...]:
    """Return what is parked, grouped by cause."""
    groups: dict[Cause, list[Held]] = defaultdict(list)
    for each in held.parked():
        groups[each.cause].append(each)
    return tuple(
        Parked(cause=cause, explanation=EXPLANATIONS[cause], events=tuple(groups[cause]))
        for cause in Cause
        if cause in groups
    )
