"""Hearing an event once: its effect and the note that it was heard are the same single write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final

from shared.events.codes import Role
from shared.events.envelope import Envelope, NotIntact
from shared.events.facts import Fact
from shared.events.registry import fact_of
from shared.rules import Overtaken
from shared.store import Actor, Change, Roots, Write

TRIES: Final = 50

Reaction = Callable[[Any, Any, Envelope, datetime], Change[Any] | None]
"""(state or None, fact, event, now) -> what changes, or None: pure, like every rule."""


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

    def known_head(self, stream: str) -> int:
        """Return the sequence of the last event heard of a stream; 0 for none."""
        subject = stream.split(":", 1)[1]
        return self._roots.load(subject).heard.get(stream, 0)

    def receive(self, event: Envelope) -> Outcome:
        """Apply the event if it is the next of its stream.

        Raises Early when it is not yet its turn, MalformedEvent when it cannot be what it says,
        and whatever a rule raises.
        """
        if not event.is_intact():
            raise NotIntact("the hash does not belong to the event")
        for _ in range(TRIES):
            root = self._roots.load(event.subject)
            known = root.heard.get(event.stream, 0)
            if event.sequence <= known:
                return Outcome.ALREADY_HANDLED
            if event.sequence > known + 1:
                raise Early(known)
            fact = fact_of(event)
            react = self._reactions.get(type(fact))
            at = self._roots.clock.now()
            change = react(root.state, fact, event, at) if react else None
            write = Write(root=root, change=change, by=self._actor, at=at, hearing=event)
            if self._roots.commit(write):
                return Outcome.HANDLED
        raise Overtaken("The record never stopped changing while the event was heard")
