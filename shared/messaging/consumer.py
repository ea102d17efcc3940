"""The consumer: takes messages from the service's queue and hands each to the listener.

kombu connects, declares and drains; everything it would decide by itself is taken from it. It hands
over raw bodies (`on_message`), so it never decodes; and no exception of a handler reaches it. After
any failure the connection is thrown away, what the service needs at the broker is declared again,
and consuming begins anew: also when the broker took the queue away, which it says with a message
that kombu's own loop would answer by asking for the missing queue for ever.

What is here at a moment is taken as one batch; nothing is waited for to make it larger.

One message at a time at first, and many only when a row of them came for the first time: on a
quorum queue a crash counts against every message that was handed out, and one that kills the
process must not take its neighbours with it.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Final

from amqp.exceptions import InternalError
from kombu import Connection, Message
from kombu import Consumer as Subscription

from shared.hearing import Outcome
from shared.messaging.listener import Listener, StoreAway
from shared.messaging.topology import (
    connection,
    declare,
    events_queue,
    is_rabbitmq,
    parking_queue,
    replace_dead,
)
from shared.messaging.unopened import CANNOT_OPEN, take_first

log = logging.getLogger(__name__)

CAREFUL: Final = 1
PREFETCH: Final = 500
"""Also the largest batch."""
AT_ONCE: Final = 0.001
"""Seconds: how long the next message of a batch is waited for."""
LONGEST_SILENCE: Final = 2.0
"""Seconds: after which what is taken of a batch is acknowledged although the batch is not done."""
CLEAN: Final = 20
"""Messages in a row that came for the first time, after which many are taken at once."""
SHORTEST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 10.0


class Consumer:
    """Consumes one service's queue and its parking queue until stopped."""

    def __init__(self, amqp_url: str, service: str, listener: Listener) -> None:
        self._amqp_url = amqp_url
        self._service = service
        self._listener = listener
        self._rabbitmq = is_rabbitmq(amqp_url)
        self._prefetch = CAREFUL
        self._clean = 0
        self._batch: list[Message] = []
        """Messages that came for the first time and wait to be taken together."""
        self._pause = SHORTEST_PAUSE
        self._stopping = threading.Event()
        self.last_alive = time.monotonic()
        self.taken = 0
        """Messages acknowledged since it began."""

    def stop(self) -> None:
        """Ask the loop to end."""
        self._stopping.set()

    def run_until_stopped(self) -> None:
        """Consume; after any failure begin again with a new connection, carefully."""
        while not self._stopping.is_set():
            try:
                self._consume()
            except _AllClear:
                self._prefetch, self._batch = PREFETCH, []
                continue
            except StoreAway as fault:
                log.warning("store away; nothing is taken", extra={"reason": str(fault)})
            except (InternalError, OSError) as fault:
                # The broker may be away, or have a queue that it cannot give out.
                log.warning("consumer lost its broker", extra={"reason": type(fault).__name__})
                self._replace_dead()
            except CANNOT_OPEN as fault:
                log.warning("a message cannot be opened", extra={"reason": type(fault).__name__})
                self._take_unopened()
            except Exception as fault:
                log.warning("consumer lost its broker", extra={"reason": type(fault).__name__})
            self._prefetch, self._clean = CAREFUL, 0
            self._batch = []
            self._stopping.wait(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _consume(self) -> None:
        # Nothing is fetched for a store that is away: each return would count as a delivery.
        self._listener.ask_store()
        declare(self._amqp_url, self._service, self._listener.hears)
        opened = connection(self._amqp_url)
        try:
            for each in self._subscriptions(opened):
                each.consume()
            while not self._stopping.is_set():
                self.last_alive = time.monotonic()
                self._drain(opened)
        finally:
            # Not cancelled first: what still arrives meanwhile would be taken, and acknowledged
            # together with what came before it and was not.
            opened.collect()

    def _replace_dead(self) -> None:
        try:
            replace_dead(self._amqp_url, self._service)
        except Exception as fault:  # the broker is away as well: it is looked at again next time
            log.warning("queues not looked at", extra={"reason": type(fault).__name__})

    def _take_unopened(self) -> None:
        """Take the first message of each queue another way: one of them is what was not opened."""
        for queue in (f"{self._service}.parked", f"{self._service}.events"):
            try:
                if take_first(self._amqp_url, queue, self._take_again):
                    self._pause = SHORTEST_PAUSE
            except Exception as fault:  # it is there still, and tried again
                log.warning("not taken", extra={"queue": queue, "reason": type(fault).__name__})

    def _take_again(self, body: bytes) -> None:
        self._listener.take_body(body, again=True)
        self.last_alive = time.monotonic()

    def _drain(self, opened: Connection) -> None:
        """Wait for a message, gather what else is here by now, and take it all."""
        try:
            opened.drain_events(timeout=1)
            while len(self._batch) < self._prefetch:
                opened.drain_events(timeout=AT_ONCE)
        except TimeoutError:
            log.debug("nothing more came")
        self._take_batch()
        opened.heartbeat_check()

    def _subscriptions(self, opened: Connection) -> list[Subscription]:
        """Return the subscriptions to both queues, raw; the queues exist already (`declare`)."""
        events = events_queue(self._service, self._listener.hears, rabbitmq=self._rabbitmq)
        parking = parking_queue(self._service, rabbitmq=self._rabbitmq)
        channel = opened.default_channel
        common: dict[str, Any] = {
            "auto_declare": False,
            "no_ack": False,
            "prefetch_count": self._prefetch,
            "on_decode_error": self._on_unreadable,
        }
        return [
            Subscription(channel, queues=[events], on_message=self._on_event, **common),
            Subscription(channel, queues=[parking], on_message=self._on_dead_letter, **common),
        ]

    def _on_event(self, message: Message) -> None:
        """Keep a message for the batch; one that came before is taken at once, by itself."""
        if message.delivery_info.get("redelivered"):
            self._take_batch()
            self._clean = 0
            _tell(self._listener.take_body(_raw(message), again=True))
            self._acknowledge([message])
        else:
            self._batch.append(message)

    def _take_batch(self) -> None:
        """Take what was gathered. It is acknowledged once what became of it is stored: as a whole,
        or in parts where it takes long, for the broker gives up on whom it does not hear.
        """
        batch, self._batch = self._batch, []
        told = 0
        outcomes = self._listener.take_bodies([_raw(each) for each in batch])
        for taken, outcome in enumerate(outcomes, start=1):
            _tell(outcome)
            if taken == len(batch) or time.monotonic() - self.last_alive > LONGEST_SILENCE:
                self._acknowledge(batch[told:taken])
                told = taken
        self._clean += len(batch)
        if self._rabbitmq and self._prefetch == CAREFUL and self._clean >= CLEAN:
            raise _AllClear

    def _acknowledge(self, messages: list[Message]) -> None:
        if self._rabbitmq:
            # All that came before the last one is taken by now, whichever queue brought it.
            messages[-1].ack(multiple=True)
        else:
            for each in messages:
                each.ack()
        self.taken += len(messages)
        self.last_alive = time.monotonic()
        self._pause = SHORTEST_PAUSE

    def _on_dead_letter(self, message: Message) -> None:
        """Take what the broker gave up on: with care, for it may be poison or only unlucky."""
        self._listener.take_body(_raw(message), again=True)
        message.ack()

    def _on_unreadable(self, message: Message, _: Exception) -> None:
        """A body that kombu itself cannot open: the listener holds it as it came."""
        self._listener.take_body(_raw(message))
        message.ack()


class _AllClear(Exception):
    """Drop the connection and take many at once: how many is fixed when consuming begins."""


def _tell(outcome: Outcome) -> None:
    if outcome is not Outcome.HANDLED:
        log.debug("event taken", extra={"outcome": outcome.name})


def _raw(message: Message) -> bytes:
    body = message.body
    return body.encode() if isinstance(body, str) else bytes(body)
