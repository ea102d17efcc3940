"""The whole system for one run: fresh stores and queues, the processes that are deployed.

In the embedded mode, because only there a clock can be set: it stands at the step that is sent.
RabbitMQ and the replica set are those of every measurement.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import requests

from benchmarks.children import last_words, running, wait_for
from benchmarks.harness import NotMeasured
from benchmarks.journeys.arriving import COMMANDED, HEARING, ROOTS, Look
from benchmarks.journeys.asking import Person
from benchmarks.journeys.costs import Ledger, below
from benchmarks.journeys.doors import Door, ProcessDoor
from benchmarks.journeys.lines import read_lines
from benchmarks.journeys.sending import Sent, send_all
from benchmarks.levels import BUILDS
from benchmarks.parts import Bench
from benchmarks.queues import purge
from shared.clock import DemoClock, SystemClock
from shared.messaging.topology import declare
from shared.plumbing import plumb
from shared.settings import Settings
from tests.support.nodes import free_port
from tests.support.processes import Process

ROLES: Final = {"worker": "work", "web": "web"}
OFTEN: Final = {"SWEEP_SECONDS": "0.25"}
"""Commands are carried out beside the workers and nudge no relay: theirs looks by itself."""
SELDOM: Final = {"CATCH_UP_SECONDS": "3600", "SWEEP_SECONDS": "5"}
"""The broker's way has to do by itself; everything else as it is deployed."""
ASKED: Final = 20
"""Different timelines that a person looks at."""
PACE: Final = 0.25
"""Seconds between two looks whether everything has arrived."""
STALLED: Final = 90.0
"""Seconds without a new entry, after which what is missing will not come."""


class System:
    """The system of one run, its doors, and what can be seen of it from outside."""

    def __init__(
        self,
        bench: Bench,
        *,
        clock: DemoClock,
        look: Look,
        processes: Mapping[str, Process],
        doors: Mapping[str, Door],
        ledger: Ledger,
        urls: Mapping[str, str],
    ) -> None:
        self._bench, self._clock = bench, clock
        self._processes, self._doors, self._urls = processes, doors, urls
        self.look, self.ledger = look, ledger

    def send(self, file: Path) -> Sent:
        """Send the steps of a file; return what became of them when all are taken or refused."""

        def say(sent: Sent) -> None:
            self._say(f"{sent.settled:,} steps, {self.look.entries():,} events on timelines")

        hub, team = (self._doors[name] for name in COMMANDED)
        move = self._clock.move_to
        return send_all(read_lines(file), hub, team, move_clock=move, say=say)

    def wait_for_lines(self) -> None:
        """Wait until every event that a command caused is on its timeline."""
        self._wait(self.look.lines_are_complete, "not every event is on its timeline")

    def settle(self) -> None:
        """Wait until nothing is on its way, nothing to be said and everything where it belongs.

        Raises NotMeasured, with what is wrong, when that never comes.
        """
        self._wait(self.look.is_quiet, "something is on its way for ever")
        self._wait(lambda: not self.look.arrived().faults, "void")

    def people(self, file: Path) -> Mapping[str, Person]:
        """Return people who can ask for pages: timelines of the cases of a file, a worklist."""
        cases = list(dict.fromkeys(line.case for line in read_lines(file)))[:ASKED]
        timelines = [f"/cases/{ref}" for ref in cases]
        return {
            "timeline": Person("auditor-demo", f"{self._urls['audit']}/audit", timelines),
            "worklist": Person("manager-demo", f"{self._urls['strategy']}/strategy", ["/worklist"]),
        }

    def _wait(self, done: Callable[[], bool], what: str) -> None:
        """Wait as long as entries come; afterwards tell what is not as it should be."""
        pace, seen, since = threading.Event(), -1, time.monotonic()
        while not done():
            for each in self._processes.values():
                if each.running and each.running.poll() is not None:
                    raise NotMeasured(f"{each.name} ended: {last_words(each)}")
            if (entries := self.look.entries()) != seen:
                seen, since = entries, time.monotonic()
                self._say(f"{entries:,} events on timelines")
            if time.monotonic() - since > STALLED:
                words = "; ".join(self.look.arrived().faults)
                raise NotMeasured(f"{what}: {words or 'a promise of which nothing is said'}")
            pace.wait(PACE)

    def _say(self, words: str) -> None:
        self._bench.say(f"year: {words}")


@contextmanager
def running_system(bench: Bench, *, at: datetime) -> Iterator[System]:
    """Run everything on empty stores and queues, its clock standing at a moment."""
    ports = {name: free_port() for name in ROOTS}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    clock = DemoClock(bench.folder / "clock.json")
    clock.move_to(at)
    environment = bench.environment(
        MASH_MODE="embedded",
        DEMO_CLOCK_FILE=str(clock.path),
        **{f"{name.upper()}_URL": url for name, url in urls.items()},
        **SELDOM,
    )
    _empty(bench, Settings.from_env(environment))
    with ExitStack() as stack:
        doors = {name: ProcessDoor(name, environment, bench.folder) for name in COMMANDED}
        for door in doors.values():
            stack.callback(door.close)
        processes = {
            f"{part} of {name}": stack.enter_context(
                running(
                    f"year-{name}-{role}",
                    [sys.executable, "-m", f"services.{name}", role],
                    {**environment, **_own(name, role), "PORT": str(ports[name])},
                    bench.folder,
                )
            )
            for part, role in ROLES.items()
            for name in ROOTS
        }
        for name, url in urls.items():
            ready = f"{url}/{name}/readyz"
            wait_for(partial(_answers, ready), f"{name} answers", *processes.values())
        client = stack.enter_context(bench.client())
        yield System(
            bench,
            clock=clock,
            look=Look(bench, client, clock.now),
            processes=processes,
            doors=doors,
            ledger=Ledger(
                {
                    **{name: _pid(process) for name, process in processes.items()},
                    **{f"commands of {name}": door.process.pid for name, door in doors.items()},
                    "mongod": below(os.getpid(), "mongod"),
                    "rabbitmq": below(os.getpid(), "beam.smp"),
                    "measuring": os.getpid(),
                }
            ),
            urls=urls,
        )


def _own(name: str, role: str) -> Mapping[str, str]:
    return OFTEN if role == "work" and name in COMMANDED else {}


def _empty(bench: Bench, settings: Settings) -> None:
    """Make stores and queues as if nothing had ever happened."""
    bench.clear()
    for name, build in BUILDS.items():
        plumbing = plumb(build(settings, SystemClock()))
        plumbing.ensure_indexes()
        declare(settings.amqp_url, name, plumbing.service.hears)
    for name in HEARING:
        purge(bench, f"{name}.events")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=20).ok
    except requests.ConnectionError:
        return False


def _pid(process: Process) -> int:
    if process.running is None:
        raise NotMeasured(f"{process.name} does not run")
    return process.running.pid
