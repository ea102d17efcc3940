"""The year: a share of England's year of referrals through the whole system, followed to its end.

Generated journeys, by their commands, through the one write, relay, RabbitMQ, consumers, timeline
and clocks, in the very processes that are deployed. People ask for pages meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
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
    plan_of,
    read_lines,
    referrals_of,
    write_lines,
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
ENOUGH: Final = 2
"""Repetitions: each takes minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journeys:
    """What is sent: files of steps, and how many there are."""

    first: Path
    """Those before that do not count."""
    counted: Path
    steps: int


@contextmanager
def prepare(bench: Bench) -> Iterator[Measurement]:
    """Invent the journeys: that is no part of the pipeline."""
    referrals = referrals_of(QUICK_SHARE if bench.quick else bench.share)
    first, counted = bench.folder / "warm-up.lines", bench.folder / "year.lines"
    write_lines(first, plan_of(WARM_UP, seed=SEED - 1, first=FIRST_DAY - EARLIER))
    steps = write_lines(counted, plan_of(referrals, seed=SEED))
    journeys = Journeys(first=first, counted=counted, steps=steps)
    yield Measurement(
        name=NAME,
        about=f"{referrals:,} of the {THE_YEAR:,} referrals of England's year to March 2024, "
        f"{steps:,} steps in the order of time and as dense as in the year, after {WARM_UP} "
        "referrals that do not count; until every event is on its timeline, every clock has read "
        "it, and what is to be said of promises is said. Figures for a year are in proportion to "
        "the referrals: what grows with the store comes on top",
        metrics=METRICS,
        contenders=[
            Contender(name=OURS, once=partial(_once, bench, journeys)),
            Contender(name=GOAL, once=lambda: {HOURS.name: 1.0, EVENTS.name: 10.0}),
        ],
        targets=[
            at_most((OURS, HOURS.name), 1, (GOAL, HOURS.name)),
            at_least((OURS, EVENTS.name), 1, (GOAL, EVENTS.name)),
        ],
        most=ENOUGH,
        picture=where_the_time_goes,
    )
    for file in (first, counted):
        file.unlink()


def _once(bench: Bench, journeys: Journeys) -> Mapping[str, float]:
    begins = next(read_lines(journeys.first)).at
    with running_system(bench, at=begins) as system:
        system.send(journeys.first)
        system.settle()
        look, ledger, people = system.look, system.ledger, system.people(journeys.first)
        written, received, disk = look.arrived().written, look.referrals(), look.bytes_on_disk()
        ledger.forget_peaks()
        idle, costs, began = cores(), ledger.costs(), time.perf_counter()
        with asking(people.values()):
            sent = system.send(journeys.counted)
            commands = time.perf_counter() - began
            system.wait_for_lines()
            lines = time.perf_counter() - began
            system.settle()
            lap = Lap(commands=commands, lines=lines, all=time.perf_counter() - began)
            spent, share = ledger.costs(), idle_share(idle, cores())
        must_be(sent.settled, journeys.steps, "steps taken or refused")
        arrived = look.arrived()
        if faults := [*sent.faults, *arrived.faults]:
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
