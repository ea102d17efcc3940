"""Reading the streams a service wrote: for the relay, for the feed, for verification."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from shared.events.seal import stream_of
from shared.records import Pending
from shared.store import Roots

MOST_AT_ONCE: Final = 500
"""Events or heads in one answer of a feed, and events of one stream in one pass of the relay."""

SET_BACK: Final = timedelta(minutes=10)
"""Comparisons come more often than this, so that none of them misses what bears an earlier time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How long a stream is, the hash of its last event, and when that was written."""

    stream: str
    sequence: int
    hash: str
    changed_at: datetime


class Streams:
    """The streams of one service, by the name "<service>:<case reference>"."""

    def __init__(self, roots: Roots[Any]) -> None:
        self._records = roots.records
        self._source = roots.source
        self._clock = roots.clock
        self._of_ours = stream_of(roots.source, "")

    def pending(
        self, most: int = MOST_AT_ONCE, refs: Sequence[str] | None = None
    ) -> Iterator[Pending]:
        """Yield what has not left yet, of all records or of some, the longest waiting first."""
        none_named = refs is not None and not refs
        return iter(()) if none_named else self._records.pending(most, refs)

    def unpublished(self, most: int) -> dict[str, int]:
        """Return, of the records that have waited longest, how much of each is out."""
        return self._records.unpublished(most)

    def mark_published(self, confirmed: Mapping[str, int]) -> None:
        """Note that the broker confirmed the events of each record up to a sequence."""
        if confirmed:
            self._records.raise_markers(confirmed)

    def oldest_unpublished(self) -> datetime | None:
        """Return since when the longest-waiting event waits for the broker."""
        return self._records.oldest_unpublished()

    def read(self, ref: str, *, after: int = 0, most: int = MOST_AT_ONCE) -> list[dict[str, Any]]:
        """Return events of one record beyond `after`, in order, in wire form."""
        return self._records.events(ref, after=after, most=most)

    def heads_of(self, streams: Iterable[str]) -> dict[str, int]:
        """Return how long those of several streams are that are held here."""
        refs = [name.partition(":")[2] for name in streams if name.startswith(self._of_ours)]
        lengths = self._records.lengths(refs)
        return {stream_of(self._source, ref): long for ref, long in lengths.items() if long}

    def heads(
        self, *, since: datetime, after_ref: str = "", most: int = MOST_AT_ONCE
    ) -> list[Head]:
        """Return the heads of streams changed at or after `since`, oldest change first.

        `after_ref` continues a page: with the `changed_at` and the reference of its last head.
        Whoever begins at a time to come saw our clock before it was set back: what was written
        since then bears earlier times, and is told too.
        """
        if not after_ref and since > (now := self._clock.now()):
            since = now - SET_BACK
        return [
            Head(
                stream=stream_of(self._source, tail.ref),
                sequence=tail.version,
                hash=tail.hash,
                changed_at=tail.changed_at,
            )
            for tail in self._records.tails(since=since, after_ref=after_ref, most=most)
        ]
