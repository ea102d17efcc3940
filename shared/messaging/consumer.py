"""The consumer: takes messages from the service's queue and decides, for each, in one place.

kombu's `ConsumerMixin` reconnects and drains; everything it would decide by itself is taken from
it. It hands over raw bodies (`on_message`), so it never decodes; it never acknowledges a body it
cannot read (`on_decode_error`); and no exception of a handler reaches it, because it would take a
TimeoutError for "no message" and an OSError for "connection lost".
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Final

from kombu import Connection, Message
from kombu.mixins import ConsumerMixin

from shared.hearing import Outcome
from shared.messaging.listener import Listener, StoreAway
from shared.messaging.topology import connection, declare, events_queue, is_rabbitmq, parking_queue

log = logging.getLogger(__name__)

PREFETCH: Final = 50
SUSPICIOUS: Final = 2
"""Deliveries of one message after which messages are taken one at a time: on a quorum queue a
crash counts against every prefetched message, and a poisoned one must not take them with it."""


class Consumer(ConsumerMixin):
    """Consumes one service's queue and its parking queue until stopped."""

    def __init__(self, amqp_url: str, service: str, listener: Listener) -> None:
        self.connection: Connection = connection(amqp_url)
        self._amqp_url = amqp_url
        self._service = service
        self._listener = listener
        self._prefetch = PREFETCH
        self._pause = 0.5
        self._clean = 0
        self._stopping = threading.Event()
        self.last_alive = time.monotonic()

    def stop(self) -> None:
        """Ask the loop to end."""
        self.should_stop = True
        self._stopping.set()

    def run_until_stopped(self) -> None:
        """Consume; after any failure drop the connection and begin again with a new one."""
        while not self._stopping.is_set():
            try:
                declare(self._amqp_url, self._service, self._listener.hears)
                self.run()
            except StoreAway as fault:
                log.warning("store away; nothing is taken", extra={"reason": str(fault)})
            except Exception as fault:
                log.warning("consumer lost its broker", extra={"reason": type(fault).__name__})
            self.connection.collect()
            self.connection = connection(self._amqp_url)
            self._stopping.wait(self._pause)
            self._pause = min(self._pause * 2, 10.0)

    def get_consumers(self, consumer_class: Any, channel: Any) -> list[Any]:
        """Consume both queues raw; the queues exist already (`declare`)."""
        rabbitmq = is_rabbitmq(self._amqp_url)
        events = events_queue(self._service, self._listener.hears, rabbitmq=rabbitmq)
        parking = parking_queue(self._service, rabbitmq=rabbitmq)
        common = {"auto_declare": False, "no_ack": False, "prefetch_count": self._prefetch}
        return [
            consumer_class(queues=[events], on_message=self.on_event, **common),
            consumer_class(queues=[parking], on_message=self.on_dead_letter, **common),
        ]

    def on_iteration(self) -> None:
        """Note that the loop is alive."""
        self.last_alive = time.monotonic()

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        """Say that the broker is away, without repeating its address."""
        log.warning("broker away", extra={"reason": type(exc).__name__, "retry_seconds": interval})

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        """A body that kombu itself cannot open: park it; kombu would acknowledge it away."""
        self._listener.park_body(_raw(message), f"unreadable: {type(exc).__name__}")
        message.ack()

    def on_event(self, message: Message) -> None:
        """Take one message. It is acknowledged once what became of it is stored."""
        self._beware_of_poison(message)
        outcome = self._listener.take_body(_raw(message))
        message.ack()
        self._pause = 0.5
        if outcome is not Outcome.HANDLED:
            log.debug("event taken", extra={"outcome": outcome.name})

    def on_dead_letter(self, message: Message) -> None:
        """Bring a message the broker gave up on to where people see it."""
        self._listener.park_body(_raw(message), "delivered too often without being handled")
        message.ack()

    def _beware_of_poison(self, message: Message) -> None:
        deliveries = int((message.headers or {}).get("x-delivery-count", 0))
        self._clean = 0 if deliveries else self._clean + 1
        if deliveries >= SUSPICIOUS and self._prefetch > 1:
            log.warning("a message came back often; taking one at a time")
            self._prefetch = 1
            raise _BeginAgain
        if self._prefetch == 1 and self._clean >= PREFETCH:
            self._prefetch = PREFETCH
            raise _BeginAgain


class _BeginAgain(Exception):
    """Drop the channel and consume with another prefetch: it is fixed when consuming begins."""


def _raw(message: Message) -> bytes:
    body = message.body
    return body.encode() if isinstance(body, str) else bytes(body)
