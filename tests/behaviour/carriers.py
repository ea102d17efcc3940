"""A broker as the suite speaks to it: publish, take, acknowledge, go away without a word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from kombu import Connection, Consumer, Message

from shared.messaging.publisher import Outgoing, publisher_for
from shared.messaging.topology import (
    DELIVERY_LIMIT,
    connection,
    declare,
    events_queue,
    is_rabbitmq,
    parking_queue,
)
from tests.models.broker import Letter, MemoryBroker, MemoryMessage, MemoryPublisher
from tests.support.carriers import HEARS, new_service

__all__ = ["DELIVERY_LIMIT", "Carrier", "ModelCarrier", "RealCarrier", "Taken"]

PREFETCH: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A message that was handed out and is not acknowledged yet."""

    body: bytes
    again: bool
    """Was it handed out before?"""
    ack: Callable[[], None]


class Carrier(Protocol):
    """One broker with one service's queue."""

    durable: bool
    """RabbitMQ, or what stands for it."""

    def publish(self, *batch: Outgoing) -> set[int]:
        """Publish; return the places that were confirmed."""
        ...

    def take(self, *, parked: bool = False) -> Taken | None:
        """Take the next message; None when there is none."""
        ...

    def leave(self) -> None:
        """The consumer goes away without acknowledging anything."""
        ...


class ModelCarrier:
    """The model."""

    def __init__(self, *, durable: bool) -> None:
        self.durable = durable
        self._broker = MemoryBroker(durable=durable)
        self._broker.declare("toy", HEARS)
        self._publisher = MemoryPublisher(self._broker)

    def publish(self, *batch: Outgoing) -> set[int]:
        """Publish."""
        return self._publisher.publish(batch)

    def take(self, *, parked: bool = False) -> Taken | None:
        """Take the next message."""
        letter: Letter | None = self._broker.hand_out("toy", "consumer", parked=parked)
        if letter is None:
            return None
        message = MemoryMessage(letter, self._broker.acknowledge)
        again = message.delivery_info["redelivered"]
        return Taken(body=message.body, again=again, ack=message.ack)

    def leave(self) -> None:
        """Go away."""
        self._broker.drop("consumer")


class RealCarrier:
    """RabbitMQ, or kombu's transport on local disk, as the product publishes and consumes."""

    def __init__(self, url: str, service: str = "") -> None:
        self.durable = is_rabbitmq(url)
        self._url = url
        self._service = service or new_service()
        declare(url, self._service, HEARS)
        self._publisher = publisher_for(url)
        self._consuming: dict[bool, tuple[Connection, list[Message]]] = {}

    def publish(self, *batch: Outgoing) -> set[int]:
        """Publish."""
        return self._publisher.publish(batch)

    def take(self, *, parked: bool = False) -> Taken | None:
        """Take the next message."""
        opened, came = self._consuming.get(parked) or self._consume(parked)
        for _ in range(50):
            if came:
                break
            try:
                opened.drain_events(timeout=0.1)
            except TimeoutError:
                continue
        if not came:
            return None
        message = came.pop(0)
        body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
        again = bool(message.delivery_info.get("redelivered"))
        return Taken(body=body, again=again, ack=partial(_acknowledge, message))

    def leave(self) -> None:
        """Go away, as a process that is killed does."""
        for opened, _ in self._consuming.values():
            opened.collect()
        self._consuming.clear()

    def close(self) -> None:
        """Give everything back."""
        self.leave()
        self._publisher.close()

    def _consume(self, parked: bool) -> tuple[Connection, list[Message]]:
        queue = (
            parking_queue(self._service, rabbitmq=self.durable)
            if parked
            else events_queue(self._service, HEARS, rabbitmq=self.durable)
        )
        opened, came = connection(self._url), list[Message]()
        consumer = Consumer(
            opened.default_channel,
            queues=[queue],
            on_message=came.append,
            auto_declare=False,
            no_ack=False,
            prefetch_count=PREFETCH,
        )
        consumer.consume()
        self._consuming[parked] = opened, came
        return opened, came


def _acknowledge(message: Message) -> None:
    message.ack()
    # Answered after the acknowledgement was: who goes away at once takes what is unread with it.
    message.channel.basic_qos(0, PREFETCH, False)
