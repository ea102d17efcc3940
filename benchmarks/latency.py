"""Latency: from a commit in one service to what the other and the timeline show.

Real processes: one that decides, strategy's worker, audit's worker. What they store is watched with
change streams, which tell of a majority commit as soon as it is one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Final

from pymongo.collection import Collection

from benchmarks import made
from benchmarks.children import running, wait_for
from benchmarks.figures import Metric, percentile
from benchmarks.harness import Contender, Measurement, NotMeasured, at_most, must_be
from benchmarks.machine import ROOT
from benchmarks.parts import Bench
from benchmarks.queues import Message, declare_empty, length
from services.referral.app import build
from services.referral.documents import ReferralDocument
from shared.clock import SystemClock
from shared.database import collection_of
from shared.events.envelope import canonical
from shared.messaging.topology import declare
from shared.plumbing import Plumbing, plumb
from tests.support.processes import Process

NAME: Final = "latency"
RATES: Final = (10, 100, 500)
PARTS: Final = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
QUEUE: Final = "bench.round-trip"
WORKERS: Final = ("strategy", "audit")
ROOTS: Final = {"referral": "referrals", "strategy": "cases", "audit": "announcements"}


def _metrics(what: str) -> list[Metric]:
    return [Metric(f"{what} {part}", "ms", more_is_better=False) for part in PARTS]


METRICS: Final = [
    *_metrics("timeline"),
    *_metrics("other service"),
    *_metrics("round trip"),
    Metric("committed", "events/s"),
]


@contextmanager
def prepare(bench: Bench) -> Iterator[Measurement]:
    """Start the workers that hear."""
    bench.clear()
    plumbing = plumb(build(bench.settings(), SystemClock()))
    plumbing.ensure_indexes()
    for service in WORKERS:
        declare(bench.amqp_url, service, ("/referral", "/strategy", "/audit"))
    environment = bench.environment(CATCH_UP_SECONDS="3600", SWEEP_SECONDS="5")
    with ExitStack() as stack:
        client = stack.enter_context(bench.client())
        workers = [
            stack.enter_context(
                running(
                    f"{service}-work",
                    [sys.executable, "-m", f"services.{service}", "work"],
                    environment,
                    bench.folder,
                )
            )
            for service in WORKERS
        ]
        once = partial(_ours, bench, plumbing, client, workers)
        seconds = {10: bench.pick(10, 2), 100: bench.pick(10, 1), 500: bench.pick(6, 1)}
        yield Measurement(
            name=NAME,
            about="threshold decisions at a steady rate, each from its commit: to the case that "
            "strategy opens, and to audit's entry; "
            + ", ".join(f"{rate}/s for {seconds[rate]} s" for rate in RATES),
            metrics=METRICS,
            contenders=[
                contender
                for rate in RATES
                for contender in (
                    Contender(name=_our(rate), once=partial(once, rate, seconds[rate])),
                    Contender(
                        name=_bare(rate),
                        once=partial(_round_trips, bench, rate, rate * seconds[rate]),
                    ),
                )
            ],
            targets=[at_most((_our(100), "timeline p99"), 5, (_bare(100), "round trip p99"))],
        )


def _our(rate: int) -> str:
    return f"Golden Thread, {rate}/s"


def _bare(rate: int) -> str:
    return f"bare publish and consume, {rate}/s"


class Watching(threading.Thread):
    """Notes when each document of a collection changes for the first time from now on."""

    def __init__(self, collection: Collection[dict[str, Any]]) -> None:
        super().__init__(name=f"watching {collection.name}", daemon=True)
        self.seen: dict[str, float] = {}
        self._over = threading.Event()
        self._stream = collection.watch(
            [{"$project": {"documentKey": 1}}], max_await_time_ms=200, batch_size=1000
        )

    def run(self) -> None:
        """Watch until told to stop."""
        with self._stream as stream:
            while not self._over.is_set():
                if change := stream.try_next():
                    self.seen.setdefault(change["documentKey"]["_id"], time.monotonic())

    def stop(self) -> None:
        """End it."""
        self._over.set()
        self.join()


def _ours(
    bench: Bench,
    plumbing: Plumbing,
    client: Any,
    workers: Sequence[Process],
    rate: int,
    seconds: int,
) -> Mapping[str, float]:
    entries = client["golden_thread_audit"]["entries"]
    cases = client["golden_thread_strategy"]["cases"]
    refs = _received_everywhere(plumbing, rate * seconds, entries, cases, workers)
    file = bench.folder / "refs.json"
    file.write_text(json.dumps(refs))
    timeline, other = Watching(entries), Watching(cases)
    for each in (timeline, other):
        each.start()
    try:
        committed = _commit(bench, str(file), rate)
        arrived = {ref: f"referral:{ref}#2" for ref in refs}
        wait_for(
            lambda: (
                other.seen.keys() >= arrived.keys()
                and timeline.seen.keys() >= set(arrived.values())
            ),
            "every decision has arrived",
            *workers,
        )
    finally:
        timeline.stop()
        other.stop()
    wait_for(partial(_is_quiet, bench, client), "nothing is left to do", *workers)
    must_be(len(committed), len(refs), "decisions committed")
    took = max(committed.values()) - min(committed.values())
    return {
        **_percentiles(
            "timeline", [timeline.seen[arrived[ref]] - at for ref, at in committed.items()]
        ),
        **_percentiles("other service", [other.seen[ref] - at for ref, at in committed.items()]),
        "committed": (len(refs) - 1) / took,
    }


def _is_quiet(bench: Bench, client: Any) -> bool:
    """Is all on the timeline, said of every promise and taken from every queue?

    Else the next decisions would wait behind what these still cause.
    """
    written = 0
    for service, roots in ROOTS.items():
        total = [{"$group": {"_id": None, "events": {"$sum": "$version"}}}]
        for each in client[f"golden_thread_{service}"][roots].aggregate(total):
            written += each["events"]
    audit = client["golden_thread_audit"]
    if audit["entries"].count_documents({}) != written:
        return False
    due = {"next_tick": {"$lte": SystemClock().now()}}
    unsaid = audit["cases"].find_one(due, {"_id": 1})
    unpublished = audit["announcements"].find_one({"unpublished_since": {"$exists": True}})
    return not (unsaid or unpublished or any(length(bench, f"{each}.events") for each in WORKERS))


def _received_everywhere(
    plumbing: Plumbing,
    count: int,
    entries: Collection[dict[str, Any]],
    cases: Collection[dict[str, Any]],
    workers: Sequence[Process],
) -> list[str]:
    """Receive referrals, and wait until both workers have heard of each."""
    refs = made.referrals(plumbing.service.roots, count)
    while plumbing.relay.publish_pending():
        pass
    keys = [f"referral:{ref}#1" for ref in refs]
    wait_for(
        lambda: (
            entries.count_documents({"_id": {"$in": keys}}) == count
            and cases.count_documents({"_id": {"$in": refs}}) == count
        ),
        "both workers have heard of every referral",
        *workers,
    )
    return refs


def _commit(bench: Bench, file: str, rate: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.commit", file, str(rate)],
        cwd=ROOT,
        env=bench.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotMeasured((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
    committed: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return committed


def _percentiles(what: str, seconds: Sequence[float]) -> dict[str, float]:
    return {f"{what} {name}": percentile(seconds, part) * 1000 for name, part in PARTS.items()}


def _round_trips(bench: Bench, rate: int, count: int) -> Mapping[str, float]:
    """Publish at a steady rate, take each from the queue and acknowledge it."""
    declare_empty(bench, QUEUE)
    wire = collection_of(ReferralDocument).find_one({"version": {"$gt": 0}}, {"events": 1})
    body = canonical(wire["events"][-1]) if wire else b"x" * 800
    arrived: dict[str, float] = {}
    ready = threading.Event()

    def consume() -> None:
        with bench.channel() as channel:
            channel.basic_qos(prefetch_count=50)
            for method, properties, _ in channel.consume(QUEUE, inactivity_timeout=0.2):
                ready.set()
                if method is not None:
                    arrived[properties.message_id] = time.monotonic()
                    channel.basic_ack(method.delivery_tag)
                if len(arrived) == count:
                    return

    consumer = threading.Thread(target=consume, name="consumer", daemon=True)
    consumer.start()
    ready.wait(30)
    # Open until all have arrived: without confirms the broker may drop what it has yet to enqueue
    # for a channel that closes (seen on a busy machine).
    with bench.channel() as channel:
        sent = _published_at(channel, rate, count, body)
        consumer.join(60)
    must_be(len(arrived), count, "messages arrived")
    return _percentiles("round trip", [arrived[each] - at for each, at in sent.items()])


def _published_at(channel: Any, rate: int, count: int, body: bytes) -> dict[str, float]:
    sent: dict[str, float] = {}
    pace, began = threading.Event(), time.monotonic() + 0.1
    for number in range(count):
        pace.wait(max(0.0, began + number / rate - time.monotonic()))
        message = Message(routing_key=QUEUE, body=body, id=str(number))
        sent[message.id] = time.monotonic()
        channel.basic_publish("", QUEUE, message.body, message.properties, mandatory=True)
    return sent
