"""Ingest: from a full queue to a durable timeline.

Each contender is a process of its own, watched from outside: the time from a fifth of the documents
to the last of them, so that no start counts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from pymongo.collection import Collection

from benchmarks.children import running, wait_for
from benchmarks.consume import BARE, BARE_QUEUE
from benchmarks.harness import RATE, Contender, Measurement, at_least, must_be
from benchmarks.made import Lines, Wire, interleaved
from benchmarks.parts import Bench
from benchmarks.queues import Message, Pipeline, declare_empty, length, purge
from services.audit.app import build
from services.audit.documents import CaseProjectionDocument, EntryDocument
from services.audit.subscriptions import HEARS
from shared.clock import SystemClock
from shared.database import collection_of
from shared.events.envelope import canonical
from shared.messaging.topology import EXCHANGE, declare
from shared.plumbing import plumb

NAME: Final = "ingest"
OURS, LIMIT, INDEXED = (
    "Golden Thread",
    "bare consumer, insert_many",
    "ditto, with audit's documents and indexes",
)
PEERS: Final = {
    "FastStream": ("frameworks", "consume_faststream.py"),
    "Celery": ("frameworks", "consume_celery.py"),
    "nameko": ("nameko", "consume_nameko.py"),
}
OUR_QUEUE: Final = "audit.events"
PEER_QUEUE: Final = "bench.peer"
ABREAST: Final = 200
"""Cases at work at the same time: their events come in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one contender is given: messages for a queue, and where its documents come to be."""

    queue: str
    messages: Sequence[Message]
    collection: Collection[dict[str, Any]]
    done: Callable[[], bool] = lambda: True
    """What must hold beside the number of documents."""


@contextmanager
def prepare(bench: Bench) -> Iterator[Measurement]:
    """Seal the lines of many cases."""
    bench.clear()
    plumbing = plumb(build(bench.settings(), SystemClock()))
    plumbing.ensure_indexes()
    declare(bench.amqp_url, "audit", HEARS)
    made = Lines()
    lines = [made.one() for _ in range(bench.pick(4_000, 100))]
    wires = list(interleaved(lines, ABREAST))
    few = list(interleaved(lines[: bench.pick(1_000, 50)], ABREAST))
    entries, cases = collection_of(EntryDocument), collection_of(CaseProjectionDocument)

    def projected() -> bool:
        return cases.count_documents({"entries_read": made.length}) == len(lines)

    with bench.client() as client:
        plain = client[BARE]["entries"]
        ours = Work(
            queue=OUR_QUEUE,
            messages=_messages(wires, exchange=EXCHANGE.name),
            collection=entries,
            done=projected,
        )
        bare = _messages(wires, queue=BARE_QUEUE)
        yield Measurement(
            name=NAME,
            about=f"{len(wires)} events of {len(lines)} cases, {ABREAST} abreast, from a quorum "
            f"queue; peers: {len(few)}. Golden Thread also checks each event's place and hash and "
            "brings the clocks of its case up to date",
            metrics=[RATE],
            contenders=[
                _of_ours(bench, OURS, "ours", ours),
                _of_ours(
                    bench, LIMIT, "bare", Work(queue=BARE_QUEUE, messages=bare, collection=plain)
                ),
                _of_ours(
                    bench,
                    INDEXED,
                    "bare-indexed",
                    Work(queue=BARE_QUEUE, messages=bare, collection=entries),
                ),
                *(
                    _peer(
                        bench,
                        name,
                        Work(
                            queue=PEER_QUEUE,
                            messages=_messages(few, queue=PEER_QUEUE, celery=name == "Celery"),
                            collection=plain,
                        ),
                    )
                    for name in PEERS
                ),
            ],
            targets=[
                at_least((OURS, "rate"), 0.5, (LIMIT, "rate")),
                *(at_least((OURS, "rate"), 5, (name, "rate")) for name in PEERS),
            ],
        )


def _of_ours(bench: Bench, name: str, way: str, work: Work) -> Contender:
    command = [sys.executable, "-m", "benchmarks.consume", way]
    once = partial(_drained, bench, f"consume-{way}", command, bench.environment(), work)
    return Contender(name=name, once=once)


def _peer(bench: Bench, name: str, work: Work) -> Contender:
    peers, (home, script) = bench.peers, PEERS[name]
    environment = peers.environment(
        AMQP_URL=bench.amqp_url, MONGO_URL=bench.mongo_url, DATABASE=BARE, QUEUE=work.queue
    )
    command = peers.command(home, script)
    once = partial(_drained, bench, script.removesuffix(".py"), command, environment, work)
    return Contender(name=name, missing=peers.missing(home), once=once)


def _drained(
    bench: Bench, name: str, command: Sequence[str], environment: Mapping[str, str], work: Work
) -> Mapping[str, float]:
    """Fill the queue, let a process empty it, and see how fast the documents come to be."""
    work.collection.delete_many({})
    collection_of(CaseProjectionDocument).delete_many({})
    count, fifth = len(work.messages), len(work.messages) // 5
    if work.queue == OUR_QUEUE:
        purge(bench, work.queue)
    else:
        declare_empty(bench, work.queue)
    pipeline = Pipeline(bench.amqp_url)
    must_be(pipeline.publish(work.messages), count, "events published")
    pipeline.close()
    stored = work.collection.estimated_document_count
    seen = 0

    def begun() -> bool:
        nonlocal seen
        seen = stored()
        return seen >= fifth

    with running(name, command, environment, bench.folder) as process:
        began = wait_for(begun, "a fifth is stored", process)
        first = seen
        ended = wait_for(
            lambda: stored() >= count and work.done(), f"{count} documents are stored", process
        )
    must_be(work.collection.count_documents({}), count, "documents stored")
    must_be(length(bench, work.queue), 0, "messages left that nobody acknowledged")
    return {"rate": (count - first) / (ended - began)}


def _messages(
    wires: Sequence[Wire], *, exchange: str = "", queue: str = "", celery: bool = False
) -> list[Message]:
    made = []
    for wire in wires:
        body, headers = canonical(wire), {}
        if celery:  # its protocol: a task is its arguments, and headers that say which task
            body = json.dumps([[wire], {}, {}]).encode()
            headers = {"lang": "py", "task": "keep", "id": wire["id"], "root_id": wire["id"]}
        made.append(
            Message(
                exchange=exchange,
                routing_key=queue or wire["type"],
                body=body,
                id=wire["id"],
                headers=headers,
                content_type="application/json",
            )
        )
    return made
