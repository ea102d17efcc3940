"""Commands in bulk: decisions on different referrals, some hundred in one unordered bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from benchmarks.commands import DECISIONS
from benchmarks.decisions import GUIDANCE, Waiting, command_for, waiting
from benchmarks.harness import Contender, Measurement, at_least
from benchmarks.made import DECIDER
from benchmarks.parts import Bench
from services.referral.domain import threshold
from services.referral.domain.guidance import require_version
from services.referral.domain.referral import Referral
from shared.store import Root, Write

NAME: Final = "bulk"
BATCH: Final = 200
OURS, LIMIT, ONE = (
    f"Golden Thread, bulks of {BATCH}",
    f"bare pymongo, bulks of {BATCH}",
    "bare find and update, one client",
)


@contextmanager
def prepare(bench: Bench) -> Iterator[Measurement]:
    """Receive referrals that wait for a decision."""
    with bench.client() as client:
        ready = waiting(bench, bench.pick(4_000, 400), client)

        def in_bulks(decide: Callable[[Sequence[str]], None]) -> None:
            for start in range(0, len(ready.refs), BATCH):
                decide(ready.refs[start : start + BATCH])

        def one_by_one() -> None:
            for ref in ready.refs:
                ready.decide_bare(ref)

        together = "one find" if hasattr(ready.roots, "load_many") else "a find each"
        yield Measurement(
            name=NAME,
            about=f"{len(ready.refs)} decisions; Golden Thread reads a bulk with {together}, "
            "decides and seals each by itself, and writes with Roots.commit_many",
            metrics=[DECISIONS],
            contenders=[
                Contender(
                    name=OURS,
                    once=lambda: ready.timed(
                        ready.refs, lambda: in_bulks(lambda refs: _decide(ready, refs))
                    ),
                ),
                Contender(
                    name=LIMIT,
                    once=lambda: ready.timed(ready.refs, lambda: in_bulks(ready.decide_bare_many)),
                ),
                Contender(name=ONE, once=lambda: ready.timed(ready.refs, one_by_one)),
            ],
            targets=[
                at_least((OURS, "rate"), 0.3, (LIMIT, "rate")),
                at_least((OURS, "rate"), 5, (ONE, "rate")),
            ],
        )


def _decide(ready: Waiting, refs: Sequence[str]) -> None:
    """Decide many as `Roots.act` decides one: read, decide, write."""
    at = ready.roots.clock.now()
    writes = []
    for root in _load(ready, refs):
        command = command_for(root.ref)
        change = threshold.decide(root.state, command, by=DECIDER.id, at=at)
        require_version(GUIDANCE, command.guidance_version)
        writes.append(Write(root=root, change=change, by=DECIDER, at=at))
    if not all(ready.roots.commit_many(writes)):
        raise RuntimeError("a decision that nobody else made was overtaken")


def _load(ready: Waiting, refs: Sequence[str]) -> Sequence[Root[Referral]]:
    load_many: Callable[[Sequence[str]], Sequence[Root[Referral]]] | None = getattr(
        ready.roots, "load_many", None
    )
    return load_many(refs) if load_many else [ready.roots.load(ref) for ref in refs]
