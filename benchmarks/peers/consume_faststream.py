"""FastStream consumes a queue and inserts one document an event; until told to stop."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from faststream import FastStream
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue
from pymongo import AsyncMongoClient

PREFETCH = 100

broker = RabbitBroker(
    os.environ["AMQP_URL"], default_channel=Channel(prefetch_count=PREFETCH), logger=None
)
client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
    os.environ["MONGO_URL"], w="majority", journal=True
)
entries = client[os.environ["DATABASE"]]["entries"]


@broker.subscriber(RabbitQueue(os.environ["QUEUE"], queue_type=QueueType.QUORUM, durable=True))
async def keep(event: dict[str, Any]) -> None:
    """Insert one; it is acknowledged when this returns."""
    await entries.insert_one({"_id": f"{event['stream']}#{event['sequence']}", "event": event})


if __name__ == "__main__":
    asyncio.run(FastStream(broker, logger=None).run())
