"""The guards, each taken away: the simulation is worth what it says of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from shared.messaging.consumer import Consumer
from shared.messaging.feed import CatchUp
from shared.messaging.relay import LARGEST_BATCH, Relay
from shared.store import Roots, Write

Break = Callable[[pytest.MonkeyPatch], None]


def no_version_condition(patch: pytest.MonkeyPatch) -> None:
    """A write is made whatever happened to the record since it was read."""
    plan = Roots._plan

    def careless(roots: Roots[Any], write: Write[Any]) -> Any:
        made = plan(roots, write)
        condition = {k: v for k, v in made.write.condition.items() if k != "version"}
        return replace(made, write=replace(made.write, condition=condition))

    patch.setattr(Roots, "_plan", careless)


def nothing_noted_as_heard(patch: pytest.MonkeyPatch) -> None:
    """An event has its effect, and nobody notes that it had."""
    plan = Roots._plan

    def forgetful(roots: Roots[Any], write: Write[Any]) -> Any:
        return plan(roots, replace(write, hearing=None))

    patch.setattr(Roots, "_plan", forgetful)


def heard_before_the_effect(patch: pytest.MonkeyPatch) -> None:
    """That an event was heard is one write, and its effect another."""
    commit = Roots.commit_many

    def one(roots: Roots[Any], write: Write[Any]) -> Any:
        if write.hearing and write.change:
            (noted,) = commit(roots, [replace(write, change=None)])
            return noted and commit(roots, [replace(write, root=noted, hearing=None)])[0]
        return commit(roots, [write])[0]

    def in_two_steps(roots: Roots[Any], writes: Sequence[Write[Any]]) -> Any:
        return [one(roots, write) for write in writes]

    patch.setattr(Roots, "commit_many", in_two_steps)


def acknowledged_before_it_is_stored(patch: pytest.MonkeyPatch) -> None:
    """The broker forgets a message before anything became of it."""
    taken = Consumer._on_event

    def hasty(consumer: Consumer, message: Any) -> None:
        message.ack()
        message.ack = lambda **_: None
        taken(consumer, message)

    patch.setattr(Consumer, "_on_event", hasty)


def marked_before_it_is_confirmed(patch: pytest.MonkeyPatch) -> None:
    """What is handed to the broker counts as published."""
    publish = Relay.publish_pending

    def hasty(relay: Relay, refs: Sequence[str] | None = None) -> bool:
        pending = list(relay._streams.pending(LARGEST_BATCH))
        relay._streams.mark_published({e.ref: e.events[-1]["sequence"] for e in pending})
        relay._streams = _Once(relay._streams, pending)
        try:
            return publish(relay)
        finally:
            relay._streams = relay._streams.streams

    patch.setattr(Relay, "publish_pending", hasty)


class _Once:
    """Streams whose pending events were read already."""

    def __init__(self, streams: Any, pending: list[Any]) -> None:
        self.streams = streams
        self._pending = pending

    def pending(self, most: int, refs: Sequence[str] | None = None) -> list[Any]:
        return self._pending

    def mark_published(self, _: Mapping[str, int]) -> None:
        return None


def nothing_asked_of_the_feeds(patch: pytest.MonkeyPatch) -> None:
    """Heads are never compared, so a last event that a broker lost is never missed."""
    patch.setattr(CatchUp, "compare", lambda *_, **__: 0)


GUARDS: Mapping[str, Break] = {
    each.__name__: each
    for each in (
        no_version_condition,
        nothing_noted_as_heard,
        heard_before_the_effect,
        acknowledged_before_it_is_stored,
        marked_before_it_is_confirmed,
        nothing_asked_of_the_feeds,
    )
}
