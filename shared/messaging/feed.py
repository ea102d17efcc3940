"""Asking a service for its own streams, and making up for whatever a broker lost.

Every service serves its streams: `/<service>/feed/<stream>?after=n` and `/<service>/feed/heads`.
A subscriber fills a hole with the first and finds a lost *last* event, which leaves no hole, with
the second; `/<service>/feed/heads-of?stream=…&stream=…` is for who asks of some cases alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final, Protocol

import requests
from pymongo.database import Database

from shared.clock import Clock
from shared.database import durable
from shared.events.envelope import Envelope, MalformedEvent

log = logging.getLogger(__name__)

TIMEOUT_SECONDS: Final = (3, 15)
ASKED_TOGETHER: Final = 50
"""Streams that are named in one question: an address of some two thousand characters."""
OVERLAP: Final = timedelta(minutes=5)
"""How far each comparison looks back, so that clocks that differ a little hide nothing."""
WHOLE_EVERY: Final = timedelta(hours=1)
"""How often all is compared, whatever the marks say: they rest on clocks, and clocks jump."""
COMPARED_TOGETHER: Final = 500
"""Heads, as many as stand on a page of a feed, of which the store is asked in one question."""
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


class FeedUnavailable(Exception):
    """The source did not answer, or not with a feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHead:
    """The head of a stream as its source tells it."""

    stream: str
    sequence: int
    hash: str
    changed_at: datetime


class Feed(Protocol):
    """The streams of other services."""

    def read(self, source: str, stream: str, *, after: int = 0) -> list[Envelope]:
        """Return every event of a stream beyond `after`. Raises FeedUnavailable."""
        ...

    def heads(self, source: str, *, since: datetime = LONG_AGO) -> Iterable[FeedHead]:
        """Yield the heads of all streams changed since a time, oldest first."""
        ...

    def heads_of(self, source: str, streams: Sequence[str]) -> Mapping[str, int]:
        """Return how long those of several streams are that a source has. Raises
        FeedUnavailable."""
        ...

    def time_of(self, source: str) -> datetime:
        """Return what time it is at a source. Raises FeedUnavailable."""
        ...


KnownHeads = Callable[[Sequence[str]], Mapping[str, int]]
"""How far a service has heard each of several streams."""


def with_known(
    heads: Iterable[FeedHead], known_heads: KnownHeads
) -> Iterator[tuple[FeedHead, int]]:
    """Yield each head with how far its stream has been heard here, many asked at once.

    Of one that seems to be behind it is asked anew: it may have come since.
    """
    heads = iter(heads)
    while some := list(islice(heads, COMPARED_TOGETHER)):
        known = known_heads([each.stream for each in some])
        for each in some:
            here = known[each.stream]
            if here < each.sequence:
                here = known_heads([each.stream])[each.stream]
            yield each, here


class FeedMarks(Protocol):
    """How far each source was compared."""

    def compared_until(self, source: str) -> datetime | None:
        """Return up to what time of change a source was compared; None: never."""
        ...

    def raise_to(self, source: str, at: datetime) -> None:
        """Note that a source was compared up to `at`. A mark only rises."""
        ...


class FeedClient:
    """Reads the feeds of other services with the service token."""

    def __init__(self, urls: Mapping[str, str], token: str) -> None:
        self._urls = urls
        self._headers = {"Authorization": f"Bearer {token}"}

    def read(self, source: str, stream: str, *, after: int = 0) -> list[Envelope]:
        """Return every event of a stream beyond `after`. Raises FeedUnavailable."""
        events: list[Envelope] = []
        while True:
            answer = self._get(source, stream, {"after": str(after + len(events))})
            try:
                page = [Envelope.from_wire(each) for each in answer["events"]]
            except (KeyError, TypeError, MalformedEvent) as fault:
                raise FeedUnavailable(f"{source} sent no feed: {type(fault).__name__}") from fault
            events += page
            if not page or not answer.get("more"):
                return events

    def heads(self, source: str, *, since: datetime = LONG_AGO) -> Iterator[FeedHead]:
        """Yield the heads of all streams changed since a time, oldest first."""
        after = ""
        while True:
            answer = self._get(source, "heads", {"since": since.isoformat(), "after": after})
            page = [_head(each) for each in answer["heads"]]
            yield from page
            if not page or not answer.get("more"):
                return
            since, after = page[-1].changed_at, page[-1].stream.split(":", 1)[1]

    def heads_of(self, source: str, streams: Sequence[str]) -> Mapping[str, int]:
        """Return how long those of several streams are that a source has, asked some at a time.

        Raises FeedUnavailable.
        """
        heads: dict[str, int] = {}
        for begin in range(0, len(streams), ASKED_TOGETHER):
            these = list(streams[begin : begin + ASKED_TOGETHER])
            try:
                told = self._get(source, "heads-of", {"stream": these})["heads"]
                heads |= {stream: int(told[stream]) for stream in these if stream in told}
            except (KeyError, TypeError, ValueError) as fault:
                raise FeedUnavailable(f"{source} told no heads: {type(fault).__name__}") from fault
        return heads

    def time_of(self, source: str) -> datetime:
        """Return what time it is at a source. Raises FeedUnavailable."""
        try:
            return datetime.fromisoformat(self._get(source, "clock", {})["now"])
        except (KeyError, TypeError, ValueError) as fault:
            raise FeedUnavailable(f"{source} told no time: {type(fault).__name__}") from fault

    def _get(self, source: str, what: str, query: Mapping[str, str | list[str]]) -> dict[str, Any]:
        service = source.removeprefix("/")
        url = f"{self._urls[service]}/{service}/feed/{what}"
        try:
            answer = requests.get(url, params=query, headers=self._headers, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            body: dict[str, Any] = answer.json()
        except (requests.RequestException, ValueError) as fault:
            raise FeedUnavailable(f"{source} does not answer: {type(fault).__name__}") from fault
        return body


class MongoFeedMarks:
    """The marks of one service, in its database."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._marks = durable(database["feed_marks"])

    def compared_until(self, source: str) -> datetime | None:
        """Return up to what time of change a source was compared; None: never."""
        mark = self._marks.find_one({"_id": source})
        return mark["since"] if mark else None

    def raise_to(self, source: str, at: datetime) -> None:
        """Note that a source was compared up to `at`."""
        self._marks.update_one({"_id": source}, {"$max": {"since": at}}, upsert=True)


class CatchUp:
    """Compares heads with every source at intervals and takes what is missing from its feed."""

    def __init__(
        self,
        marks: FeedMarks,
        feed: Feed,
        clock: Clock,
        *,
        hears: tuple[str, ...],
        known_heads: KnownHeads,
        take: Callable[..., Any],
        is_held: Callable[[Envelope], bool],
    ) -> None:
        self._marks = marks
        self._feed = feed
        self._clock = clock
        self._hears = hears
        self._known_heads = known_heads
        self._take = take
        self._is_held = is_held
        self._whole: dict[str, datetime] = {}
        """When each source was last compared from the beginning, or first at all."""

    def compare(self, *, grace: timedelta = timedelta(0)) -> int:
        """Compare with every source. Returns how many events were missing.

        `grace` leaves out what changed a moment ago: it may be on its way through the broker.
        A source that is away is left for the next time.
        """
        missing = 0
        for source in self._hears:
            try:
                missing += self._compare_with(source, grace)
            except FeedUnavailable as fault:
                log.warning("feed away", extra={"source": source, "reason": str(fault)})
        return missing

    def _compare_with(self, source: str, grace: timedelta) -> int:
        now = self._clock.now()
        since = self._since(source, now)
        newest, missing, all_settled = since, 0, True
        for head, known in with_known(self._feed.heads(source, since=since), self._known_heads):
            # By our clock a time to come is no moment ago: the source's clock is ahead of ours.
            if now - grace < head.changed_at <= now:
                all_settled = False
                continue
            if known < head.sequence:
                missing += self._fetch(source, head.stream, known)
            if all_settled:
                newest = head.changed_at
        if newest > LONG_AGO:
            self._marks.raise_to(source, newest)
        if since == LONG_AGO:
            self._whole[source] = now
        return missing

    def _since(self, source: str, now: datetime) -> datetime:
        mark = self._marks.compared_until(source)
        if mark is None or abs(now - self._whole.setdefault(source, now)) >= WHOLE_EVERY:
            return LONG_AGO
        return mark - OVERLAP

    def _fetch(self, source: str, stream: str, known: int) -> int:
        """Take what is missing of a stream, up to what is held of it: that has its own turn.

        A process that dies of an event begins with that very one the next time: the first is the
        one to be careful with.
        """
        taken = 0
        for event in self._feed.read(source, stream, after=known):
            if self._is_held(event):
                break
            self._take(event, again=taken == 0)
            taken += 1
        if taken:
            log.info("taken from the feed", extra={"stream": stream, "events": taken})
        return taken


def _head(wire: Mapping[str, Any]) -> FeedHead:
    return FeedHead(
        stream=wire["stream"],
        sequence=wire["sequence"],
        hash=wire["hash"],
        changed_at=datetime.fromisoformat(wire["changed_at"]),
    )
