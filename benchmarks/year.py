"""The year: a share of England's year of referrals through the whole system, followed to its end.

A file of `mash generate` goes the way of a council's own history: by the importer through the bulk
doors of the web processes, their schemas and rules, the one write, relay, RabbitMQ, consumers,
timeline and clocks, in the very processes that are deployed. People ask for pages meanwhile.

It is entered as history, and that differs from the same year lived: a step is judged as of when it
happened, two hundred come in a request, nobody's time is reserved for a meeting that is over, no
lead is passed over for not answering, and no promise is ever at risk: it is kept or broken already.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Final

from benchmarks.harness import Contender, Measurement, NotMeasured, at_least, at_most, must_be
from benchmarks.journeys.asking import asking
from benchmarks.journeys.costs import cores, idle_share
from benchmarks.journeys.figures import (
    EVENTS,
    HOURS,
    METRICS,
    Lap,
    Run,
    figures_of,
    slower,
    where_the_time_goes,
)
from benchmarks.journeys.lines import (
    FIRST_DAY,
    THE_YEAR,
    History,
    generate,
    plan_of,
    referrals_of,
)
from benchmarks.journeys.system import running_system
from benchmarks.parts import Bench

NAME: Final = "year"
OURS, GOAL = "Golden Thread", "the goal"
SEED: Final = 20240331
QUICK_SHARE: Final = 0.0001
WARM_UP: Final = 40
"""Referrals before those that count."""
EARLIER: Final = timedelta(weeks=8)
"""How long before: no journey takes longer."""
ASKED: Final = 20
"""Different timelines that a person looks at: those of the first cases."""
ENOUGH: Final = 2
"""Repetitions: each takes minutes."""


@contextmanager
def prepare(bench: Bench) -> Iterator[Measurement]:
    """Invent the journeys: that is no part of the pipeline."""
    referrals = referrals_of(QUICK_SHARE if bench.quick else bench.share)
    warm_up = plan_of(WARM_UP, seed=SEED - 1, first=FIRST_DAY - EARLIER)
    first = generate(bench.folder / "warm-up.jsonl", warm_up, cases=ASKED)
    counted = generate(bench.folder / "year.jsonl", plan_of(referrals, seed=SEED), cases=0)
    yield Measurement(
        name=NAME,
        about=f"{referrals:,} of the {THE_YEAR:,} referrals of England's year to March 2024, "
        f"{counted.steps:,} steps in the order of time and as dense as in the year, imported "
        f"through the bulk doors as history that is over, after {WARM_UP} referrals that do not "
        "count; until every event is on its timeline, every clock has read it, and what is to be "
        "said of promises is said: kept, or broken once the clock was put on by the day in which "
        "an import may go on; never at risk, as it is over. Figures for a year are in proportion "
        "to the referrals: what grows with the store comes on top",
        metrics=METRICS,
        contenders=[
            Contender(name=OURS, once=partial(_once, bench, first, counted)),
            Contender(name=GOAL, once=lambda: {HOURS.name: 1.0, EVENTS.name: 10.0}),
        ],
        targets=[
            at_most((OURS, HOURS.name), 1, (GOAL, HOURS.name)),
            at_least((OURS, EVENTS.name), 1, (GOAL, EVENTS.name)),
        ],
        most=ENOUGH,
        picture=where_the_time_goes,
    )
    for history in (first, counted):
        history.file.unlink()


def _once(bench: Bench, first: History, counted: History) -> Mapping[str, float]:
    with running_system(bench, after=max(first.ends_at, counted.ends_at)) as system:
        before = system.send(first.file)
        must_be(before.settled, first.steps, "steps taken or refused before those that count")
        system.settle()
        look, ledger, people = system.look, system.ledger, system.people(first.cases)
        written, received, disk = look.arrived().written, look.referrals(), look.bytes_on_disk()
        ledger.forget_peaks()
        idle, costs, began = cores(), ledger.costs(), time.perf_counter()
        with asking(people.values()):
            sent = system.send(counted.file)
            imported = time.perf_counter() - began
            system.wait_for_lines()
            lines = time.perf_counter() - began
            system.settle()
            lap = Lap(imported=imported, lines=lines, all=time.perf_counter() - began)
            spent, share = ledger.costs(), idle_share(idle, cores())
        must_be(sent.settled, counted.steps, "steps taken or refused")
        arrived = look.arrived()
        if faults := [*before.faults, *sent.faults, *arrived.faults]:
            raise NotMeasured(f"void: {'; '.join(faults)}")
        return figures_of(
            Run(
                referrals=look.referrals() - received,
                events={name: each - written[name] for name, each in arrived.written.items()},
                refused=sent.refused.total(),
                slower=slower(sent.seen),
                lap=lap,
                costs={name: cost.since(costs[name]) for name, cost in spent.items()},
                idle=share,
                pages={name: person.seconds for name, person in people.items()},
                disk=look.bytes_on_disk() - disk,
            )
        )
