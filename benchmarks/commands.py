"""Commands: threshold decisions through handler and store, by one client and by many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from benchmarks.decisions import waiting
from benchmarks.figures import Metric
from benchmarks.harness import Contender, Measurement, at_least, must_be
from benchmarks.parts import Bench
from benchmarks.postgres import postgres

NAME: Final = "commands"
CLIENTS: Final = 16
DECISIONS: Final = Metric("rate", "decisions/s")
ONE, BARE = "Golden Thread, one client", "bare find and update, one client"
MANY, BARE_MANY = (
    f"Golden Thread, {CLIENTS} clients in one process",
    f"bare find and update, {CLIENTS} clients in one process",
)
SQLITE, POSTGRES = "eventsourcing on SQLite, one client", "eventsourcing on PostgreSQL, one client"


@contextmanager
def prepare(bench: Bench) -> Iterator[Measurement]:
    """Receive referrals that wait for a decision."""
    with bench.client() as client, postgres(bench.folder) as database:
        ready = waiting(bench, bench.pick(2_000, 100), client)
        refs = ready.refs

        def one_by_one(decide: Callable[[str], None]) -> Callable[[], Mapping[str, float]]:
            def work() -> None:
                for ref in refs:
                    decide(ref)

            return lambda: ready.timed(refs, work)

        def together(decide: Callable[[str], None]) -> Callable[[], Mapping[str, float]]:
            def work() -> None:
                with ThreadPoolExecutor(CLIENTS) as clients:
                    list(clients.map(decide, refs))

            return lambda: ready.timed(refs, work)

        def peer(**environment: str) -> Callable[[], Mapping[str, float]]:
            return lambda: _eventsourcing(bench, len(refs), environment)

        missing = bench.peers.missing("frameworks")
        file = str(bench.folder / "eventsourcing.sqlite")
        yield Measurement(
            name=NAME,
            about=f"{len(refs)} decisions, each read, decided, sealed and stored; bare pymongo "
            "writes the very same without deciding; eventsourcing decides an aggregate of two "
            "events, every commit safe on disk",
            metrics=[DECISIONS],
            contenders=[
                Contender(name=ONE, once=one_by_one(ready.decide)),
                Contender(name=BARE, once=one_by_one(ready.decide_bare)),
                Contender(name=MANY, once=together(ready.decide)),
                Contender(name=BARE_MANY, once=together(ready.decide_bare)),
                Contender(
                    name=SQLITE,
                    missing=missing,
                    once=peer(PERSISTENCE_MODULE="eventsourcing.sqlite", SQLITE_DBNAME=file),
                ),
                Contender(
                    name=POSTGRES,
                    missing=missing or database.missing,
                    optional=database.missing is not None,
                    once=peer(PERSISTENCE_MODULE="eventsourcing.postgres", **database.environment),
                ),
            ],
            targets=[at_least((ONE, "rate"), 0.7, (BARE, "rate"))],
        )


def _eventsourcing(bench: Bench, count: int, given: Mapping[str, str]) -> Mapping[str, float]:
    told = bench.peers.ask("frameworks", "decide_eventsourcing.py", str(count), **given)
    must_be(int(told["decided"]), count, "decisions stored")
    return {"rate": count / told["seconds"]}
