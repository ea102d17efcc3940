"""The whole system for one run: fresh stores and queues, the processes that are deployed.

In the embedded mode, because only there a clock can be set: what is imported must be over. It
stands `HINDSIGHT` after the last step, so every promise is due when it is entered; once a file is
in, it is put on by the day for which audit calls nothing broken that is still being imported. So
all that is to be said of promises is said in a run. RabbitMQ and the replica set are those of every
measurement.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import requests

from benchmarks.children import last_words, running, wait_for
from benchmarks.harness import NotMeasured
from benchmarks.journeys.arriving import HEARING, ROOTS, Look
from benchmarks.journeys.asking import Person
from benchmarks.journeys.costs import Ledger, below
from benchmarks.journeys.sending import Importer, Sent
from benchmarks.levels import BUILDS
from benchmarks.parts import Bench
from benchmarks.queues import purge
from services.audit.domain.clocks import SETTLES_WITHIN
from shared.clock import DemoClock, SystemClock
from shared.mash.generate.proportions import read_data
from shared.messaging.topology import declare
from shared.plumbing import plumb
from shared.settings import Settings
from tests.support.nodes import free_port
from tests.support.processes import Process

ROLES: Final = {"worker": "work", "web": "web"}
HINDSIGHT: Final = timedelta(weeks=2)
"""No promise runs longer."""
A_MOMENT: Final = timedelta(minutes=1)
SELDOM: Final = {"CATCH_UP_SECONDS": "3600", "SWEEP_SECONDS": "5"}
"""The broker's way has to do by itself; everything else as it is deployed."""
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
        importer: Importer,
        ledger: Ledger,
        urls: Mapping[str, str],
    ) -> None:
        self._bench, self._clock = bench, clock
        self._processes, self._importer, self._urls = processes, importer, urls
        self.look, self.ledger = look, ledger

    def send(self, file: Path) -> Sent:
        """Import a file; return what became of its steps when all are taken or refused."""

        def say(sent: Sent) -> None:
            self._say(f"{sent.settled:,} steps, {self.look.entries():,} events on timelines")

        return self._importer.send(file, say)

    def wait_for_lines(self) -> None:
        """Wait until every event that a step caused is on its timeline."""
        self._wait(self.look.lines_are_complete, "not every event is on its timeline")

    def settle(self) -> None:
        """Let the day pass in which what was imported may go on, and wait until nothing is on its
        way, nothing to be said and everything where it belongs.

        Raises NotMeasured, with what is wrong, when that never comes.
        """
        self._clock.move_to(self._clock.now() + SETTLES_WITHIN + A_MOMENT)
        self._wait(self.look.is_quiet, "something is on its way for ever")
        self._wait(lambda: not self.look.arrived().faults, "void")

    def people(self, cases: Sequence[str]) -> Mapping[str, Person]:
        """Return people who can ask for pages: the timelines of some cases, a worklist."""
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
def running_system(bench: Bench, *, after: datetime) -> Iterator[System]:
    """Run everything on empty stores and queues, long enough after a moment."""
    ports = {name: free_port() for name in ROOTS}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    clock = DemoClock(bench.folder / "clock.json")
    clock.move_to(after + HINDSIGHT)
    environment = bench.environment(
        MASH_MODE="embedded",
        DEMO_CLOCK_FILE=str(clock.path),
        ACCOUNTS_FILE=str(_accounts(bench.folder)),
        **{f"{name.upper()}_URL": url for name, url in urls.items()},
        **SELDOM,
    )
    _empty(bench, Settings.from_env(environment))
    with ExitStack() as stack:
        importer = Importer(environment, bench.folder)
        stack.callback(importer.close)
        processes = {
            f"{part} of {name}": stack.enter_context(
                running(
                    f"year-{name}-{role}",
                    [sys.executable, "-m", f"services.{name}", role],
                    {**environment, "PORT": str(ports[name])},
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
            importer=importer,
            ledger=Ledger(
                {
                    **{name: _pid(process) for name, process in processes.items()},
                    "import": importer.process.pid,
                    "mongod": below(os.getpid(), "mongod"),
                    "rabbitmq": below(os.getpid(), "beam.smp"),
                    "measuring": os.getpid(),
                }
            ),
            urls=urls,
        )


def _accounts(folder: Path) -> Path:
    """Write the accounts of a run: those of every test, and without a password those of whoever did
    what a generated history says."""
    everybody = json.loads((folder / "accounts.json").read_text(encoding="utf-8"))
    known = {each["id"] for each in everybody}
    people = read_data("demo_people.json")
    everybody += [each for each in people if each["id"] not in known]
    file = folder / "year-accounts.json"
    file.write_text(json.dumps(everybody), encoding="utf-8")
    return file


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
