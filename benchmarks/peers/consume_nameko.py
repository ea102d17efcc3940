"""nameko consumes a queue and inserts one document an event; until told to stop."""

from __future__ import annotations

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402 - after the patch, as nameko's own command line does
import signal  # noqa: E402
from typing import Any  # noqa: E402

from kombu import Queue  # noqa: E402
from nameko.messaging import consume  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402
from pymongo import MongoClient  # noqa: E402

WORKERS = 50
client: MongoClient[dict[str, Any]] = MongoClient(
    os.environ["MONGO_URL"], w="majority", journal=True
)
entries = client[os.environ["DATABASE"]]["entries"]
queue = Queue(os.environ["QUEUE"], queue_arguments={"x-queue-type": "quorum"}, durable=True)


class Keeper:
    """A service with one entrypoint."""

    name = "keeper"

    @consume(queue, requeue_on_error=True)
    def keep(self, event: dict[str, Any]) -> None:
        """Insert one; it is acknowledged when this returns."""
        entries.insert_one({"_id": f"{event['stream']}#{event['sequence']}", "event": event})


if __name__ == "__main__":
    runner = ServiceRunner(config={"AMQP_URI": os.environ["AMQP_URL"], "max_workers": WORKERS})
    runner.add_service(Keeper)
    runner.start()
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(runner.stop))
    runner.wait()
