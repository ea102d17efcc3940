"""The embedded system: a real database, one web process and a worker for each service, on one
machine, started in order, kept running and stopped in order by one launcher.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import IO, Final

import requests

from shared.mash import accounts, mongod
from shared.mash.anchors import new_key
from shared.mash.children import (
    DATABASE,
    CannotStart,
    Child,
    end_leftovers,
    restart_the_dead,
    stop_all,
)
from shared.mash.folder import DataFolder, read_json, write_private
from shared.mash.roster import service_names

HOST: Final = "127.0.0.1"
USUAL_PORT: Final = 8080
PORTS_TRIED: Final = 50
READY_WITHIN: Final = 60.0
STOPPED_WITHIN: Final = 90.0
LOOK_EVERY: Final = 0.25

Tell = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class Wishes:
    """What the person asked for: a port of their own, a database of their own."""

    port: int | None = None
    mongo_url: str | None = None
    passed_on: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Embedded:
    """One running system over one data folder."""

    folder: DataFolder
    wishes: Wishes
    tell: Tell
    port: int = 0
    children: list[Child] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The one address."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> tuple[accounts.SignIn, ...]:
        """Start everything; return the sign-ins once every service says it is ready."""
        sign_ins = accounts.prepare(self.folder)
        # Before anything else: what a killed launcher left may still hold the address.
        end_leftovers(self.folder.run.glob("*.pid"), self.folder.root)
        self.port = self._port()
        mongo_url = self._start_database()
        environment = self._environment(mongo_url)
        self._lay_indexes(environment)
        for child in self._service_processes(environment):
            self.children.append(child)
            child.start()
        self._wait_until_ready()
        token = accounts.operator(sign_ins).token
        running = {"url": self.url, "pid": os.getpid(), "token": token, "mongo_url": mongo_url}
        write_private(self.folder.running, running)
        return sign_ins

    def keep_running(self, asked: AskedToStop) -> None:
        """Restart what dies, until told to stop."""
        pause = threading.Event()
        while not asked:
            pause.wait(LOOK_EVERY)
            restart_the_dead(self.children, self.tell)

    def stop(self) -> None:
        """Stop the services, then the database."""
        self.folder.running.unlink(missing_ok=True)
        stop_all([each for each in self.children if each.name != DATABASE])
        stop_all([each for each in self.children if each.name == DATABASE])

    def _start_database(self) -> str:
        if self.wishes.mongo_url:
            return self.wishes.mongo_url
        self.tell("Starting the database")
        child, url = mongod.mongod(self.folder)
        self.children.append(child)
        child.start()
        mongod.wait_until_it_answers(child, url)
        return url

    def _environment(self, mongo_url: str) -> Mapping[str, str]:
        kept = self.folder.secrets()
        environment = {
            **self.wishes.passed_on,
            "MASH_MODE": "embedded",
            "MONGO_URL": mongo_url,
            "AMQP_URL": f"filesystem://{self.folder.broker}",
            "SECRET_KEY": kept["secret_key"],
            "SERVICE_TOKEN": kept["service_token"],
            "ACCOUNTS_FILE": str(self.folder.accounts),
            "DIRECTORY_FILE": str(self.folder.directory),
            "BIND_HOST": HOST,
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }
        environment |= {f"{name.upper()}_URL": self.url for name in service_names()}
        if self.folder.demo_clock.exists():
            environment["DEMO_CLOCK_FILE"] = str(self.folder.demo_clock)
        return environment

    def _service_processes(self, environment: Mapping[str, str]) -> Iterator[Child]:
        yield self._python("web", environment, "shared.mash.web")
        for name in service_names():
            yield self._python(f"{name}-worker", environment, f"services.{name}", "work")
        yield self._anchors(environment)

    def _anchors(self, environment: Mapping[str, str]) -> Child:
        place = self.folder.anchors
        key = place / "anchor.key"
        if not key.exists():
            new_key(place)
        told = {"MASH_URL": self.url, "MASH_TOKEN": self.folder.secrets()["service_token"]}
        command = ("anchors", "sign", str(place / "book"), "--key", str(key), "--every", "60")
        return self._python("anchors", {**environment, **told}, "shared.mash.cli", *command)

    def _lay_indexes(self, environment: Mapping[str, str]) -> None:
        self.tell("Laying the indexes")
        jobs = [
            self._python(f"{name}-indexes", environment, f"services.{name}", "indexes")
            for name in service_names()
        ]
        for job in jobs:
            # One after another: kombu's local transport reads its bindings while another job
            # writes them.
            job.start()
            if job.process is not None and job.process.wait(READY_WITHIN):
                raise CannotStart(f"{job.name} failed. Its last words:\n{job.last_words()}")
            job.pid_file.unlink(missing_ok=True)

    def _python(
        self, name: str, environment: Mapping[str, str], module: str, *arguments: str
    ) -> Child:
        return Child(
            name=name,
            command=[sys.executable, "-m", module, *arguments],
            log=self.folder.logs / f"{name}.log",
            pid_file=self.folder.run / f"{name}.pid",
            environment=environment,
        )

    def _wait_until_ready(self) -> None:
        self.tell(f"Starting {', '.join(service_names())}")
        deadline = time.monotonic() + READY_WITHIN
        waiting = list(service_names())
        while waiting:
            waiting = [name for name in waiting if not _is_ready(f"{self.url}/{name}/readyz")]
            dead = [each for each in self.children if not each.is_running()]
            if dead or (waiting and time.monotonic() > deadline):
                worst = dead[0] if dead else self.children[-1]
                raise CannotStart(f"{worst.name} did not start:\n{worst.last_words()}")
            if waiting:
                time.sleep(LOOK_EVERY)  # noqa: TID251  readiness is only to be had by asking

    def _port(self) -> int:
        wished = self.wishes.port
        if wished and not is_free(wished):
            raise CannotStart(f"Port {wished} is taken: choose another, for example --port 9000")
        return wished or self._next_free_port()

    def _next_free_port(self) -> int:
        for port in range(USUAL_PORT, USUAL_PORT + PORTS_TRIED):
            if is_free(port):
                if port != USUAL_PORT:
                    self.tell(f"Port {USUAL_PORT} is taken: using {port}")
                return port
        raise CannotStart(f"No free port from {USUAL_PORT}: choose one, for example --port 9000")


@contextmanager
def only_launcher(folder: DataFolder) -> Iterator[IO[str]]:
    """Hold the folder's lock. The lock ends with the process, however that ends."""
    with (folder.run / "launcher.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(_already_running(folder)) from None
        folder.running.unlink(missing_ok=True)
        yield lock


def is_free(port: int) -> bool:
    """May this port be listened on?"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _already_running(folder: DataFolder) -> str:
    try:
        where = f" at {read_json(folder.running)['url']}"
    except (OSError, ValueError):
        where = ""
    stop = f"mash down --data {folder.root}"
    return f"It is already running{where} (data folder {folder.root}). To stop it: {stop}"


def _is_ready(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


class AskedToStop:
    """Handles a signal: interrupts what is being done, and remembers it. Python drops an interrupt
    that comes while it clears an object away, and the launcher would run on for ever.
    """

    def __init__(self) -> None:
        self._asked = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Interrupt. Raises KeyboardInterrupt."""
        self._asked = True
        raise KeyboardInterrupt

    def __bool__(self) -> bool:
        """Has anybody asked?"""
        return self._asked


Welcome = Callable[[str, tuple[accounts.SignIn, ...], DataFolder], None]


def run(folder: DataFolder, wishes: Wishes, *, tell: Tell, welcome: Welcome) -> None:
    """Start, say where it is, keep it running, and stop it in order at Ctrl-C or SIGTERM."""
    with only_launcher(folder):
        asked = AskedToStop()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, asked)
        system = Embedded(folder=folder, wishes=wishes, tell=tell)
        try:
            sign_ins = system.start()
            welcome(system.url, sign_ins, folder)
            system.keep_running(asked)
        except KeyboardInterrupt:
            tell("Stopping")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            system.stop()


def ask_to_stop(folder: DataFolder) -> str:
    """Stop the launcher of this folder and wait until it has; say what happened."""
    try:
        pid = int(read_json(folder.running)["pid"])
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        return f"Nothing is running in the data folder {folder.root}; --data names another"
    deadline = time.monotonic() + STOPPED_WITHIN
    while time.monotonic() < deadline:
        try:
            with only_launcher(folder):
                return "Stopped"
        except CannotStart:
            time.sleep(LOOK_EVERY)  # noqa: TID251  the lock is another process's
    raise CannotStart(f"Process {pid} has not stopped; its logs are in {folder.logs}")
