"""Quorum queues of a measurement, filled and looked at with bare pika."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pika
from pika.adapters.select_connection import SelectConnection

from benchmarks.parts import Bench
from shared.events.envelope import CONTENT_TYPE

OUTSTANDING: Final = 512
"""Messages that may wait for their confirm at a time: more was not faster."""
QUORUM: Final = {"x-queue-type": "quorum"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is published: to a queue by its name, unless an exchange is named."""

    routing_key: str
    body: bytes
    id: str
    exchange: str = ""
    content_type: str = CONTENT_TYPE
    content_encoding: str | None = "utf-8"
    headers: dict[str, Any] = field(default_factory=dict)

    @property
    def properties(self) -> pika.BasicProperties:
        """Persistent, like every event."""
        return pika.BasicProperties(
            content_type=self.content_type,
            content_encoding=self.content_encoding,
            message_id=self.id,
            correlation_id=self.id,
            headers=self.headers or None,
            delivery_mode=2,
        )


def declare_empty(bench: Bench, queue: str) -> None:
    """Make a quorum queue that holds nothing, or empty the one that is there."""
    with bench.channel() as channel:
        channel.queue_declare(queue, durable=True, arguments=QUORUM)
        channel.queue_purge(queue)


def purge(bench: Bench, queue: str) -> None:
    """Empty a queue."""
    with bench.channel() as channel:
        channel.queue_purge(queue)


def length(bench: Bench, queue: str) -> int:
    """Return how many messages are ready in a queue."""
    with bench.channel() as channel:
        return int(channel.queue_declare(queue, passive=True).method.message_count)


def publish_awaiting_each(bench: Bench, messages: Sequence[Message]) -> int:
    """Publish with one confirm awaited per message; return how many were confirmed."""
    with bench.channel() as channel:
        channel.confirm_delivery()
        for each in messages:
            channel.basic_publish(
                each.exchange, each.routing_key, each.body, each.properties, mandatory=True
            )
    return len(messages)


class Pipeline:
    """Bare pika with pipelined confirms: the least that can be done to publish safely."""

    def __init__(self, url: str) -> None:
        self._messages: Sequence[Message] = ()
        self._channel: Any = None
        self._sent = self._confirmed = self._returned = self._first = self._end = 0
        self._when_open: Callable[[], None] = lambda: None
        parameters = pika.URLParameters(url)
        parameters.heartbeat = 0  # its loop runs only while it publishes
        self._connection = SelectConnection(
            parameters,
            on_open_callback=lambda opened: opened.channel(on_open_callback=self._on_channel),
            on_close_callback=lambda connection, _: connection.ioloop.stop(),
        )
        self._connection.ioloop.start()  # until the channel is there

    def publish(self, messages: Sequence[Message]) -> int:
        """Publish all, some hundred in the air; return how many were confirmed and routed."""
        self._messages, self._returned = messages, 0
        self._first, self._end = self._sent, self._sent + len(messages)
        self._fill()
        self._connection.ioloop.start()
        return len(messages) - self._returned

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        self._connection.ioloop.start()

    def _on_channel(self, channel: Any) -> None:
        self._channel = channel
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(
            self._on_confirm, callback=lambda _: self._connection.ioloop.stop()
        )

    def _fill(self) -> None:
        upto = min(self._end, self._confirmed + OUTSTANDING)
        for place in range(self._sent - self._first, upto - self._first):
            each = self._messages[place]
            self._channel.basic_publish(
                each.exchange, each.routing_key, each.body, each.properties, mandatory=True
            )
        self._sent = max(self._sent, upto)

    def _on_return(self, *_: Any) -> None:
        self._returned += 1

    def _on_confirm(self, frame: Any) -> None:
        # Tags count from 1, and RabbitMQ confirms in order here: a tag is a count.
        tag = frame.method.delivery_tag
        if not isinstance(frame.method, pika.spec.Basic.Ack):
            raise RuntimeError("the broker refused a message")
        self._confirmed = tag if frame.method.multiple else self._confirmed + 1
        if self._confirmed >= self._end:
            self._connection.ioloop.stop()
        elif self._sent < self._end and self._sent - self._confirmed <= OUTSTANDING // 2:
            self._fill()
