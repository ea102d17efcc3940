"""The watch over one service, put together."""

from __future__ import annotations

from dataclasses import dataclass

from shared.messaging.abreast import Abreast
from shared.messaging.held import HeldEvents
from shared.service import Service
from shared.streams import Streams
from shared.watch.alarms import Measure
from shared.watch.book import AlarmBook
from shared.watch.deeds import Deeds
from shared.watch.heartbeats import Heartbeats, Pulse
from shared.watch.measuring import Gauges
from shared.watch.telling import Teller
from shared.watch.watcher import Watcher

PARTS: tuple[str, ...] = ("relay",)
PARTS_THAT_HEAR: tuple[str, ...] = ("consumer", "held", "catch-up", "abreast")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What knows how a service fares, in one of its processes."""

    pulse: Pulse
    abreast: Abreast
    heartbeats: Heartbeats
    gauges: Gauges
    book: AlarmBook
    deeds: Deeds
    watcher: Watcher

    def ensure_indexes(self) -> None:
        """Create every index that is missing."""
        self.heartbeats.ensure_indexes()
        self.book.ensure_indexes()
        self.deeds.ensure_indexes()


def watch_over(
    service: Service, *, pulse: Pulse, streams: Streams, held: HeldEvents, abreast: Abreast
) -> Watch:
    """Put the watch over a service together. Opens nothing."""
    heartbeats = Heartbeats(service.database)
    gauges = Gauges(
        database=service.database,
        clock=service.clock,
        streams=streams,
        held=held,
        abreast=abreast,
        heartbeats=heartbeats,
        parts=parts_of(service),
        found_by_jobs=(
            Measure.TOPOLOGY_MISSING,
            *(job.measure for job in service.jobs if job.measure),
        ),
        more=service.readings,
    )
    book = AlarmBook(service.database)
    watcher = Watcher(
        service=service.name,
        clock=service.clock,
        pulse=pulse,
        heartbeats=heartbeats,
        measure=gauges.read,
        book=book,
        teller=Teller(service.name, service.settings.alarm_url),
    )
    return Watch(
        pulse=pulse,
        abreast=abreast,
        heartbeats=heartbeats,
        gauges=gauges,
        book=book,
        deeds=Deeds(service.database, service.clock),
        watcher=watcher,
    )


def parts_of(service: Service) -> tuple[str, ...]:
    """Return the parts of a service that must be alive in some process of it."""
    hearing = PARTS_THAT_HEAR if service.hears else ()
    return (*PARTS, *hearing, *(job.name for job in service.jobs))
