"""What exists at the broker: one topic exchange, and per service a queue and a parking queue."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Final

from amqp.exceptions import InternalError
from kombu import Connection, Exchange, Queue, binding
from kombu.exceptions import ChannelError

log = logging.getLogger(__name__)

EXCHANGE: Final = Exchange("safeguarding.events", type="topic", durable=True)
HEARTBEAT: Final = 10
"""Seconds between signs of life; a broker that gave none for two of them is taken for gone."""
DELIVERY_LIMIT: Final = 20
"""Deliveries without an acknowledgement before RabbitMQ itself moves a message to parking."""


def is_rabbitmq(url: str) -> bool:
    """Is the broker a RabbitMQ, rather than the embedded default on local disk?"""
    return url.startswith(("amqp://", "amqps://"))


def connection(url: str) -> Connection:
    """Return a kombu connection that opens lazily and gives up on a frozen broker in seconds."""
    if is_rabbitmq(url):
        options = {"read_timeout": 10, "write_timeout": 10}
        return Connection(url, connect_timeout=5, heartbeat=HEARTBEAT, transport_options=options)
    folder = Path(url.removeprefix("filesystem://"))
    for each in ("messages", "control"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    return Connection(
        transport="shared.messaging.local:Transport",
        hostname="localhost",
        transport_options={
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "control_folder": str(folder / "control"),
            "polling_interval": 0.02,
        },
    )


def events_queue(service: str, hears: tuple[str, ...], *, rabbitmq: bool) -> Queue:
    """Return the queue of a service: bound to every type of the sources it hears.

    Whole streams, not chosen types: a sequence without holes is what makes hearing exact.
    """
    arguments: dict[str, Any] = {
        "x-queue-type": "quorum",
        "x-single-active-consumer": True,
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": f"{service}.parked",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    return Queue(
        f"{service}.events",
        bindings=[
            binding(EXCHANGE, routing_key=f"{source.removeprefix('/')}.#") for source in hears
        ],
        queue_arguments=arguments if rabbitmq else None,
        durable=True,
    )


def parking_queue(service: str, *, rabbitmq: bool) -> Queue:
    """Return the queue where the broker puts what it could not deliver."""
    return Queue(
        f"{service}.parked",
        exchange=Exchange(f"{service}.parked", type="fanout", durable=True),
        queue_arguments={"x-queue-type": "quorum"} if rabbitmq else None,
        durable=True,
    )


def declare(url: str, service: str, hears: tuple[str, ...]) -> None:
    """Declare everything a service needs at the broker; idempotent. Parking first: a queue must
    never take traffic before the place for its failures exists."""
    with connection(url) as open_connection:
        channel = open_connection.default_channel
        EXCHANGE(channel).declare()
        if hears:
            parking_queue(service, rabbitmq=is_rabbitmq(url))(channel).declare()
            events_queue(service, hears, rabbitmq=is_rabbitmq(url))(channel).declare()


def missing(url: str, service: str, hears: tuple[str, ...]) -> list[str]:
    """Return which exchanges and queues of a service are not at the broker.

    A binding cannot be asked for; what one that is gone would have brought comes from the feeds.
    """
    names = [("exchange", EXCHANGE.name)]
    if hears:
        names += [("exchange", f"{service}.parked"), ("queue", f"{service}.parked")]
        names += [("queue", f"{service}.events")]
    if not is_rabbitmq(url):
        return []  # the embedded transport makes its folders as it needs them
    with connection(url) as opened:
        return [name for kind, name in names if not _exists(opened, kind, name)]


def mend(url: str, service: str, hears: tuple[str, ...]) -> list[str]:
    """Declare everything again, bindings too, whether it is missing or not.

    Returns what was missing, which somebody took away while the system ran, and says so aloud.
    """
    gone = missing(url, service, hears)
    declare(url, service, hears)
    if gone:
        log.error("missing at the broker, and declared again", extra={"missing": gone})
    return gone


def replace_dead(url: str, service: str) -> list[str]:
    """Delete queues that the broker names and cannot give out; `declare` makes them anew.

    RabbitMQ 3.10 was seen to keep the name of a quorum queue alone, when it was killed soon after
    the queue had been deleted and declared again; and to wait for ever for the leader of one, when
    it was killed at another moment. Only one that tells of no message is deleted: what it held
    none the less comes from the feeds. Returns which were.
    """
    if not is_rabbitmq(url):
        return []  # the embedded transport's queues are folders
    names = [f"{service}.parked", f"{service}.events"]
    dead = [name for name in names if _is_dead(url, name)]
    for name in dead:
        with connection(url) as opened:
            opened.default_channel.queue_delete(name)
        log.error("a queue that nobody could consume was deleted", extra={"queue": name})
    return dead


def _is_dead(url: str, name: str) -> bool:
    opened = connection(url)
    try:
        if not _tells_of_no_message(opened, name):
            return False
        opened.default_channel.basic_consume(name, callback=lambda _: None)
    except InternalError:
        return True
    except ChannelError:  # NotFound: that is for `declare`
        return False
    except OSError:
        # The broker gave up on the connection while it waited for the queue, or went away itself.
        with connection(url) as again:
            return _tells_of_no_message(again, name)
    finally:
        opened.collect()
    return False


def _tells_of_no_message(opened: Connection, name: str) -> bool:
    told = opened.default_channel.queue_declare(name, passive=True)
    return not told.message_count


def _exists(opened: Connection, kind: str, name: str) -> bool:
    channel = opened.channel()
    try:
        if kind == "queue":
            channel.queue_declare(name, passive=True)
        else:
            channel.exchange_declare(name, type="topic", passive=True)
    except ChannelError:  # NotFound: the broker closes the channel with it
        return False
    channel.close()
    return True
