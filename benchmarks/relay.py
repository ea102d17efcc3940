"""Relay: from documents that hold unpublished events to the broker's last confirm."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from benchmarks import made
from benchmarks.harness import RATE, Contender, Measurement, at_least, must_be, stopwatch
from benchmarks.parts import Bench
from benchmarks.queues import Message, Pipeline, length, publish_awaiting_each, purge
from services.referral.app import build
from services.referral.documents import ReferralDocument
from shared.clock import SystemClock
from shared.database import collection_of
from shared.events.envelope import canonical
from shared.messaging.topology import EXCHANGE, declare
from shared.plumbing import Plumbing, plumb

NAME: Final = "relay"
OURS, LIMIT, EACH, FASTSTREAM = (
    "Golden Thread",
    "bare pika, confirms pipelined",
    "bare pika, each confirm awaited",
    "FastStream, confirms pipelined",
)
QUEUE: Final = "audit.events"


@contextmanager
def prepare(bench: Bench) -> Iterator[Measurement]:
    """Write referrals whose events nobody has published, and one queue that takes them."""
    bench.clear()
    plumbing = plumb(build(bench.settings(), SystemClock()))
    plumbing.ensure_indexes()
    declare(bench.amqp_url, "audit", ("/referral",))
    refs = made.referrals(plumbing.service.roots, bench.pick(20_000, 1_000))
    messages = [
        Message(
            exchange=EXCHANGE.name,
            routing_key=wire["type"],
            body=canonical(wire),
            id=wire["id"],
        )
        for wire in _events()
    ]
    must_be(len(messages), len(refs), "events written")
    few = messages[: bench.pick(4_000, 200)]
    file = bench.folder / "relay.json"
    file.write_text(json.dumps([[each.routing_key, each.body.decode()] for each in messages]))
    pipeline = Pipeline(bench.amqp_url)
    yield Measurement(
        name=NAME,
        about=f"{len(messages)} events of {len(messages[0].body)} bytes, a document each, "
        f"to one quorum queue; each confirm awaited: {len(few)}",
        metrics=[RATE],
        contenders=[
            Contender(name=OURS, once=lambda: _ours(bench, plumbing, len(messages))),
            Contender(
                name=LIMIT,
                once=lambda: _timed(bench, len(messages), lambda: pipeline.publish(messages)),
            ),
            Contender(
                name=EACH,
                once=lambda: _timed(bench, len(few), lambda: publish_awaiting_each(bench, few)),
            ),
            Contender(
                name=FASTSTREAM,
                missing=bench.peers.missing("frameworks"),
                once=lambda: _faststream(bench, str(file), len(messages)),
            ),
        ],
        targets=[
            at_least((OURS, "rate"), 0.5, (LIMIT, "rate")),
            at_least((OURS, "rate"), 2, (FASTSTREAM, "rate")),
            at_least((OURS, "rate"), 6, (EACH, "rate")),
        ],
    )
    pipeline.close()
    purge(bench, QUEUE)


def _events() -> Iterator[dict[str, Any]]:
    for found in collection_of(ReferralDocument).find({}, {"events": 1}):
        yield from found["events"]


def _ours(bench: Bench, plumbing: Plumbing, count: int) -> Mapping[str, float]:
    documents = collection_of(ReferralDocument)
    documents.update_many({}, [{"$set": {"published": 0, "unpublished_since": "$changed_at"}}])
    purge(bench, QUEUE)
    relay = plumbing.relay
    with stopwatch() as watch:
        while relay.publish_pending():
            pass
    must_be(length(bench, QUEUE), count, "events in the queue")
    must_be(documents.count_documents({"published": 1}), count, "markers raised")
    return {"rate": count / watch.seconds}


def _timed(bench: Bench, count: int, publish: Any) -> Mapping[str, float]:
    purge(bench, QUEUE)
    with stopwatch() as watch:
        confirmed = publish()
    must_be(confirmed, count, "events confirmed")
    must_be(length(bench, QUEUE), count, "events in the queue")
    return {"rate": count / watch.seconds}


def _faststream(bench: Bench, file: str, count: int) -> Mapping[str, float]:
    purge(bench, QUEUE)
    told = bench.peers.ask(
        "frameworks", "publish_faststream.py", file, EXCHANGE.name, AMQP_URL=bench.amqp_url
    )
    must_be(int(told["confirmed"]), count, "events confirmed")
    must_be(length(bench, QUEUE), count, "events in the queue")
    return {"rate": count / told["seconds"]}
