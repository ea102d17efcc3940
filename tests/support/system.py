"""The real system for a test: every process of every service, on a real broker and a real store.

Processes are started as a person would start them (`python -m services.<name> web | work`), each in
a group of its own and tied to this one, and restarted by a supervisor when they die. A test may
kill any of them, or the broker, or the database.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pymongo
import requests
from werkzeug.security import generate_password_hash

from shared.auth import sha256
from shared.clock import DemoClock
from shared.mash.accounts import people_of_the_directory
from tests.conftest import environment
from tests.support.members import Members
from tests.support.nodes import MongoNode, RabbitNode, free_port
from tests.support.parts import find_mongod, find_rabbitmq
from tests.support.processes import ROOT, Process, Supervisor
from tests.support.proxy import Proxies
from tests.support.waiting import eventually

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rough:
    """A replica set of three, a network that can be spoilt, and heads that are compared often."""

    member_data: Path | None = None
    """Where the first member of the set keeps its data, if that is to be a small disk."""
    broker_data: Path | None = None
    """Where the broker keeps its data, ditto."""
    catch_up_seconds: float = 5


class System:
    """Three services, two processes each, with their broker, their store and one clock."""

    def __init__(self, folder: Path, *, at: datetime, rough: Rough | None = None) -> None:
        self.folder = folder
        self.rough = rough
        self.ports = {name: free_port() for name in SERVICES}
        self.rabbit = RabbitNode(find_rabbitmq(), folder, data=rough.broker_data if rough else None)
        self.members = (
            Members(find_mongod(), folder, first_data=rough.member_data) if rough else None
        )
        self.mongo = self.members or MongoNode(find_mongod(), folder, free_port())
        self.proxies = Proxies(_links(self.ports, self.rabbit, self.members))
        (folder / "clock.json").touch()
        self.clock = DemoClock(folder / "clock.json")
        self.clock.move_to(at)
        self.urls = {name: self._url_of("door", name) for name in SERVICES}
        write_people(folder)
        self.settings = self._settings()
        self.processes = {
            f"{service}-{role}": self._process(service, role)
            for service in SERVICES
            for role in ROLES
        }
        self.supervisor = Supervisor(tuple(self.processes.values()))
        self._counting = threading.Lock()
        self.in_flight = 0
        """How many requests wait for an answer at this moment."""

    def start(self) -> None:
        """Start the parts, prepare them, start the services and wait until all are ready."""
        if self.rough:
            self.proxies.start()
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
        self.supervisor.start()
        self.wait_until_ready()

    def stop(self) -> None:
        """End everything, whatever state it is in."""
        self.supervisor.stop()
        for part in (self.rabbit, self.mongo):
            with contextlib.suppress(Exception):
                part.kill()
        self.proxies.stop()

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
            self.supervisor.replace(process, once)
        self.wait_until_ready()
        return {process.name: len(process.deaths) for process in chosen}

    @contextlib.contextmanager
    def without(self, *services: str) -> Iterator[None]:
        """Kill the processes of services, and keep them down until the block ends."""
        chosen = [self.processes[f"{service}-{role}"] for service in services for role in ROLES]
        with self.supervisor.without(chosen):
            yield

    def killed_since(self, lives: Mapping[str, int]) -> list[str]:
        """Return which of these processes were killed since."""
        deaths = {name: self.processes[name].deaths[before:] for name, before in lives.items()}
        return [name for name, since in deaths.items() if -signal.SIGKILL in since]

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

    def _url_of(self, kind: str, service: str) -> str:
        through = self.proxies.links.get(f"{kind}-{service}")
        return f"http://127.0.0.1:{through[0] if through else self.ports[service]}"

    def _settings(self) -> dict[str, str]:
        feeds = {f"{name.upper()}_URL": self._url_of("feed", name) for name in SERVICES}
        given = environment(
            self.folder,
            self.mongo.url,
            AMQP_URL=self.rabbit.url,
            DEMO_CLOCK_FILE=str(self.clock.path),
            # The broker's way has to do by itself: a comparison of heads would hide its faults.
            CATCH_UP_SECONDS=str(self.rough.catch_up_seconds if self.rough else 3600),
            LOG_LEVEL="DEBUG",
            **feeds,
        )
        return {**given, "PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"}

    def _process(self, service: str, role: str) -> Process:
        name = f"{service}-{role}"
        own = {"PORT": str(self.ports[service]) if role == "web" else "1"}
        if through := self.proxies.links.get(f"amqp-{name}"):
            own["AMQP_URL"] = f"amqp://guest:guest@127.0.0.1:{through[0]}/"
        return Process(
            name=name,
            command=[sys.executable, "-m", f"services.{service}", role],
            environment={**self.settings, **own},
            log=self.folder / f"{name}.log",
        )


def _links(
    ports: Mapping[str, int], rabbit: RabbitNode, members: Members | None
) -> dict[str, tuple[int, int]]:
    """Return the links of a rough network, by what they lead to: none in a plain run."""
    if members is None:
        return {}
    links = {f"mongo-{number}": each for number, each in enumerate(members.ways())}
    for service, port in ports.items():
        links |= {f"door-{service}": (free_port(), port), f"feed-{service}": (free_port(), port)}
        links |= {f"amqp-{service}-{role}": (free_port(), rabbit.port) for role in ROLES}
    return links


def write_people(folder: Path) -> None:
    """Write the accounts and the directory of the test's invented people into a folder."""
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
