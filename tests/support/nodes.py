"""Private servers of a test run, which may be killed, frozen and started again."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pika
import pymongo
import pytest

from tests.support.waiting import eventually

PORTS = (16_000, 30_000)
"""Below the ports that Linux and macOS give to outgoing connections."""


def free_port() -> int:
    """Return a port nobody listens on, and none that the system gives to outgoing connections.

    One of those could be taken by a client before the server that is to listen on it has started.
    None is given twice: a rough system draws two dozen before the first of them is listened on.
    """
    while True:
        port = random.randint(*PORTS)
        if port in _given:
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port


_given: set[int] = set()


class Node:
    """A server in a process group of its own."""

    def __init__(self, command: Sequence[str], log: Path, environment: dict[str, str]) -> None:
        self._command = list(command)
        self._environment = environment
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start it without waiting until it answers."""
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def is_running(self) -> bool:
        """Is it there?"""
        return self._process is not None and self._process.poll() is None

    def pause(self) -> None:
        """Freeze it: it holds its connections and says nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def must_run(self) -> None:
        """Fail with its last words if it has ended: waiting longer would not help."""
        if not self.is_running():
            words = self._log.read_text(errors="replace").splitlines()[-20:]
            pytest.fail("\n".join([f"{self._command[0]} ended:", *words]))

    def kill(self) -> None:
        """kill -9, the whole group."""
        self._signal(signal.SIGKILL)
        self._wait()

    def stop(self) -> None:
        """End it in order."""
        self._signal(signal.SIGTERM)
        self._wait()

    def _wait(self) -> None:
        if self._process:
            self._process.wait(60)

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


class MongoNode(Node):
    """A private mongod; of a replica set if `options` say so."""

    def __init__(
        self,
        mongod: str,
        folder: Path,
        port: int,
        *,
        name: str = "mongo",
        data: Path | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.port = port
        self.url = f"mongodb://127.0.0.1:{port}/"
        data = data or folder / name
        data.mkdir(parents=True, exist_ok=True)
        command = [mongod, "--dbpath", str(data), "--port", str(port), "--bind_ip", "127.0.0.1"]
        command += ["--quiet", "--logpath", str(folder / f"{name}.log"), "--logappend"]
        command += options or ["--wiredTigerCacheSizeGB", "0.5"]
        super().__init__(command, folder / f"{name}.out", dict(os.environ))

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.launch()
        self.wait_until_it_answers()

    def wait_until_it_answers(self) -> None:
        """Return when it answers, whatever part it plays in a set."""
        direct = f"{self.url}?directConnection=true"
        with pymongo.MongoClient(direct, serverSelectionTimeoutMS=500) as client:
            eventually(lambda: self._answers(client), "mongod answers", within=60)

    def _answers(self, client: pymongo.MongoClient[dict[str, object]]) -> bool:
        self.must_run()
        return bool(client.admin.command("ping"))


class RabbitNode(Node):
    """A private RabbitMQ node."""

    def __init__(self, server: str, folder: Path, *, data: Path | None = None) -> None:
        self.port, folder = free_port(), folder / "rabbitmq"
        folder.mkdir(parents=True, exist_ok=True)
        folder.parent.chmod(0o755)
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/"
        (folder / "plugins").write_text("[].\n")
        environment = {
            **os.environ,
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(data or folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        super().__init__([self._launcher(server)], folder / "out.log", environment)

    @staticmethod
    def _launcher(server: str) -> str:
        # Debian's wrapper in sbin changes user; the script it wraps runs as whoever calls it.
        wrapped = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
        return str(wrapped) if wrapped.exists() else server

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.launch()
        eventually(self._has_started, "RabbitMQ answers", within=90)

    def _has_started(self) -> bool:
        self.must_run()
        return self.answers()

    def answers(self) -> bool:
        """Does it take connections?"""
        try:
            pika.BlockingConnection(pika.URLParameters(self.url)).close()
        except pika.exceptions.AMQPError:
            return False
        return True

    def control(self, *words: str) -> None:
        """Do what an administrator does with rabbitmqctl."""
        program = Path(self._command[0]).with_name("rabbitmqctl")
        command = [str(program), "--quiet", *words]
        subprocess.run(command, env=self._environment, check=True, capture_output=True, timeout=120)
