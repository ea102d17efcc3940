"""What happens to an event that arrives, from the queue or from a feed: one of five outcomes.

Nothing is ever acknowledged away. What cannot be handled is held in the store, with its cause,
before the broker hears that it was taken; and while the store itself is away nothing is taken.

What comes *again* (delivered again, from a feed, out of the held ones) is noted before it is
handled: the process may have died of it the last time, and a note is what ends such a circle.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from marshmallow import ValidationError
from pymongo.errors import PyMongoError

from shared.events.envelope import Envelope, MalformedEvent, parse
from shared.faults import Point, reached
from shared.hearing import Early, Hearing, Outcome
from shared.messaging.causes import Cause, cause_of, in_words
from shared.messaging.feed import Feed, FeedUnavailable
from shared.messaging.held import Held, HeldEvents, Kind
from shared.messaging.holding import key_of, key_of_body
from shared.rules import Overtaken, RuleBroken

log = logging.getLogger(__name__)

HOPELESS: Final = (MalformedEvent, RuleBroken, ValidationError, TypeError, KeyError, ValueError)
"""Another try with the same event would end the same way."""
STILL_HELD: Final = (Outcome.TRY_AGAIN, Outcome.PARK)


class StoreAway(Exception):
    """The database does not answer: stop consuming, acknowledge nothing, wait for it."""


class SourceAway(Early):
    """What is missing before an event cannot be asked for: its source does not answer."""


class Listener:
    """Takes events for one service."""

    def __init__(
        self,
        hears: tuple[str, ...],
        hearing: Hearing,
        held: HeldEvents,
        feed: Feed,
        *,
        count: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        """`count` is told of each event that is held for another try or parked."""
        self.hears = hears
        self.held = held
        self._receive, self._receive_many = hearing.receive, hearing.receive_many
        self._feed = feed
        self._count = count

    def take_body(self, body: bytes, *, again: bool = False) -> Outcome:
        """Take a message as it came. Raises StoreAway and nothing else."""
        try:
            return self._take_body(body, again=again)
        except PyMongoError as fault:
            raise StoreAway(type(fault).__name__) from fault

    def take_bodies(self, bodies: Sequence[bytes]) -> Iterator[Outcome]:
        """Take messages that came for the first time, as one batch, and yield what became of each,
        in their order; what was yielded may be acknowledged. Raises StoreAway and nothing else;
        then what was not yielded is to be taken again.

        What a batch does not settle is taken one by one, in the order in which it came: whatever
        is wrong with it is nobody else's fault.
        """
        try:
            settled = self._settled_together(bodies) if len(bodies) > 1 else {}
            for place, body in enumerate(bodies):
                yield settled.get(place) or self._take_body(body, again=False)
        except PyMongoError as fault:
            raise StoreAway(type(fault).__name__) from fault

    def take(self, event: Envelope, *, again: bool = False) -> Outcome:
        """Take an event. Raises StoreAway and nothing else."""
        try:
            return self._take(event, again=again)
        except PyMongoError as fault:
            raise StoreAway(type(fault).__name__) from fault

    def ask_store(self) -> None:
        """Return if the store answers. Raises StoreAway."""
        try:
            self.held.oldest(Kind.RETRY)
        except PyMongoError as fault:
            raise StoreAway(type(fault).__name__) from fault

    def try_again_what_is_due(self) -> int:
        """Try held events that are due, and what waits behind them. Returns how many left."""
        try:
            return sum(self._try_held(held) for held in self.held.due())
        except PyMongoError as fault:
            raise StoreAway(type(fault).__name__) from fault

    def _settled_together(self, bodies: Sequence[bytes]) -> dict[int, Outcome]:
        """Return, by place, what became of the messages that a batch can settle."""
        events = {}
        for place, body in enumerate(bodies):
            with suppress(MalformedEvent):
                if (event := parse(body)).source in self.hears:
                    events[place] = event
        reached(Point.CONSUMER_BEFORE_HANDLING)
        try:
            outcomes = self._receive_many(list(events.values()))
        except PyMongoError:
            raise
        except Exception as fault:
            log.warning("a batch is taken one by one", extra={"reason": type(fault).__name__})
            return {}
        reached(Point.CONSUMER_AFTER_HANDLING)
        return {place: outcome for place, outcome in zip(events, outcomes, strict=True) if outcome}

    def _take_body(self, body: bytes, *, again: bool) -> Outcome:
        try:
            event = parse(body)
        except MalformedEvent as fault:
            log.error("unreadable message parked", extra={"reason": str(fault)})
            self.held.park_unreadable(body, str(fault))
            self._count(Outcome.PARK)
            return Outcome.PARK
        return self._take(event, again=again)

    def _take(self, event: Envelope, *, again: bool) -> Outcome:
        if event.source not in self.hears:
            return Outcome.NOT_FOR_US
        if again and not self.held.begin(event):
            words = "the process died each time that it was handled"
            return self._park(event, Cause.DELIVERED_TOO_OFTEN, words)
        outcome = self._handle(event)
        if outcome in STILL_HELD:
            reached(Point.HELD_AFTER_HOLDING)
        elif again:
            reached(Point.HELD_BEFORE_RELEASE)
            self.held.release(key_of(event))
        return outcome

    def _handle(self, event: Envelope) -> Outcome:
        try:
            return self._attempt(event)
        except SourceAway:
            words = "an earlier event of this case is missing, and its source does not answer"
            return self._try_later(event, Cause.SOURCE_AWAY, words)
        except Early:
            if self.held.holds_up(event.stream, before=event.sequence):
                self.held.wait_behind(event)
                return Outcome.TRY_AGAIN
            words = "an earlier event of this case is missing"
            return self._try_later(event, Cause.PREDECESSOR_MISSING, words)
        except PyMongoError:
            raise
        except Exception as fault:
            hopeless = isinstance(fault, HOPELESS) and not isinstance(fault, Overtaken)
            hold = self._park if hopeless else self._try_later
            return hold(event, cause_of(fault), in_words(fault))

    def _attempt(self, event: Envelope) -> Outcome:
        """Receive the event; when it is early, first what its source says is missing."""
        reached(Point.CONSUMER_BEFORE_HANDLING)
        try:
            outcome = self._receive(event)
        except Early as early:
            if self.held.holds_up(event.stream, before=event.sequence):
                raise
            for missing in self._missing(event, early.known):
                # Each stands for itself: what is wrong with it is not this event's fault.
                if self._handle(missing) in STILL_HELD:
                    raise
            outcome = self._receive(event)
        reached(Point.CONSUMER_AFTER_HANDLING)
        return outcome

    def _missing(self, event: Envelope, known: int) -> list[Envelope]:
        try:
            found = self._feed.read(event.source, event.stream, after=known)
        except FeedUnavailable:
            raise SourceAway(known) from None
        return [each for each in found if each.sequence < event.sequence]

    def _try_later(self, event: Envelope, cause: Cause, reason: str) -> Outcome:
        if self.held.try_later(event, cause, reason) is Kind.PARKED:
            return self._park(event, cause, reason)
        log.warning(
            "event held for another try",
            extra={
                "event_id": event.id,
                "type": event.type,
                "stream": event.stream,
                "cause": cause,
            },
        )
        self._count(Outcome.TRY_AGAIN)
        return Outcome.TRY_AGAIN

    def _park(self, event: Envelope, cause: Cause, reason: str) -> Outcome:
        own = cause is not Cause.NOT_INTACT and self._is_the_sources_own(event)
        if not own and cause is not Cause.NOT_INTACT:
            cause, reason = Cause.OUT_OF_PLACE, "its source does not hold it"
        self.held.park(event, cause, reason, own=own)
        log.error(
            "event parked",
            extra={
                "event_id": event.id,
                "type": event.type,
                "stream": event.stream,
                "cause": cause,
            },
        )
        self._count(Outcome.PARK)
        return Outcome.PARK

    def _is_the_sources_own(self, event: Envelope) -> bool:
        """Ask the source; while it does not answer, the event is believed."""
        try:
            found = self._feed.read(event.source, event.stream, after=event.sequence - 1)
        except FeedUnavailable:
            return True
        return bool(found) and found[0].hash == event.hash

    def _try_held(self, held: Held) -> int:
        """Try one held event and, once it is handled, those that wait behind it."""
        left = 0
        for each in [held, *self.held.waiting_behind(held)]:
            outcome = self._take_body(each.body, again=True)
            if outcome not in STILL_HELD:
                left += 1
            elif each.key == key_of_body(each.body):
                break
            # Handled; or readable by now, and held under the key of the event that it is.
            self.held.release(each.key)
            if outcome in STILL_HELD:
                break
        else:
            self._follow(held)
        return left

    def _follow(self, held: Held) -> None:
        """Take what the source wrote next: the broker may have lost it while this was held."""
        if not held.own:
            return
        first = parse(held.body)
        try:
            later = self._feed.read(first.source, first.stream, after=first.sequence)
        except FeedUnavailable:
            return
        for place, event in enumerate(later):
            if self._take(event, again=place == 0) in STILL_HELD:
                break
