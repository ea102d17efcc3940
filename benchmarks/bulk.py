"""The bulk door's core: decisions on different imported referrals, through handler and store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from benchmarks.commands import DECISIONS
from benchmarks.decisions import GUIDANCE, Waiting, command_for, waiting
from benchmarks.harness import Contender, Measurement, at_least
from benchmarks.made import DECIDER, SECRET
from benchmarks.parts import Bench
from services.referral.handlers import enter_history
from shared.orders import Entry
from shared.practice import load_time_limits
from shared.store import Done

LIMITS: Final = load_time_limits()
OFFICER: Final = "officer-demo"
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
        for each in ready.documents:
            each["state"]["imported"] = True

        def in_bulks(decide: Callable[[Sequence[str]], None]) -> None:
            for start in range(0, len(ready.refs), BATCH):
                decide(ready.refs[start : start + BATCH])

        def one_by_one() -> None:
            for ref in ready.refs:
                ready.decide_bare(ref)

        yield Measurement(
            name=NAME,
            about=f"{len(ready.refs)} decisions; Golden Thread enters them as an import does "
            "(enter_history, Roots.act_many): one read and one write a bulk, each decided and "
            "sealed by itself; without HTTP and schemas",
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
    """Enter decisions as the bulk door does once it has read them."""
    at = ready.roots.clock.now()
    entries = [
        Entry(ref=ref, command=command_for(ref), by=DECIDER, at=at, entered_by=OFFICER)
        for ref in refs
    ]
    outcomes = enter_history(
        entries, referrals=ready.roots, guidance=GUIDANCE, limits=LIMITS, secret=SECRET
    )
    if not all(isinstance(each, Done) and each.changed for each in outcomes):
        raise RuntimeError("a decision that nobody else made was refused")
