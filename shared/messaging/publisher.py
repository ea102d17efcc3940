"""Handing events to the broker, and knowing which of them it has safely.

On RabbitMQ pika publishes: it can pipeline confirms, and it raises where kombu was seen to report
an event that never left as confirmed. On the embedded transports kombu publishes; those are
at-most-once when killed, and the feeds make up for it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Final, Protocol

import pika
from kombu import Producer
from pika.adapters.select_connection import SelectConnection
from pika.channel import Channel

from shared.events.envelope import CONTENT_TYPE
from shared.messaging.topology import EXCHANGE, HEARTBEAT, connection, is_rabbitmq

CONFIRM_SECONDS: Final = 15.0
PERSISTENT: Final = 2
SENT_AT_ONCE: Final = 250
"""Messages of a batch that are written before the loop sends them and hears what came back."""


class PublishFailed(Exception):
    """The broker did not take a batch, or did not say so. What is not confirmed has not left."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event on its way: its id, its type as routing key, and its canonical bytes."""

    id: str
    routing_key: str
    body: bytes


def nothing() -> None:
    """What there is to do meanwhile, as a rule."""


class Publisher(Protocol):
    """Publishes batches."""

    def publish(
        self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing
    ) -> set[int]:
        """Publish in order. Return the places in the batch that the broker confirmed *and* routed.

        `meanwhile` is work to be done, once, while the confirms are on their way.
        Raises PublishFailed when the connection cannot be trusted any more; close it then.
        """
        ...

    def close(self) -> None:
        """Drop the connection, hard."""
        ...


def publisher_for(url: str) -> Publisher:
    """Return the publisher for a broker url."""
    return ConfirmingPublisher(url) if is_rabbitmq(url) else EmbeddedPublisher(url)


class EmbeddedPublisher:
    """kombu on a transport on local disk."""

    def __init__(self, url: str) -> None:
        self._connection = connection(url)
        self._producer: Producer | None = None

    def publish(
        self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing
    ) -> set[int]:
        """Write each event to the queues bound to its type."""
        meanwhile()
        try:
            self._producer = self._producer or Producer(self._connection, exchange=EXCHANGE)
            for each in batch:
                self._producer.publish(
                    each.body,
                    routing_key=each.routing_key,
                    content_type=CONTENT_TYPE,
                    content_encoding="utf-8",
                    message_id=each.id,
                )
        except Exception as fault:  # nothing is trusted after any of them
            raise PublishFailed(type(fault).__name__) from fault
        return set(range(len(batch)))

    def close(self) -> None:
        """Throw the connection away."""
        self._connection.collect()


@dataclass
class _Flight:
    """A batch in the air: delivery tags that wait for their confirm."""

    batch: Sequence[Outgoing]
    waiting: dict[int, int] = field(default_factory=dict)
    returned: set[str] = field(default_factory=set)
    confirmed: set[int] = field(default_factory=set)
    settled: int = 0
    """How many the broker confirmed, refused or gave back."""
    landed: threading.Event = field(default_factory=threading.Event)


class ConfirmingPublisher:
    """pika with pipelined confirms and `mandatory`; a loop thread owns the connection."""

    def __init__(self, url: str) -> None:
        self._flight: _Flight | None = None
        self._channel: Channel | None = None
        self._lost: str | None = None
        self._ready = threading.Event()
        parameters = pika.URLParameters(url)
        parameters.heartbeat, parameters.socket_timeout = HEARTBEAT, 5
        parameters.blocked_connection_timeout = CONFIRM_SECONDS
        parameters.stack_timeout, parameters.connection_attempts = 10, 1
        self._connection = SelectConnection(
            parameters,
            on_open_callback=lambda opened: opened.channel(on_open_callback=self._on_channel),
            on_open_error_callback=lambda _, fault: self._on_lost(fault),
            on_close_callback=lambda _, fault: self._on_lost(fault),
        )
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def publish(
        self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing
    ) -> set[int]:
        """Publish a batch and wait for every confirm of it."""
        if not self._ready.wait(CONFIRM_SECONDS) or self._lost:
            raise PublishFailed(self._lost or "the broker does not answer")
        flight = self._flight = _Flight(batch)
        self._connection.ioloop.add_callback_threadsafe(lambda: self._send(flight))
        meanwhile()
        if not flight.landed.wait(CONFIRM_SECONDS):
            # A confirm that comes late must not be taken for that of a later batch.
            self._lost = "the broker did not confirm in time"
        if self._lost:
            raise PublishFailed(self._lost)
        return flight.confirmed

    def close(self) -> None:
        """Stop the loop; whatever it still holds is not confirmed."""

        def stop() -> None:
            if self._connection.is_open:
                self._connection.close()
            else:
                self._connection.ioloop.stop()

        with contextlib.suppress(Exception):
            self._connection.ioloop.add_callback_threadsafe(stop)
        self._thread.join(5)

    def _run(self) -> None:
        try:
            self._connection.ioloop.start()
        except Exception as fault:  # the loop is over, whatever the reason
            self._on_lost(fault)
        finally:
            self._connection.ioloop.close()

    def _on_lost(self, fault: Any) -> None:
        self._lost = type(fault).__name__
        self._ready.set()
        if self._flight:
            self._flight.landed.set()
        # Not at once: pika has yet to close its socket.
        self._connection.ioloop.call_later(0.05, self._connection.ioloop.stop)

    def _on_channel(self, channel: Channel) -> None:
        self._channel = channel
        channel.add_on_close_callback(lambda _, fault: self._on_lost(fault))
        channel.add_on_return_callback(self._on_return)
        self._next_tag = 1
        # Somebody may have taken the exchange away; the queues are bound anew by who owns them.
        channel.exchange_declare(
            EXCHANGE.name,
            EXCHANGE.type,
            durable=True,
            callback=lambda _: channel.confirm_delivery(
                self._on_confirm, callback=lambda _: self._ready.set()
            ),
        )

    def _send(self, flight: _Flight, begin: int = 0) -> None:
        if self._channel is None:
            return
        end = min(begin + SENT_AT_ONCE, len(flight.batch))
        try:
            for place in range(begin, end):
                each = flight.batch[place]
                properties = pika.BasicProperties(
                    content_type=CONTENT_TYPE,
                    content_encoding="utf-8",
                    message_id=each.id,
                    delivery_mode=PERSISTENT,
                )
                flight.waiting[self._next_tag] = place
                self._next_tag += 1
                self._channel.basic_publish(
                    EXCHANGE.name, each.routing_key, each.body, properties, mandatory=True
                )
            if end < len(flight.batch):
                self._connection.ioloop.add_callback_threadsafe(lambda: self._send(flight, end))
        except Exception as fault:
            self._on_lost(fault)

    def _on_return(self, *returned: Any) -> None:
        # An unroutable message is confirmed too; the return comes first.
        _, _, properties, _ = returned
        if self._flight:
            self._flight.returned.add(properties.message_id)

    def _on_confirm(self, frame: Any) -> None:
        flight = self._flight
        if flight is None:
            return
        method = frame.method
        taken = isinstance(method, pika.spec.Basic.Ack)
        for tag in _tags_of(method, flight.waiting):
            place = flight.waiting.pop(tag)
            if taken and flight.batch[place].id not in flight.returned:
                flight.confirmed.add(place)
            flight.settled += 1
        if flight.settled == len(flight.batch):
            flight.landed.set()


def _tags_of(method: Any, waiting: Mapping[int, int]) -> list[int]:
    """Return which of the waiting delivery tags a confirm speaks of; they wait in order."""
    if method.multiple:
        return list(takewhile(lambda tag: tag <= method.delivery_tag, waiting))
    return [method.delivery_tag] if method.delivery_tag in waiting else []
