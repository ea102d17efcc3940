"""Celery consumes a queue of tasks and inserts one document an event; until told to stop."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from celery import Celery
from kombu import Queue
from pymongo import MongoClient
from pymongo.collection import Collection

PROCESSES = 4
QUEUE = os.environ["QUEUE"]

app = Celery("keeper", broker=os.environ["AMQP_URL"])
app.conf.update(
    task_queues=[Queue(QUEUE, queue_arguments={"x-queue-type": "quorum"}, durable=True)],
    task_default_queue=QUEUE,
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=50,
    worker_hijack_root_logger=False,
)


@cache
def entries() -> Collection[dict[str, Any]]:
    """Return the collection: a client of each process, made after it was forked."""
    client: MongoClient[dict[str, Any]] = MongoClient(
        os.environ["MONGO_URL"], w="majority", journal=True
    )
    return client[os.environ["DATABASE"]]["entries"]


@app.task(name="keep")
def keep(event: dict[str, Any]) -> None:
    """Insert one; it is acknowledged when this returns."""
    entries().insert_one({"_id": f"{event['stream']}#{event['sequence']}", "event": event})


if __name__ == "__main__":
    app.worker_main(
        [
            *("worker", "--pool=prefork", f"--concurrency={PROCESSES}", "--loglevel=ERROR"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
    )
