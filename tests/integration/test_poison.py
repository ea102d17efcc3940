"""Workers killed over an event: poison is parked alone, a healthy event has its effect once."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.faults import Point
from shared.messaging.causes import Cause
from shared.messaging.held import Kind
from tests.conftest import environment
from tests.support.carriers import Broker, relaying
from tests.support.processes import Process, Supervisor
from tests.support.toy import Toy
from tests.support.waiting import eventually

BEFORE = [f"MASH-00000-001{n:02}" for n in range(30)]
TEN = [f"MASH-00000-000{n:02}" for n in range(10)]
POISON = TEN[4]
REFERRAL = "MASH-00000-00200"
DEATHS = 6
"""More than it takes, fewer than a circle would."""


@contextmanager
def working(folder: Path, mongo_url: str, broker: Broker, **once: str) -> Iterator[Process]:
    """Keep a worker running that dies of the poison; `once` is set in its first life alone."""
    process = Process(
        name="worker",
        command=[
            *(sys.executable, "-m", "tests.support.toy_worker"),
            *(broker.url, broker.service, POISON),
        ],
        environment={**environment(folder, mongo_url), "PATH": "/usr/bin:/bin"},
        log=folder / "worker.log",
        once=once,
    )
    supervisor = Supervisor([process])
    supervisor.start()
    try:
        yield process
    finally:
        supervisor.stop()


@pytest.mark.timeout(180)
def test_an_event_that_kills_its_handler_is_parked_and_its_neighbours_are_handled(
    toy: Toy, broker: Broker, tmp_path: Path, mongo_url: str
) -> None:
    with relaying(toy, broker.url), working(tmp_path, mongo_url, broker) as process:
        for ref in BEFORE:
            toy.say(ref)
        # By now many are fetched at once.
        eventually(lambda: all(toy.heard(ref).value for ref in BEFORE), "work goes on", within=60)
        for ref in TEN:
            toy.say(ref, times=2)
        eventually(
            lambda: toy.held.counts().get(Kind.PARKED) == 1, "the poison is parked", within=100
        )
        healthy = [ref for ref in TEN if ref != POISON]
        eventually(
            lambda: all(toy.heard(ref).order == (1, 2) for ref in healthy), "the others", within=60
        )
        toy.say(TEN[0])
        eventually(lambda: toy.heard(TEN[0]).value == 3, "the worker lives", within=60)
        deaths = len(process.deaths)

    (parked,) = toy.held.parked()
    assert (parked.stream, parked.cause) == (f"referral:{POISON}", Cause.DELIVERED_TOO_OFTEN)
    assert parked.sequence == 1
    assert toy.heard(POISON).value == 0
    assert set(process.deaths[:deaths]) == {-signal.SIGKILL}
    assert 2 <= deaths <= DEATHS
    assert toy.held.counts() in ({Kind.PARKED: 1}, {Kind.PARKED: 1, Kind.WAITING: 1})


@pytest.mark.timeout(180)
def test_an_event_handled_by_a_process_that_died_before_it_said_so_has_its_effect_once(
    toy: Toy, rabbit: Broker, tmp_path: Path, mongo_url: str
) -> None:
    # Unlike the rules of a case, which open it once whatever comes, this hearer counts.
    toy.say(REFERRAL, times=3)
    dying = working(tmp_path, mongo_url, rabbit, CRASH_AT=Point.CONSUMER_AFTER_HANDLING)
    with relaying(toy, rabbit.url), dying as process:
        eventually(
            lambda: process.deaths == [-signal.SIGKILL], "killed after the effect", within=60
        )
        eventually(lambda: toy.heard(REFERRAL).order == (1, 2, 3), "all heard", within=60)
        toy.say(REFERRAL)
        eventually(lambda: toy.heard(REFERRAL).value == 4, "work goes on", within=60)
        eventually(lambda: toy.held.counts() == {}, "no note is left", within=60)

    assert toy.heard(REFERRAL).order == (1, 2, 3, 4)
    assert "ALREADY_HANDLED" in process.log.read_text()
