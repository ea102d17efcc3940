"""Hearing an event once: its effect and the note that it was heard are the same single write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final

from shared.events.codes import Role
from shared.events.envelope import Envelope, NotIntact
from shared.events.facts import Fact
from shared.events.registry import fact_of
from shared.rounds import Rounds
from shared.rules import Overtaken
from shared.store import Actor, Change, Root, Roots, Write

TRIES: Final = 50

Reaction = Callable[[Any, Any, Envelope, datetime], Change[Any] | None]
"""(state or None, fact, event, now) -> what changes, or None: pure, like every rule."""

Batch = Rounds[Envelope, "Outcome"]
"""Events that arrived together, by case."""


class Outcome(Enum):
    """What became of an event that arrived."""

    HANDLED = auto()
    """Its effect is stored, and that it was heard."""
    ALREADY_HANDLED = auto()
    """A second copy: nothing was done."""
    NOT_FOR_US = auto()
    """Of a source this service does not hear."""
    TRY_AGAIN = auto()
    """Held in the store, to be tried again after a growing delay."""
    PARK = auto()
    """Held in the store with its reason until a person replays it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """How a service takes events, one or several at once, and how far it has heard streams."""

    receive: Callable[[Envelope], Outcome]
    receive_many: Callable[[Sequence[Envelope]], list[Outcome | None]]
    known_heads: Callable[[Sequence[str]], Mapping[str, int]]


class Early(Exception):
    """An event that came before its predecessors: `known` is the last one heard of its stream."""

    def __init__(self, known: int) -> None:
        super().__init__("an earlier event of this stream has not been heard")
        self.known = known


class Hearer:
    """Applies events to the root documents of one service, in the order of each stream."""

    def __init__(self, roots: Roots[Any], reactions: Mapping[type[Fact], Reaction]) -> None:
        self._roots = roots
        self._reactions = reactions
        self._actor = Actor(roots.source.removeprefix("/"), Role.SERVICE)

    def hearing(self) -> Hearing:
        """Return how events are taken here."""
        return Hearing(
            receive=self.receive, receive_many=self.receive_many, known_heads=self.known_heads
        )

    def known_heads(self, streams: Sequence[str]) -> dict[str, int]:
        """Return the sequence of the last event heard of each stream; 0 for none."""
        found = self._roots.records.find([stream.split(":", 1)[1] for stream in streams])
        heard = zip(streams, found, strict=True)
        return {stream: record.heard.get(stream, 0) for stream, record in heard}

    def receive(self, event: Envelope) -> Outcome:
        """Apply the event if it is the next of its stream.

        Raises Early when it is not yet its turn, MalformedEvent when it cannot be what it says,
        and whatever a rule raises.
        """
        for _ in range(TRIES):
            write = self._write(self._roots.load(event.subject), event)
            if write is None:
                return Outcome.ALREADY_HANDLED
            if self._roots.commit(write):
                return Outcome.HANDLED
        raise Overtaken("The record never stopped changing while the event was heard")

    def receive_many(self, events: Sequence[Envelope]) -> list[Outcome | None]:
        """Apply events as `receive` does: those of different cases in one bulk, those of one case
        in their order.

        None: take this one by itself, and what comes behind it in its case. It is early, not
        intact or overtaken, or a rule refused it: `receive` says which.
        """
        batch: Batch = Rounds(events, lambda event: event.subject)
        roots = {root.ref: root for root in self._roots.load_many(list(batch.waiting))}
        while writes := list(self._next_writes(batch, roots)):
            made = self._roots.commit_many(writes)
            for write, after in zip(writes, made, strict=True):
                if after is None:
                    batch.leave(write.root.ref)
                else:
                    roots[after.ref] = after
                    batch.settle(after.ref, Outcome.HANDLED)
        return batch.outcomes

    def _next_writes(self, batch: Batch, roots: Mapping[str, Root[Any]]) -> Iterator[Write[Any]]:
        """Yield the next write of each case that has one."""
        for ref in list(batch.waiting):
            while (event := batch.next_of(ref)) is not None:
                try:
                    write = self._write(roots[ref], event)
                except Exception:  # whatever it is, `receive` says it of this one event
                    batch.leave(ref)
                    break
                if write is not None:
                    yield write
                    break
                batch.settle(ref, Outcome.ALREADY_HANDLED)

    def _write(self, root: Root[Any], event: Envelope) -> Write[Any] | None:
        """Return what the event changes of a record; None if it was heard before."""
        if not event.is_intact():
            raise NotIntact("the hash does not belong to the event")
        known = root.heard.get(event.stream, 0)
        if event.sequence <= known:
            return None
        if event.sequence > known + 1:
            raise Early(known)
        fact = fact_of(event)
        react = self._reactions.get(type(fact))
        at = self._roots.clock.now()
        change = react(root.state, fact, event, at) if react else None
        return Write(root=root, change=change, by=self._actor, at=at, hearing=event)
