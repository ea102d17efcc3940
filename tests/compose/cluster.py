"""The system in containers, several of each: where it is, what may be killed, when it is whole."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from shared.clock import SystemClock
from tests.support.waiting import eventually

SERVICES = ("referral", "strategy", "audit")
COMPOSE = "com.docker.compose"
LABEL = f"label={COMPOSE}"
ONCE = ("-users", "-indexes")
"""Containers that run once and end."""
ASKERS = ("audit-work", "strategy-work")
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

    def every(self) -> list[str]:
        """Return every container of the project that is to run."""
        chosen = f"{LABEL}.project={self.project}"
        found = docker("ps", "--all", "--format", "{{.Names}}", "--filter", chosen).split()
        return [each for each in found if not each.rsplit("_", 1)[0].endswith(ONCE)]

    def primary(self) -> str:
        """Return the compose service whose mongod is the primary at this moment."""
        return eventually(lambda: self._members()[0], "there is a primary", within=WHOLE_WITHIN)

    def store_is_whole(self) -> bool:
        """Are all three members there?"""
        return self._members()[1] == "3"

    def works(self, container: str) -> bool:
        """Does a container do its work: a node answers, a member is one of three, a web is well?"""
        service = _of(container, f'index .Config.Labels "{COMPOSE}.service"')
        if service.startswith("mongo"):
            return self.store_is_whole()
        if service.startswith("rabbitmq"):
            return answers(container, "</dev/tcp/127.0.0.1/5672")
        if service.endswith("-web"):
            return _of(container, ".State.Health.Status") == "healthy"
        return _of(container, ".State.Running") == "true"

    @contextlib.contextmanager
    def apart(self, containers: Sequence[str]) -> Iterator[None]:
        """Cut containers off from all others, not from one another; join them again."""
        among_themselves = f"{self.project}_apart-{uuid.uuid4().hex[:8]}"
        docker("network", "create", "--internal", among_themselves)
        joined: list[tuple[str, str, list[str]]] = []
        try:
            for container in containers:
                network, names = _inside(container)
                aliases = [word for name in names for word in ("--alias", name)]
                joined.append((container, network, aliases))
                docker("network", "connect", *aliases, among_themselves, container)
                docker("network", "disconnect", network, container)
            yield
        finally:
            for container, network, aliases in joined:
                docker("network", "connect", *aliases, network, container)
                docker("network", "disconnect", among_themselves, container)
            docker("network", "rm", among_themselves)

    def _members(self) -> list[str]:
        """Ask from wherever somebody can be asked: any process may be away."""
        askers = [each for service in ASKERS for each in self.of(service)]
        for asker in askers[:-1]:
            with contextlib.suppress(DockerRefused):
                return docker("exec", asker, "python", "-c", MEMBERS).split()
        return docker("exec", askers[-1], "python", "-c", MEMBERS).split()


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


def docker(*arguments: str, given: str = "") -> str:
    """Run a command of Docker, with something on its standard input. Raises DockerRefused."""
    command = ["docker", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DockerRefused(done.stderr.strip())
    return done.stdout


def logs_of(container: str) -> Iterator[str]:
    """Yield what a container wrote, line by line; its services write to standard error."""
    command = ["docker", "logs", container]
    merged = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )
    yield from merged.stdout.splitlines()


def _of(container: str, what: str) -> str:
    return docker("inspect", "--format", f"{{{{{what}}}}}", container).strip()


def _inside(container: str) -> tuple[str, list[str]]:
    """Return the network that the parts speak in, and the names of a container there."""
    networks = json.loads(_of(container, "json .NetworkSettings.Networks"))
    ((network, held),) = [each for each in networks.items() if each[0].endswith("inside")]
    return network, held["Aliases"]


def answers(container: str, line: str) -> bool:
    """Does a line of the shell succeed inside?"""
    with contextlib.suppress(DockerRefused):
        docker("exec", container, "bash", "-c", line)
        return True
    return False
