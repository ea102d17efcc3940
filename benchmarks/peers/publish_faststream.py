"""FastStream publishes a file of events, confirms pipelined; says how long that took.

publish_faststream.py FILE EXCHANGE
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from faststream.rabbit import Channel, ExchangeType, RabbitBroker, RabbitExchange

OUTSTANDING = 512


async def main(file: str, name: str) -> None:
    """Publish all of it."""
    events = [(key, body.encode()) for key, body in json.loads(Path(file).read_text())]
    exchange = RabbitExchange(name, type=ExchangeType.TOPIC, durable=True, declare=False)
    channel = Channel(on_return_raises=True)
    broker = RabbitBroker(os.environ["AMQP_URL"], default_channel=channel, logger=None)
    async with broker:
        coming = iter(events)
        confirmed = 0

        async def publish_in_turn() -> None:
            nonlocal confirmed
            for key, body in coming:
                await broker.publish(
                    body,
                    exchange=exchange,
                    routing_key=key,
                    mandatory=True,
                    persist=True,
                    content_type="application/cloudevents+json",
                )
                confirmed += 1

        began = time.perf_counter()
        await asyncio.gather(*(publish_in_turn() for _ in range(OUTSTANDING)))
        seconds = time.perf_counter() - began
    print(json.dumps({"confirmed": confirmed, "seconds": seconds}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
