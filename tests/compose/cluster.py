"""The system in containers, several of each: where it is, what may be killed, when it is whole."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from shared.clock import SystemClock
from tests.support.waiting import eventually

SERVICES = ("referral", "strategy", "audit")
LABEL = "label=com.docker.compose"
WHOLE_WITHIN = 240.0

MEMBERS = """
import os, pymongo
client = pymongo.MongoClient(os.environ["MONGO_URL"], serverSelectionTimeoutMS=10_000)
primary = client.admin.command("hello")["primary"]
print(primary.split(":")[0], len(client.nodes))
"""


@dataclass(frozen=True, kw_only=True)
class Containers:
    """The containers of one compose project."""

    project: str

    def of(self, service: str) -> list[str]:
        """Return the containers of a compose service, running or not, oldest name first."""
        chosen = [f"{LABEL}.project={self.project}", f"{LABEL}.service={service}"]
        filters = [part for each in chosen for part in ("--filter", each)]
        found = docker("ps", "--all", "--format", "{{.Names}}", *filters).split()
        assert found, f"there is no container of {service}"
        return sorted(found)

    def primary(self) -> str:
        """Return the compose service whose mongod is the primary at this moment."""
        return self._members()[0]

    def store_is_whole(self) -> bool:
        """Are all three members there?"""
        return self._members()[1] == "3"

    def _members(self) -> list[str]:
        return docker("exec", self.of("audit-work")[0], "python", "-c", MEMBERS).split()


@dataclass(frozen=True, kw_only=True)
class Part:
    """A container to kill, and how one sees that it does its work again."""

    name: str
    container: str
    is_back: Callable[[], bool]

    def kill(self) -> None:
        """kill -9."""
        docker("kill", self.container)

    def start(self) -> None:
        """Start it again, as the platform would, and wait until it does its work."""
        docker("start", self.container)
        pause = threading.Event()
        eventually(
            # Each look starts a process: not fifty times a second.
            lambda: self.is_back() or pause.wait(1),
            f"{self.name} is back",
            within=WHOLE_WITHIN,
        )


class Cluster:
    """What people at work and the judge need to know of the system: its one address and a clock."""

    def __init__(self, address: str, folder: Path) -> None:
        self.urls = dict.fromkeys(SERVICES, address)
        self.folder = folder
        """With the directory of the teams."""
        self.clock = SystemClock()
        self.in_flight = 0
        self._counting = threading.Lock()

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
        """Return when every service answers that it is ready."""
        for service, url in self.urls.items():
            eventually(
                lambda url=url, service=service: (
                    requests.get(f"{url}/{service}/readyz", timeout=20).ok
                ),
                f"{service} is ready",
                within=WHOLE_WITHIN,
            )


@dataclass(frozen=True)
class Targets:
    """What is killed, one after another."""

    containers: Containers

    def __iter__(self) -> Iterator[Part]:
        """Every broker node, so that each queue's leader is among them; the primary; each role."""
        for service in ("rabbitmq", "rabbitmq-2", "rabbitmq-3"):
            yield self._broker(service)
        yield self._primary()
        for service in SERVICES:
            for role in ("web", "work"):
                yield self._process(f"{service}-{role}")

    def _broker(self, service: str) -> Part:
        (container,) = self.containers.of(service)
        return Part(
            name=f"broker node {service}",
            container=container,
            is_back=lambda: answers(container, "</dev/tcp/127.0.0.1/5672"),
        )

    def _primary(self) -> Part:
        service = self.containers.primary()
        (container,) = self.containers.of(service)
        return Part(
            name=f"the primary, {service}",
            container=container,
            is_back=self.containers.store_is_whole,
        )

    def _process(self, service: str) -> Part:
        container = self.containers.of(service)[0]
        state = "{{.State.Running}}" if "work" in service else "{{.State.Health.Status}}"
        return Part(
            name=container.removeprefix(f"{self.containers.project}_"),
            container=container,
            is_back=lambda: (
                docker("inspect", "--format", state, container).strip() in {"true", "healthy"}
            ),
        )


class DockerRefused(Exception):
    """Docker could not do it, in its own words."""


def docker(*arguments: str) -> str:
    """Run a command of Docker. Raises DockerRefused."""
    command = ["docker", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DockerRefused(done.stderr.strip())
    return done.stdout


def answers(container: str, line: str) -> bool:
    """Does a line of the shell succeed inside?"""
    with contextlib.suppress(DockerRefused):
        docker("exec", container, "bash", "-c", line)
        return True
    return False
