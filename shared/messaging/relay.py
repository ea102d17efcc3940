"""The relay: publishes what no broker has confirmed yet, in order, and raises the marker.

The process that wrote an event nudges its relay at once, and that relay publishes it; a sweep picks
up whatever a crash left behind: what it finds unmoved since the sweep before. So the relays of a
service, one in each process, do not all publish the same. No user waits for the broker. A crash
between publishing and raising the marker sends a duplicate, never a loss.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from shared.events.envelope import canonical
from shared.faults import Point, reached
from shared.messaging.publisher import Outgoing, Publisher, PublishFailed
from shared.records import Pending
from shared.streams import Streams

log = logging.getLogger(__name__)

Refs = Sequence[str] | None
"""Of which records; None: of all."""

LARGEST_BATCH: Final = 20_000
"""Records that are read in one pass, part by part."""
IN_THE_AIR: Final = 2000
"""Events that are handed to the broker before their confirms are waited for. After each such part
the broker is idle until the next one comes; and many markers raised at once cost the store less."""
OWN_AT_ONCE: Final = 1000
"""Records that are named in one question."""
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
        self._own: set[str] = set()
        """Records that this process wrote to since they were published last."""
        self._lock = threading.Lock()
        self._waited: dict[str, int] | None = None
        """What the last sweep saw waiting, and how much of each was out."""
        self._next_sweep = time.monotonic()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self.unroutable = 0
        """How many events of the last batch no queue was bound for."""

    def nudge(self, refs: Iterable[str]) -> None:
        """Say that this process wrote something of these records that is to be published."""
        with self._lock:
            self._own |= set(refs)
        self._wake.set()

    def stop(self) -> None:
        """Ask the loop to end."""
        self._stop.set()
        self._wake.set()

    def run(self) -> None:
        """Publish until stopped; a broker that is away is tried again, for ever."""
        pause = 0.5
        while not self._stop.is_set():
            self._wake.wait(max(0.0, self._next_sweep - time.monotonic()))
            self._wake.clear()
            self.last_alive = time.monotonic()
            try:
                self.publish_own()
                if time.monotonic() >= self._next_sweep:
                    self.sweep()
                    self._next_sweep = time.monotonic() + self._sweep_seconds
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

    def publish_own(self) -> None:
        """Publish what this process wrote. What the broker has no queue for is left to a sweep.

        Raises PublishFailed when the broker cannot be trusted with it.
        """
        taken: set[str] = set()

        def written_meanwhile() -> list[str]:
            with self._lock:
                own = list(islice(self._own, OWN_AT_ONCE))
                self._own -= set(own)
            for ref in own:
                taken.add(ref)
            return own

        try:
            while not self._stop.is_set() and self._publish_of(written_meanwhile):
                taken.clear()
        except BaseException:
            self.nudge(taken)
            raise

    def sweep(self) -> None:
        """Publish what others left: all that waits when this process begins, later what has not
        moved since the sweep before. Clocks are not asked: they may be put back.

        Raises PublishFailed when the broker cannot be trusted with it.
        """
        if self._waited is None:
            while not self._stop.is_set() and self.publish_pending():
                pass
        before, self._waited = self._waited or {}, self._streams.unpublished(LARGEST_BATCH)
        left = [ref for ref, out in self._waited.items() if before.get(ref) == out]
        for begin in range(0, len(left), OWN_AT_ONCE):
            self.publish_pending(left[begin : begin + OWN_AT_ONCE])

    def publish_pending(self, refs: Sequence[str] | None = None) -> bool:
        """Publish one batch, of all records or of some, part by part. Returns True if it went out
        whole and there may be more.

        Raises PublishFailed when the broker cannot be trusted with it.
        """
        return self._publish_of(lambda: refs)

    def _publish_of(self, of: Callable[[], Refs]) -> bool:
        self.last_alive = time.monotonic()
        self.unroutable = 0
        batch = _Batch(self._streams, of, self._in_the_air)
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

    def __init__(self, streams: Streams, of: Callable[[], Refs], most: int) -> None:
        self._streams, self._of, self._most = streams, of, most
        self._out: dict[str, int] = {}
        """What the broker confirmed of the part that landed last, by record."""
        self.part: _Part | None = None
        self._after: _Part | None = None
        self.look_again()

    def look_again(self) -> None:
        """Read what was written meanwhile, before the last markers are raised: it need not wait
        for them. After a large part it does: all that is out would be read again."""
        if len(self._out) <= FEW:
            pending = self._streams.pending(LARGEST_BATCH, self._of())
            self._parts = _parts(pending, self._most, self._out)
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


def _parts(pending: Iterable[Pending], most: int, out: Mapping[str, int]) -> Iterator[_Part]:
    part = _Part()
    for each in pending:
        for event in each.events:
            if event["sequence"] <= out.get(each.ref, 0):
                continue
            part.messages.append(Outgoing(event["id"], event["type"], canonical(event)))
            part.owners.append((each.ref, event["sequence"]))
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
