"""The real system for a test: every process of every service, on a real broker and a real store.

Processes are started as a person would start them (`python -m services.<name> web | work`), each in
a group of its own and tied to this one, and restarted by a supervisor when they die. A test may
kill any of them, or the broker, or the database.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pymongo
import requests
from werkzeug.security import generate_password_hash

from shared.auth import sha256
from shared.clock import DemoClock
from shared.mash import tied
from shared.mash.accounts import people_of_the_directory
from tests.conftest import environment
from tests.support.parts import MongoNode, RabbitNode, find_mongod, find_rabbitmq, free_port
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
SERVICES = ("referral", "strategy", "audit")
ROLES = ("web", "work")
HUB = (
    {"id": "school-demo", "name": "Sam Sender", "roles": ["partner"], "agency": "Invented School"},
    {"id": "practitioner-demo", "name": "Pat Practitioner", "roles": ["mash-practitioner"]},
    {"id": "manager-demo", "name": "Max Manager", "roles": ["mash-manager"]},
    {"id": "auditor-demo", "name": "Alex Auditor", "roles": ["auditor"]},
    {"id": "officer-demo", "name": "Olive Officer", "roles": ["administrator", "auditor"]},
)
READY_WITHIN = 120.0


def token_of(person: str) -> str:
    """Return the bearer token of a person of the test."""
    return f"token-of-{person}-made-up-for-a-test"


def password_of(person: str) -> str:
    """Return the password of a person of the test."""
    return f"password-of-{person}"


@dataclass
class Process:
    """One process of the system."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    once: dict[str, str] = field(default_factory=dict)
    """What is added to the environment of the next start alone."""
    running: subprocess.Popen[bytes] | None = None
    deaths: list[int] = field(default_factory=list)
    """How its earlier lives ended: a negative signal, or an exit code."""

    def start(self) -> None:
        """Start it, tied to the test: it never outlives it."""
        tie = [sys.executable, "-I", "-S", tied.__file__, str(os.getpid())]
        environ, self.once = {**self.environment, **self.once}, {}
        with self.log.open("ab") as out:
            self.running = subprocess.Popen(
                [*tie, *self.command],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def signal(self, number: signal.Signals) -> bool:
        """Signal the whole group. False when there is nobody any more."""
        if self.running is None or self.running.poll() is not None:
            return False
        try:
            os.killpg(self.running.pid, number)
        except ProcessLookupError:
            return False
        return True

    def bury(self) -> int | None:
        """Return how it ended, once it has."""
        code = self.running.poll() if self.running else None
        if code is not None:
            self.running = None
            self.deaths.append(code)
        return code


class Supervisor(threading.Thread):
    """Starts every process, and again whatever died, as the platform would."""

    def __init__(self, processes: Sequence[Process]) -> None:
        super().__init__(name="supervisor", daemon=True)
        self._processes = processes
        self._over = threading.Event()
        self._lock = threading.Lock()

    def run(self) -> None:
        """Watch until told to stop."""
        # A child is tied to the thread that started it: this one starts all of them.
        while not self._over.is_set():
            with self._lock:
                for process in self._processes:
                    process.bury()
                    if process.running is None:
                        process.start()
            self._over.wait(0.05)
        with self._lock:
            _end_all(self._processes)

    def replace(self, process: Process, once: Mapping[str, str]) -> None:
        """End a process in order; its next life begins with `once` in its environment."""
        with self._lock:
            process.once = dict(once)
            process.signal(signal.SIGTERM)
            if process.running:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.running.wait(10)
                process.signal(signal.SIGKILL)
                process.running.wait()
                process.running = None

    def stop(self) -> None:
        """End everything."""
        self._over.set()
        if self.is_alive():
            self.join(30)


def _end_all(processes: Sequence[Process]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            process.signal(number)
        deadline = time.monotonic() + 5
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                if process.running:
                    process.running.wait(max(0.1, deadline - time.monotonic()))
                    process.bury()


class System:
    """Three services, two processes each, with their broker, their store and one clock."""

    def __init__(self, folder: Path, *, at: datetime) -> None:
        self.folder = folder
        self.mongo = MongoNode(find_mongod(), folder, free_port())
        self.rabbit = RabbitNode(find_rabbitmq(), folder)
        (folder / "clock.json").touch()
        self.clock = DemoClock(folder / "clock.json")
        self.clock.move_to(at)
        self.ports = {name: free_port() for name in SERVICES}
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()}
        _write_people(folder)
        self.settings = self._settings()
        self.processes = {
            f"{service}-{role}": self._process(service, role)
            for service in SERVICES
            for role in ROLES
        }
        self._supervisor = Supervisor(tuple(self.processes.values()))
        self._counting = threading.Lock()
        self.in_flight = 0
        """How many requests wait for an answer at this moment."""

    def start(self) -> None:
        """Start the parts, prepare them, start the services and wait until all are ready."""
        self.mongo.start()
        self.rabbit.start()
        for service in SERVICES:
            done = subprocess.run(
                [sys.executable, "-m", f"services.{service}", "indexes"],
                cwd=ROOT,
                env=self.settings,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        self._supervisor.start()
        self.wait_until_ready()

    def stop(self) -> None:
        """End everything, whatever state it is in."""
        self._supervisor.stop()
        for part in (self.rabbit, self.mongo):
            with contextlib.suppress(Exception):
                part.kill()

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        """Count a request as waiting for its answer."""
        with self._counting:
            self.in_flight += 1
        try:
            yield
        finally:
            with self._counting:
                self.in_flight -= 1

    def wait_until_ready(self) -> None:
        """Return when every service answers that it is ready and every process is up."""
        for service, url in self.urls.items():
            eventually(
                lambda url=url, service=service: (
                    requests.get(f"{url}/{service}/readyz", timeout=20).ok
                ),
                f"{service} is ready; the end of its log:\n{self.last_words(service)}",
                within=READY_WITHIN,
            )

    def restart(self, role: str, **once: str) -> dict[str, int]:
        """Start the processes of a role anew, with these settings in their next life alone.

        Returns how many lives each had before.
        """
        chosen = [self.processes[f"{service}-{role}"] for service in SERVICES]
        for process in chosen:
            self._supervisor.replace(process, once)
        self.wait_until_ready()
        return {process.name: len(process.deaths) for process in chosen}

    def killed_since(self, lives: Mapping[str, int]) -> list[str]:
        """Return which of these processes were killed since."""
        return [
            name
            for name, before in lives.items()
            if -signal.SIGKILL in self.processes[name].deaths[before:]
        ]

    def kill_one(self, chance: random.Random) -> str | None:
        """kill -9 a process chosen by chance; None when it was already dead."""
        process = self.processes[chance.choice(sorted(self.processes))]
        return process.name if process.signal(signal.SIGKILL) else None

    def logs(self) -> str:
        """Return everything any process wrote."""
        return "".join(
            process.log.read_text(errors="replace") for process in self.processes.values()
        )

    def last_words(self, service: str) -> str:
        """Return the end of a service's logs, for whoever wants to know why."""
        logs = [self.processes[f"{service}-{role}"].log for role in ROLES]
        lines = [
            line
            for log in logs
            if log.exists()
            for line in log.read_text(errors="replace").splitlines()[-5:]
        ]
        return "\n".join(lines)

    @contextlib.contextmanager
    def database(self, service: str) -> Iterator[Any]:
        """A service's database, for an independent look."""
        client: Any = pymongo.MongoClient(self.mongo.url, tz_aware=True)
        with client:
            yield client[f"golden_thread_{service}"]

    def _settings(self) -> dict[str, str]:
        given = environment(
            self.folder,
            self.mongo.url,
            AMQP_URL=self.rabbit.url,
            DEMO_CLOCK_FILE=str(self.clock.path),
            # The broker's way has to do by itself: a comparison of heads would hide its faults.
            CATCH_UP_SECONDS="3600",
            LOG_LEVEL="DEBUG",
            **{f"{name.upper()}_URL": url for name, url in self.urls.items()},
        )
        return {**given, "PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"}

    def _process(self, service: str, role: str) -> Process:
        port = str(self.ports[service]) if role == "web" else "1"
        return Process(
            name=f"{service}-{role}",
            command=[sys.executable, "-m", f"services.{service}", role],
            environment={**self.settings, "PORT": port},
            log=self.folder / f"{service}-{role}.log",
        )


def _write_people(folder: Path) -> None:
    directory = json.loads((ROOT / "shared/mash/data/demo_directory.json").read_text())
    (folder / "directory.json").write_text(json.dumps(directory))
    accounts = [
        {
            "id": person["id"],
            "name": person["name"],
            "roles": list(person["roles"]),
            "agency": person.get("agency"),
            "password_hash": generate_password_hash(
                password_of(person["id"]), "pbkdf2:sha256:1000"
            ),
            "token_sha256": sha256(token_of(person["id"])),
        }
        for person in (*HUB, *people_of_the_directory(directory))
    ]
    (folder / "accounts.json").write_text(json.dumps(accounts))
