"""Messages whose attributes cannot be read: the library that consumes gives its connection up.

A bit that is spoilt on the way to the broker, in the attributes beside a body, is confirmed like
any other message, and py-amqp ends at it each time it is handed out. pika hands it over; the body
bears its own hash, so what is in it is taken, or held, like any other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import pika
from amqp.exceptions import FrameSyntaxError

from shared.messaging.topology import HEARTBEAT

log = logging.getLogger(__name__)

CANNOT_OPEN: Final = (UnicodeDecodeError, FrameSyntaxError)
"""What says that a message was handed over and could not be read."""
PATIENCE: Final = 2.0
"""Seconds for the broker to notice that whoever had the message before is gone."""


def take_first(url: str, queue: str, take: Callable[[bytes], None]) -> bool:
    """Take the first message of a queue; it is acknowledged once `take` has returned.

    Returns whether there was one. Raises what `take` raises, and pika's errors.
    """
    parameters = pika.URLParameters(url)
    parameters.heartbeat, parameters.socket_timeout = HEARTBEAT, 5
    opened = pika.BlockingConnection(parameters)
    try:
        channel = opened.channel()
        channel.basic_qos(prefetch_count=1)
        # Not `basic_get`: a queue with a single active consumer refuses that.
        method, _, body = next(channel.consume(queue, inactivity_timeout=PATIENCE))
        if method is None:
            return False
        take(body)
        channel.basic_ack(method.delivery_tag)
        log.error("a message with spoilt attributes was opened another way", extra={"queue": queue})
        return True
    finally:
        opened.close()
