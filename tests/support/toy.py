"""Two small services for testing the plumbing by itself: one says facts, one hears them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.clock import SystemClock
from shared.database import connect
from shared.events.codes import InformedBy, Role
from shared.events.envelope import Envelope
from shared.events.referral import ReferrerInformed
from shared.hearing import Hearer, Hearing, Outcome
from shared.messaging.feed import (
    LONG_AGO,
    CatchUp,
    FeedClient,
    FeedHead,
    FeedUnavailable,
    MongoFeedMarks,
)
from shared.messaging.held import HeldEvents
from shared.messaging.listener import Listener
from shared.mongo_records import MongoRecords, RootDocument
from shared.settings import Settings
from shared.store import Actor, Change, Roots
from shared.streams import Streams

SOMEBODY = Actor("somebody-demo", Role.MASH_MANAGER)


class SpeakerDocument(RootDocument):
    """Root documents of the service that speaks."""

    meta = {"collection": "speakers", "db_alias": "toy_speaker"}


class HearerDocument(RootDocument):
    """Root documents of the service that hears."""

    meta = {"collection": "hearers", "db_alias": "toy_hearer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A state that counts."""

    value: int = 0
    order: tuple[int, ...] = field(default=())


def speak(state: Count | None, at: datetime) -> Change[Count]:
    """Count one more and say so."""
    before = state or Count()
    fact = ReferrerInformed(informed_by=InformedBy.TELEPHONE)
    return Change(replace(before, value=before.value + 1), (fact,))


def note(state: Count | None, fact: Any, event: Envelope, at: datetime) -> Change[Count]:
    """Note the place of an event that was heard."""
    before = state or Count()
    heard = replace(before, value=before.value + 1, order=(*before.order, event.sequence))
    return Change(heard, (ReferrerInformed(informed_by=InformedBy.LETTER),))


class DirectFeed(FeedClient):
    """Reads the speaker's streams without HTTP; it can be away."""

    def __init__(self, streams: Streams) -> None:
        super().__init__({}, "")
        self.streams = streams
        self.away = False

    def read(self, source: str, stream: str, *, after: int = 0) -> list[Envelope]:
        """Return what the speaker holds beyond `after`."""
        if self.away:
            raise FeedUnavailable("away")
        wires = self.streams.read(stream.split(":", 1)[1], after=after)
        return [Envelope.from_wire(wire) for wire in wires]

    def heads(self, source: str, *, since: datetime = LONG_AGO) -> Iterator[FeedHead]:
        """Return the heads of what the speaker holds."""
        if self.away:
            raise FeedUnavailable("away")
        for head in self.streams.heads(since=since):
            yield FeedHead(**asdict(head))


class Toy:
    """A speaker and a hearer on one real store."""

    def __init__(self, settings: Settings, react: Any = note, *, fresh: bool = True) -> None:
        clock = SystemClock()
        connect("toy_speaker", settings)
        database = connect("toy_hearer", settings)
        if fresh:
            database.client.drop_database("golden_thread_toy_speaker")
            database.client.drop_database("golden_thread_toy_hearer")
        self.speakers = Roots(MongoRecords(SpeakerDocument), Count, source="/referral", clock=clock)
        self.hearers = Roots(MongoRecords(HearerDocument), Count, source="/strategy", clock=clock)
        self.speakers.records.ensure_indexes()
        self.database = database
        self.streams = Streams(self.speakers)
        self.held = HeldEvents(database, clock)
        self.feed = DirectFeed(self.streams)
        self.hearer = Hearer(self.hearers, {ReferrerInformed: react})
        self.listener = Listener(("/referral",), self.hearing(), self.held, self.feed)
        self.outcomes: list[Outcome] = []
        self.catch_up = CatchUp(
            MongoFeedMarks(database),
            self.feed,
            clock,
            hears=("/referral",),
            known_heads=self.hearer.known_heads,
            take=self.listener.take,
            is_held=self.held.is_held,
        )

    def hearing(self) -> Hearing:
        """Return how events are taken; what became of them is remembered."""
        return Hearing(
            receive=self.receive,
            receive_many=self.receive_many,
            known_heads=self.hearer.known_heads,
        )

    def receive(self, event: Envelope) -> Outcome:
        """Receive, and remember what became of it."""
        outcome = self.hearer.receive(event)
        self.outcomes.append(outcome)
        return outcome

    def receive_many(self, events: Sequence[Envelope]) -> list[Outcome | None]:
        """Receive several, and remember what became of them."""
        outcomes = self.hearer.receive_many(events)
        self.outcomes += filter(None, outcomes)
        return outcomes

    def say(self, ref: str, times: int = 1) -> None:
        """Write facts on one record of the speaker."""
        for _ in range(times):
            self.speakers.act(ref, speak, by=SOMEBODY)

    def said(self, ref: str) -> list[Envelope]:
        """Return the stream of one record of the speaker."""
        return [Envelope.from_wire(wire) for wire in self.streams.read(ref)]

    def heard(self, ref: str) -> Count:
        """Return what the hearer noted of one record."""
        return self.hearers.load(ref).state or Count()
