"""Feeds in memory: the streams of other services, read without HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from shared.clock import Clock
from shared.events.envelope import Envelope
from shared.messaging.feed import LONG_AGO, FeedHead, FeedUnavailable
from shared.streams import Streams
from tests.models.stops import At, unhindered


class MemoryFeed:
    """Reads the streams of each source in pages, as the feed does."""

    def __init__(
        self, sources: Mapping[str, Streams], clock: Clock, at: At = unhindered, *, page: int = 500
    ) -> None:
        self._sources = sources
        self._clock = clock
        self._at = at
        self._page = page

    def read(self, source: str, stream: str, *, after: int = 0) -> list[Envelope]:
        """Return every event of a stream beyond `after`."""
        ref, events = stream.split(":", 1)[1], list[Envelope]()
        while True:
            self._at("ask a feed for a stream", FeedUnavailable)
            page = self._sources[source].read(ref, after=after + len(events), most=self._page)
            events += [Envelope.from_wire(wire) for wire in page]
            if len(page) < self._page:
                return events

    def heads(self, source: str, *, since: datetime = LONG_AGO) -> Iterator[FeedHead]:
        """Yield the heads of all streams changed since a time."""
        after = ""
        while True:
            self._at("ask a feed for heads", FeedUnavailable)
            page = self._sources[source].heads(since=since, after_ref=after, most=self._page)
            for each in page:
                yield FeedHead(
                    stream=each.stream,
                    sequence=each.sequence,
                    hash=each.hash,
                    changed_at=each.changed_at,
                )
            if len(page) < self._page:
                return
            since, after = page[-1].changed_at, page[-1].stream.split(":", 1)[1]

    def heads_of(self, source: str, streams: Sequence[str]) -> Mapping[str, int]:
        """Return how long those of several streams are that a source has."""
        self._at("ask a feed for some heads", FeedUnavailable)
        return self._sources[source].heads_of(streams)

    def time_of(self, source: str) -> datetime:
        """Return what time it is at a source."""
        self._at("ask a feed for the time", FeedUnavailable)
        return self._clock.now()
