"""Taking the readings of one service: from its store alone, whoever else is away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from pymongo.database import Database
from pymongo.errors import OperationFailure

from shared.clock import Clock
from shared.messaging.abreast import Abreast
from shared.messaging.held import HeldEvents, Kind
from shared.streams import Streams
from shared.watch.alarms import Measure, Reading
from shared.watch.heartbeats import Heartbeats

AUTOMATIC: Final = (Kind.RETRY, Kind.WAITING)
"""Kinds of held events that go on by themselves."""


class Gauges:
    """Reads one service."""

    def __init__(
        self,
        *,
        database: Database[dict[str, Any]],
        clock: Clock,
        streams: Streams,
        held: HeldEvents,
        abreast: Abreast,
        heartbeats: Heartbeats,
        parts: tuple[str, ...],
        found_by_jobs: tuple[Measure, ...],
        more: Callable[[datetime], Iterable[Reading]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._streams = streams
        self._held = held
        self._abreast = abreast
        self._heartbeats = heartbeats
        self._parts = parts
        self._found_by_jobs = found_by_jobs
        self._more = more
        self._began = time.monotonic()

    def read(self) -> tuple[Reading, ...]:
        """Take every reading. Raises what the store raises when it is away."""
        now = self._clock.now()
        return (
            _age(Measure.UNPUBLISHED, self._streams.oldest_unpublished(), now),
            *self._of_the_sources(now),
            *self._of_the_held(now),
            *self._of_the_parts(),
            *self._of_the_jobs(),
            *self._of_the_disk(),
            *self._more(now),
        )

    def _of_the_sources(self, now: datetime) -> Iterator[Reading]:
        for look in self._abreast.seen():
            yield _age(Measure.UNHEARD, look.unheard_since, now, look.source)
            yield _age(Measure.FEED_AWAY, look.away_since, now, look.source)
            skew = abs(look.skew_seconds)
            yield Reading(measure=Measure.CLOCK_SKEW, value=skew, subject=look.source)

    def _of_the_held(self, now: datetime) -> Iterator[Reading]:
        for kind in AUTOMATIC:
            yield _age(Measure.HELD, self._held.oldest(kind), now, kind.value)
        for cause, count, since in self._held.parked_by_cause():
            yield Reading(measure=Measure.PARKED, value=count, subject=cause.value, since=since)

    def _of_the_parts(self) -> Iterator[Reading]:
        watched = time.monotonic() - self._began
        silences = self._heartbeats.silences(self._parts, watched_seconds=watched)
        for part, seconds in silences.items():
            yield Reading(measure=Measure.SILENT, value=seconds, subject=part)

    def _of_the_jobs(self) -> Iterator[Reading]:
        for measure in self._found_by_jobs:
            yield Reading(measure=measure, value=self._heartbeats.found(measure.value))

    def _of_the_disk(self) -> Iterator[Reading]:
        try:
            stats = self._database.command("dbStats")
        except OperationFailure:
            return  # this user may not ask: everything else is still watched
        if total := stats.get("fsTotalSize"):
            used = round(100 * stats["fsUsedSize"] / total, 1)
            yield Reading(measure=Measure.DISK_FULL, value=used)


def _age(measure: Measure, since: datetime | None, now: datetime, subject: str = "") -> Reading:
    age = max(0.0, (now - since).total_seconds()) if since else 0.0
    return Reading(measure=measure, value=age, subject=subject, since=since)
