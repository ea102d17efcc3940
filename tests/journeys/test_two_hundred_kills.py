"""Two hundred times kill -9, by chance, while people work: nothing told is lost, nothing doubled.

CHAOS_SEED=n repeats a run's choices; CHAOS_KILLS=n makes it shorter or longer.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.builders import a_child, a_decision, a_referral
from tests.journeys.lines import line_of, settle, types_of
from tests.support.checker import faults_of_chains
from tests.support.ledger import ACKNOWLEDGED, ATTEMPTED, Ledger
from tests.support.system import System
from tests.support.waiting import eventually
from tests.support.walk import WHOLE_LINE, Walk

SEED = int(os.environ.get("CHAOS_SEED", "20261120"))  # noqa: TID251 - a test's own choice
KILLS = int(os.environ.get("CHAOS_KILLS", "200"))  # noqa: TID251 - ditto
CLIENTS = 5
SHORTEST, LONGEST = 0.1, 1.2
"""Seconds between a kill and the next choice."""
PROGRESS_WITHIN = 8.0
WORTH_IT = 0.5
"""Share of kills that must hit while somebody waits for an answer, for the run to count."""


class Load:
    """People at work: each thread takes one case after another, some to the end."""

    def __init__(self, system: System, ledger: Ledger) -> None:
        self.system = system
        self.ledger = ledger
        self.whole: list[str] = []
        self.unanswered = 0
        self.faults: list[str] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(random.Random(SEED + number),))
            for number in range(CLIENTS)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _work(self, chance: random.Random) -> None:
        while not self._over.is_set():
            walk = Walk(self.system, self.ledger.note)
            try:
                if chance.random() < 0.4:
                    self.whole.append(walk.whole())
                else:
                    _short(walk)
            except Exception as fault:  # told at the end, with the seed
                self.faults.append(f"{walk.ref or 'no reference yet'}: {fault!r}")
            self.unanswered += walk.unanswered


def _short(walk: Walk) -> None:
    """A referral that is decided without a strategy meeting."""
    walk.receive(**a_referral(children=[a_child()]))
    decided = a_decision(outcome="early-help", child_protection_concerns=False, threshold_level=2)
    walk.decide(**decided)
    walk.inform()


def kill_by_chance(system: System, ledger: Ledger) -> tuple[Counter[str], int]:
    """Kill processes one after another, letting work go on in between.

    Returns how often each was killed, and how many kills hit while somebody waited for an answer.
    """
    chance, killed, hits = random.Random(SEED), Counter[str](), 0
    pause = threading.Event()
    while killed.total() < KILLS:
        pause.wait(chance.uniform(SHORTEST, LONGEST))
        before = ledger.acknowledged
        # Everything may be down at once: that is a moment to kill at, too.
        with contextlib.suppress(AssertionError):
            eventually(
                lambda before=before: ledger.acknowledged > before, "work", within=PROGRESS_WITHIN
            )
        waiting = system.in_flight
        process = system.processes[chance.choice(sorted(system.processes))]
        if process.signal(signal.SIGKILL):
            killed[process.name] += 1
            hits += waiting > 0
    return killed, hits


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """The book of this run."""
    book = Ledger(tmp_path / "ledger")
    yield book
    book.close()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_hundred_kills_lose_nothing_and_double_nothing(system: System, ledger: Ledger) -> None:
    before = {each["subject"] for each in entries_of(system)}
    said_before = len(system.logs())
    with Load(system, ledger) as load:
        eventually(lambda: ledger.acknowledged > 10, "people are at work", within=120)
        killed, hits = kill_by_chance(system, ledger)
    system.wait_until_ready()
    settle(system)

    told = f"seed {SEED}: {dict(killed)}, {hits} during requests, {load.unanswered} unanswered"
    assert load.faults == [], told
    assert faults_of_the_run(system, ledger, load.whole, before=before) == [], told
    assert_it_was_worth_it(system.logs()[said_before:], killed, hits, load, told)


def faults_of_the_run(
    system: System, ledger: Ledger, whole: list[str], *, before: set[str]
) -> list[str]:
    """Compare the book with what the auditor is shown, and check every chain by itself."""
    entries = entries_of(system)
    faults = faults_of_chains(entries)
    attempted, acknowledged = ledger.counted(ATTEMPTED), ledger.counted(ACKNOWLEDGED)
    for ref, commands in acknowledged.items():
        line = line_of(system, ref)
        if not line["complete"]:
            faults.append(f"{ref}: the line is not complete")
        faults += _differences(ref, types_of(line), commands, attempted.get(ref, Counter()))
    for ref in whole:
        if (types := types_of(line_of(system, ref))) != list(WHOLE_LINE):
            faults.append(f"{ref}: in another order: {types}")
    new = {each["subject"] for each in entries} - before
    return [*faults, *_unexpected(new, attempted, acknowledged)]


def _differences(
    ref: str, types: list[str], acknowledged: Counter[str], attempted: Counter[str]
) -> Iterator[str]:
    counted = Counter(types)
    for event, most in (attempted | acknowledged).items():
        least = acknowledged[event]
        if not least <= counted[event] <= max(least, most):
            yield f"{ref}: {event} is there {counted[event]} times; {least} to {most} expected"
    if counted["strategy.case-opened"] > 1:
        yield f"{ref}: opened {counted['strategy.case-opened']} times"


def _unexpected(
    new: set[str], attempted: Mapping[str, object], acknowledged: Mapping[str, object]
) -> Iterator[str]:
    """Yield cases that nobody caused: the book holds a referral without an answer by its id."""
    for ref in acknowledged.keys() - new:
        yield f"{ref}: acknowledged and not there"
    submissions = [each for each in attempted if not each.startswith("MASH-")]
    untold = new - acknowledged.keys()
    if len(untold) > len(submissions) - len(acknowledged):
        yield f"{len(untold)} cases of which nobody was told, from {len(submissions)} referrals"


def entries_of(system: System) -> list[Mapping[str, Any]]:
    """Return every event as audit keeps it: the copies that an inspector would be given."""
    with system.database("audit") as database:
        return [each["event"] for each in database["entries"].find({}, {"event": 1})]


def assert_it_was_worth_it(
    logs: str, killed: Counter[str], hits: int, load: Load, told: str
) -> None:
    """A run in which nothing was hit proves nothing: it fails as void."""
    assert len(killed) == len(load.system.processes), f"void: not every process was hit; {told}"
    assert hits >= WORTH_IT * KILLS, f"void: too few kills hit during requests; {told}"
    assert load.unanswered, f"void: no request was ever cut off; {told}"
    assert "ALREADY_HANDLED" in logs, f"void: no event was ever delivered twice; {told}"
    assert load.whole, f"void: no case went the whole way; {told}"
