"""A process that consumes for a measurement: the product's audit, or the bare drivers.

    python -m benchmarks.consume ours | bare | bare-indexed

The product is what its own process is made of (`shared/run.py`), without its web and its jobs.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pika
import pymongo
from pika.adapters.select_connection import SelectConnection
from pymongo.collection import Collection

from services.audit.app import build
from services.audit.documents import EntryDocument, copies_of
from shared.clock import SystemClock
from shared.database import collection_of, connect
from shared.events.envelope import Envelope
from shared.messaging.consumer import Consumer
from shared.plumbing import plumb
from shared.run import settle_memory
from shared.settings import Settings

BATCH: Final = 500
FLUSH_AFTER: Final = 0.02
BARE_QUEUE: Final = "bench.bare"
BARE: Final = "golden_thread_bench"


def ours(settings: Settings) -> None:
    """Consume as audit's worker does."""
    plumbing = plumb(build(replace(settings, begins_again=True), SystemClock()))
    settle_memory()
    consumer = Consumer(settings.amqp_url, "audit", plumbing.listener)
    on_term(consumer.stop)
    consumer.run_until_stopped()


def bare(settings: Settings, *, indexed: bool) -> None:
    """Consume with pika, insert in batches with pymongo, acknowledge a batch once it is safe.

    The least there is: the event under its key. `indexed`: the documents and indexes of audit.
    """
    if indexed:
        connect("audit", settings)
        _Bare(settings.amqp_url, collection_of(EntryDocument), entry_of).run()
    else:
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
            settings.mongo_url, w="majority", journal=True
        )
        _Bare(settings.amqp_url, client[BARE]["entries"], event_of).run()


def event_of(body: bytes) -> dict[str, Any]:
    """Return an event under its key."""
    wire = json.loads(body)
    return {"_id": f"{wire['stream']}#{wire['sequence']}", "event": wire}


def entry_of(body: bytes) -> dict[str, Any]:
    """Return an entry as audit stores it."""
    event = Envelope.from_wire(json.loads(body))
    return {"_id": event.key, "event": event.to_wire(), **copies_of(event)}


class _Bare:
    def __init__(
        self,
        url: str,
        collection: Collection[dict[str, Any]],
        document: Callable[[bytes], dict[str, Any]],
    ) -> None:
        self._collection, self._document = collection, document
        self._held: list[dict[str, Any]] = []
        self._tag = 0
        self._channel: Any = None
        self._connection = SelectConnection(
            pika.URLParameters(url),
            on_open_callback=lambda opened: opened.channel(on_open_callback=self._on_channel),
            on_close_callback=lambda connection, _: connection.ioloop.stop(),
        )

    def run(self) -> None:
        """Consume until told to stop."""
        loop = self._connection.ioloop
        on_term(lambda: loop.add_callback_threadsafe(self._connection.close))
        loop.start()

    def _on_channel(self, channel: Any) -> None:
        self._channel = channel
        channel.basic_qos(prefetch_count=2 * BATCH)
        channel.basic_consume(BARE_QUEUE, self._on_message)
        self._flush_soon()

    def _on_message(self, _: Any, method: Any, __: Any, body: bytes) -> None:
        self._held.append(self._document(body))
        self._tag = method.delivery_tag
        if len(self._held) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            self._collection.insert_many(self._held, ordered=False)
            self._channel.basic_ack(self._tag, multiple=True)
            self._held = []

    def _flush_soon(self) -> None:
        self._flush()
        self._connection.ioloop.call_later(FLUSH_AFTER, self._flush_soon)


def on_term(stop: Callable[[], None]) -> None:
    """Call `stop` when the process is told to end."""
    signal.signal(signal.SIGTERM, lambda *_: stop())


WAYS: Final[dict[str, Callable[[Settings], None]]] = {
    "ours": ours,
    "bare": lambda settings: bare(settings, indexed=False),
    "bare-indexed": lambda settings: bare(settings, indexed=True),
}

if __name__ == "__main__":
    WAYS[sys.argv[1]](Settings.from_env())
