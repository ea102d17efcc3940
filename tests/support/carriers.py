"""Carrying events for a test: a broker of either kind, a consumer and a relay on it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from shared.events.envelope import CONTENT_TYPE, canonical
from shared.messaging.consumer import Consumer
from shared.messaging.publisher import publisher_for
from shared.messaging.relay import Relay
from shared.messaging.topology import EXCHANGE, connection, declare
from tests.support.toy import Toy

HEARS = ("/referral",)
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Broker:
    """A broker, and the name of a hearing service that no other test uses."""

    url: str
    service: str

    def declare(self) -> None:
        """Declare what the service needs."""
        declare(self.url, self.service, HEARS)


def new_service() -> str:
    """Return a name that no other test uses: kombu remembers which queues it has bound."""
    return f"toy{next(_NUMBERS)}"


def on_rabbitmq(url: str) -> Iterator[Broker]:
    """Yield a broker on RabbitMQ, with its queues, which go afterwards."""
    broker = Broker(url, new_service())
    broker.declare()
    yield broker
    with connection(url) as opened:
        for queue in (f"{broker.service}.events", f"{broker.service}.parked"):
            opened.default_channel.queue_delete(queue)


@contextmanager
def consuming(toy: Toy, broker: Broker) -> Iterator[Consumer]:
    """Consume for the toy while the block lasts."""
    consumer = Consumer(broker.url, broker.service, toy.listener)
    thread = threading.Thread(target=consumer.run_until_stopped, daemon=True)
    thread.start()
    try:
        yield consumer
    finally:
        consumer.stop()
        thread.join(10)


@contextmanager
def relaying(toy: Toy, url: str) -> Iterator[Relay]:
    """Publish what the toy says while the block lasts."""
    relay = Relay(toy.streams, partial(publisher_for, url), sweep_seconds=0.1)
    toy.speakers.after_commit = relay.nudge
    thread = threading.Thread(target=relay.run, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.stop()
        thread.join(10)


def put(url: str, *bodies: bytes) -> None:
    """Put messages on the exchange past the relay."""
    opened = connection(url)
    opened.transport_options["confirm_publish"] = True
    with opened:
        producer = opened.Producer(exchange=EXCHANGE)
        for body in bodies:
            producer.publish(
                body,
                routing_key="referral.referrer-informed",
                content_type=CONTENT_TYPE,
                content_encoding="utf-8",
            )


def handed_out_before(broker: Broker, times: int) -> None:
    """Have so many messages of the queue handed out once, to a consumer that then goes."""
    came = []
    with connection(broker.url) as opened:
        channel = opened.default_channel
        channel.basic_consume(f"{broker.service}.events", callback=came.append)
        while len(came) < times:
            opened.drain_events(timeout=20)


def bodies_of(toy: Toy, ref: str) -> list[bytes]:
    """Return the events of a record as they travel."""
    return [canonical(event.to_wire()) for event in toy.said(ref)]
