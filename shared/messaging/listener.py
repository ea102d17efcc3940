"""What happens to an event that arrives, from the queue or from a feed: one of five outcomes.

Nothing is ever acknowledged away. What cannot be handled is held in the store, with its reason,
before the broker hears that it was taken; and while the store itself is away nothing is taken.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from marshmallow import ValidationError
from pymongo.errors import PyMongoError

from shared.events.envelope import Envelope, MalformedEvent, parse
from shared.faults import Point, reached
from shared.hearing import Early, Outcome
from shared.messaging.feed import Feed, FeedUnavailable
from shared.messaging.held import Held, HeldEvents, Kind
from shared.rules import Overtaken, RuleBroken

log = logging.getLogger(__name__)

HOPELESS: Final = (MalformedEvent, RuleBroken, ValidationError, TypeError, KeyError, ValueError)
"""Another try with the same event would end the same way."""


class StoreAway(Exception):
    """The database does not answer: stop consuming, acknowledge nothing, wait for it."""


class Listener:
    """Takes events for one service."""

    def __init__(
        self,
        hears: tuple[str, ...],
        receive: Callable[[Envelope], Outcome],
        held: HeldEvents,
        feed: Feed,
    ) -> None:
        self.hears = hears
        self.held = held
        self._receive = receive
        self._feed = feed

    def take_body(self, body: bytes) -> Outcome:
        """Take a message as it came. Raises StoreAway and nothing else."""
        try:
            return self._take_body(body)
        except PyMongoError as fault:
            raise StoreAway(type(fault).__name__) from fault

    def take(self, event: Envelope) -> Outcome:
        """Take an event. Raises StoreAway and nothing else."""
        try:
            return self._take(event)
        except PyMongoError as fault:
            raise StoreAway(type(fault).__name__) from fault

    def park_body(self, body: bytes, reason: str) -> None:
        """Park a message that the broker gave up delivering. Raises StoreAway."""
        try:
            try:
                self.held.park(parse(body), reason)
            except MalformedEvent:
                self.held.park_unreadable(body, reason)
        except PyMongoError as fault:
            raise StoreAway(type(fault).__name__) from fault

    def try_again_what_is_due(self) -> int:
        """Try held events that are due, and what waits behind them. Returns how many left."""
        try:
            return sum(self._try_held(held) for held in self.held.due())
        except PyMongoError as fault:
            raise StoreAway(type(fault).__name__) from fault

    def _take_body(self, body: bytes) -> Outcome:
        try:
            event = parse(body)
        except MalformedEvent as fault:
            log.error("unreadable message parked", extra={"reason": str(fault)})
            self.held.park_unreadable(body, str(fault))
            return Outcome.PARK
        return self._take(event)

    def _take(self, event: Envelope) -> Outcome:
        if event.source not in self.hears:
            return Outcome.NOT_FOR_US
        try:
            return self._attempt(event)
        except Early:
            if self.held.is_held(event.stream, before=event.sequence):
                self.held.wait_behind(event)
                return Outcome.TRY_AGAIN
            return self._hold(event, Kind.RETRY, "an earlier event of this case is missing")
        except PyMongoError:
            raise
        except Exception as fault:
            hopeless = isinstance(fault, HOPELESS) and not isinstance(fault, Overtaken)
            return self._hold(event, Kind.PARKED if hopeless else Kind.RETRY, _in_words(fault))

    def _attempt(self, event: Envelope) -> Outcome:
        """Receive the event; when it is early, first receive what its source says is missing."""
        reached(Point.CONSUMER_BEFORE_HANDLING)
        try:
            outcome = self._receive(event)
        except Early as early:
            if self.held.is_held(event.stream, before=event.sequence):
                raise
            for missing in self._missing(event, early.known):
                self._receive(missing)
            outcome = self._receive(event)
        reached(Point.CONSUMER_AFTER_HANDLING)
        return outcome

    def _missing(self, event: Envelope, known: int) -> list[Envelope]:
        try:
            found = self._feed.read(event.source, event.stream, after=known)
        except FeedUnavailable:
            raise Early(known) from None
        return [each for each in found if each.sequence < event.sequence]

    def _hold(self, event: Envelope, kind: Kind, reason: str) -> Outcome:
        if kind is Kind.PARKED:
            self.held.park(event, reason)
        else:
            kind = self.held.try_later(event, reason)
        parked = kind is Kind.PARKED
        log.log(
            logging.ERROR if parked else logging.WARNING,
            "event parked" if parked else "event held for another try",
            extra={"event_id": event.id, "type": event.type, "stream": event.stream},
        )
        return Outcome.PARK if parked else Outcome.TRY_AGAIN

    def _try_held(self, held: Held) -> int:
        """Try one held event and, once it is handled, those that wait behind it."""
        left = 0
        for each in [held, *self.held.of_stream(held.stream or "")]:
            if left and (each.key == held.key or each.kind is not Kind.WAITING):
                continue
            if self._take_body(each.body) in (Outcome.TRY_AGAIN, Outcome.PARK):
                break
            self.held.release(each.key)
            left += 1
        return left


def _in_words(fault: Exception) -> str:
    # Only contract and rule errors word themselves for people; others could repeat what they hold.
    if isinstance(fault, (MalformedEvent, RuleBroken)):
        return str(fault)
    return f"the handler failed: {type(fault).__name__}"
