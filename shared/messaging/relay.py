"""The relay: publishes what no broker has confirmed yet, in order, and raises the marker.

The process that wrote an event nudges its relay at once; a sweep picks up whatever a crash left
behind. No user waits for the broker. A crash between publishing and raising the marker sends a
duplicate, never a loss.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.events.envelope import canonical
from shared.faults import Point, reached
from shared.messaging.publisher import Outgoing, Publisher, PublishFailed
from shared.streams import Streams

log = logging.getLogger(__name__)

LARGEST_BATCH: Final = 20_000
"""Records that are read in one pass, part by part."""
IN_THE_AIR: Final = 2000
"""Events that are handed to the broker before their confirms are waited for. After each such part
the broker is idle until the next one comes; and many markers raised at once cost the store less."""
FEW: Final = 100
"""Records whose markers may still be down while it is looked what else was written."""
LONGEST_PAUSE: Final = 15.0


class Relay:
    """One thread that empties the unpublished events of one service."""

    def __init__(
        self,
        streams: Streams,
        connect: Callable[[], Publisher],
        *,
        sweep_seconds: float,
        published: Callable[[int], None] = lambda count: None,
        in_the_air: int = IN_THE_AIR,
    ) -> None:
        """`published` is told how many events the broker confirmed."""
        self._streams = streams
        self._connect = connect
        self._sweep_seconds = sweep_seconds
        self._published = published
        self._in_the_air = in_the_air
        self._publisher: Publisher | None = None
        self.last_alive = time.monotonic()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self.unroutable = 0
        """How many events of the last batch no queue was bound for."""

    def nudge(self) -> None:
        """Say that there is something to publish."""
        self._wake.set()

    def stop(self) -> None:
        """Ask the loop to end."""
        self._stop.set()
        self._wake.set()

    def run(self) -> None:
        """Publish until stopped; a broker that is away is tried again, for ever."""
        pause = 0.5
        while not self._stop.is_set():
            self._wake.wait(self._sweep_seconds)
            self._wake.clear()
            try:
                while not self._stop.is_set() and self.publish_pending():
                    pause = 0.5
            except PublishFailed as fault:
                log.warning("broker away", extra={"reason": str(fault), "retry_seconds": pause})
                self._drop()
                self._stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                self._wake.set()
            except Exception:
                log.exception("relay failed; it tries again")
                self._drop()
                self._stop.wait(pause)
        self._drop()

    def publish_pending(self) -> bool:
        """Publish one batch, part by part. Returns True if it went out whole and there may be more.

        Raises PublishFailed when the broker cannot be trusted with it.
        """
        self.last_alive = time.monotonic()
        self.unroutable = 0
        batch = _Batch(self._streams, self._in_the_air)
        if batch.part is None:
            return False
        try:
            while batch.part and not self.unroutable and not self._stop.is_set():
                batch.landed(self._publish(batch.part.messages, batch.meanwhile))
                self.last_alive = time.monotonic()
                if not batch.part and not self.unroutable:
                    batch.look_again()
        except PublishFailed:
            batch.note()
            raise
        batch.note()
        reached(Point.RELAY_AFTER_CONFIRM)
        return not self.unroutable

    def _publish(self, part: list[Outgoing], meanwhile: Callable[[], None]) -> set[int]:
        self._publisher = self._publisher or self._connect()
        reached(Point.RELAY_BEFORE_PUBLISH)
        confirmed = self._publisher.publish(part, meanwhile)
        reached(Point.RELAY_AFTER_PUBLISH)
        self._published(len(confirmed))
        self.unroutable = len(part) - len(confirmed)
        if self.unroutable:
            refused = sorted({part[i].routing_key for i in range(len(part)) if i not in confirmed})
            log.error("events not routed; no queue is bound for them", extra={"types": refused})
        return confirmed

    def _drop(self) -> None:
        if self._publisher:
            self._publisher.close()
            self._publisher = None


@dataclass(slots=True)
class _Part:
    """What is in the air together: messages, and of which record each is, at which sequence."""

    messages: list[Outgoing] = field(default_factory=list)
    owners: list[tuple[str, int]] = field(default_factory=list)


class _Batch:
    """What goes out in one pass: `part` is the next to be handed to the broker, or in the air."""

    def __init__(self, streams: Streams, most: int) -> None:
        self._streams, self._most = streams, most
        self._out: dict[str, int] = {}
        """What the broker confirmed of the part that landed last, by record."""
        self._after: _Part | None = None
        self._parts = _parts(streams, most, self._out)
        self.part = next(self._parts, None)

    def look_again(self) -> None:
        """Read what was written meanwhile, before the last markers are raised: it need not wait
        for them. After a large part it does: all that is out would be read again."""
        if len(self._out) <= FEW:
            self._parts = _parts(self._streams, self._most, self._out)
            self.part = next(self._parts, None)

    def meanwhile(self) -> None:
        """Note what is out of the part before, and read the part after, so that the store works
        while the broker does."""
        self.note()
        self._after = next(self._parts, None)

    def landed(self, confirmed: set[int]) -> None:
        """Go on to the part after."""
        if self.part:
            self._out = _unbroken(self.part.owners, confirmed)
        self.part, self._after = self._after, None

    def note(self) -> None:
        """Raise the markers over it."""
        self._streams.mark_published(self._out)


def _parts(streams: Streams, most: int, out: Mapping[str, int]) -> Iterator[_Part]:
    part = _Part()
    for pending in streams.pending(LARGEST_BATCH):
        for event in pending.events:
            if event["sequence"] <= out.get(pending.ref, 0):
                continue
            part.messages.append(Outgoing(event["id"], event["type"], canonical(event)))
            part.owners.append((pending.ref, event["sequence"]))
            if len(part.owners) == most:
                yield part
                part = _Part()
    if part.owners:
        yield part


def _unbroken(owners: list[tuple[str, int]], confirmed: set[int]) -> dict[str, int]:
    """Return, per record, the last sequence up to which everything was confirmed: an event that
    was not routed holds the later ones of its record, and of no other."""
    upto: dict[str, int] = {}
    held: set[str] = set()
    for place, (ref, sequence) in enumerate(owners):
        if place not in confirmed:
            held.add(ref)
        elif ref not in held:
            upto[ref] = sequence
    return upto
