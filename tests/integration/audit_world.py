"""Audit on a real store, beside services whose streams a test holds in its hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask

from services.audit import app
from services.audit.documents import (
    AnnouncementsDocument,
    CaseProjectionDocument,
    EntryDocument,
    MongoArchive,
)
from services.audit.domain.announcing import Announcements
from services.audit.handlers import keeping, promises
from services.audit.handlers.oversight import Oversight
from services.audit.queries import Reading
from shared.database import collection_of, connect
from shared.events.envelope import Envelope
from shared.hearing import Outcome
from shared.messaging.feed import LONG_AGO, FeedClient, FeedHead, FeedUnavailable
from shared.mongo_records import MongoRecords
from shared.practice import load_time_limits
from shared.settings import Settings
from shared.store import Roots
from shared.streams import Streams
from tests.conftest import environment
from tests.unit.audit.lines import CASE


@dataclass
class SetClock:
    """A clock that a test sets."""

    at: datetime

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self.at


@dataclass
class HeldFeed(FeedClient):
    """The services' own streams, as a test says they are; a source can be away."""

    streams: dict[str, list[Envelope]] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def wrote(self, events: Iterable[Envelope]) -> None:
        """Say that the services wrote these events."""
        for event in events:
            self.streams.setdefault(event.stream, []).append(event)

    def read(self, source: str, stream: str, *, after: int = 0) -> list[Envelope]:
        """Return a stream beyond `after`."""
        self.asked.append(stream)
        if source in self.away:
            raise FeedUnavailable("away")
        return [each for each in self.streams.get(stream, []) if each.sequence > after]

    def heads_of(self, source: str, streams: Sequence[str]) -> Mapping[str, int]:
        """Return how long several streams of a source are."""
        self.asked.append(source)
        if source in self.away:
            raise FeedUnavailable("away")
        return {it: self.streams[it][-1].sequence for it in streams if it in self.streams}

    def heads(self, source: str, *, since: datetime = LONG_AGO) -> Iterator[FeedHead]:
        """Yield the head of every stream of a source."""
        if source in self.away:
            raise FeedUnavailable("away")
        for stream, events in self.streams.items():
            if stream.startswith(f"{source.removeprefix('/')}:"):
                last = events[-1]
                yield FeedHead(
                    stream=stream, sequence=last.sequence, hash=last.hash, changed_at=last.time
                )


def audit_settings(folder: Path, mongo_url: str) -> Settings:
    """Return settings of a service whose feeds are nowhere."""
    return Settings.from_env(environment(folder, mongo_url))


class AuditWorld:
    """The audit service without a broker: events are handed to it by the test."""

    def __init__(self, settings: Settings, at: datetime) -> None:
        self.settings = settings
        self.clock = SetClock(at)
        self.feed = HeldFeed()
        self.database = connect("audit", settings)
        self.limits = load_time_limits()
        records = MongoRecords(AnnouncementsDocument)
        self.roots = Roots(records, Announcements, source="/audit", clock=self.clock)
        self.oversight = Oversight(
            archive=MongoArchive(),
            announcements=self.roots,
            limits=self.limits,
            clock=self.clock,
            feed=self.feed,
        )
        self.reading = Reading(
            archive=MongoArchive(), limits=self.limits, names=str, clock=self.clock, feed=self.feed
        )
        # Emptied, not dropped: making the indexes again would be most of the time of a test.
        for name in self.database.list_collection_names():
            self.database[name].delete_many({})
        self.roots.records.ensure_indexes()
        EntryDocument.ensure_indexes()
        CaseProjectionDocument.ensure_indexes()

    def hears(self, *events: Envelope) -> list[Outcome]:
        """Receive events one by one."""
        return [keeping.receive(each, self.oversight) for each in events]

    def sweeps(self, at: datetime) -> int:
        """Sweep at a moment."""
        self.clock.at = at
        return promises.sweep(self.oversight)

    def said(self, ref: str = CASE) -> list[dict[str, Any]]:
        """Return what audit itself has published about a case."""
        return Streams(self.roots).read(ref)

    def said_types(self, ref: str = CASE) -> list[str]:
        """Return the types of what audit has published, without their prefix."""
        return [each["type"].removeprefix("audit.clock-") for each in self.said(ref)]

    def case(self, ref: str = CASE) -> dict[str, Any] | None:
        """Return the stored projection of a case."""
        return collection_of(CaseProjectionDocument).find_one({"_id": ref})

    def entries(self) -> list[str]:
        """Return the keys of all entries."""
        return sorted(each["_id"] for each in collection_of(EntryDocument).find({}, {"_id": 1}))

    def web(self) -> Flask:
        """Return the pages and the API, on the world's clock and feed."""
        return app.web_app(
            self.settings,
            self.clock,
            database=self.database,
            limits=self.limits,
            feed=self.feed,
        )
