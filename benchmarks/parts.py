"""The private MongoDB and RabbitMQ of a run, and everything that the measurements ask for.

MongoDB is a replica set of one member: the server mode refuses a standalone one. Both are private
and empty, because the measurements drop what they filled.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pika
import pymongo
from pymongo import WriteConcern

from benchmarks.peers.environments import Peers
from shared.settings import Settings
from tests.conftest import environment
from tests.support.nodes import MongoNode, RabbitNode, free_port
from tests.support.parts import find_mongod, find_rabbitmq
from tests.support.system import write_people
from tests.support.waiting import eventually

SET: Final = "bench"
DURABLE: Final = WriteConcern("majority", j=True)
OPTIONS: Final = ("--replSet", SET, "--wiredTigerCacheSizeGB", "2", "--oplogSize", "2048")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every measurement works with."""

    folder: Path
    mongo_url: str
    amqp_url: str
    quick: bool
    peers: Peers
    grow_to: int = 1_000_000
    """The largest store of the measurement of growth."""
    share: float = 0.01
    """Which part of the national year is sent through."""
    say: Callable[[str], None] = lambda words: None
    """Tells whoever watches how far a long repetition is."""

    def pick(self, full: int, quick: int) -> int:
        """Return the size for this run."""
        return quick if self.quick else full

    def environment(self, **changed: str) -> dict[str, str]:
        """Return the environment of a process of the product on the parts of this run."""
        given = {"AMQP_URL": self.amqp_url, "MASH_MODE": "server", "LOG_LEVEL": "WARNING"}
        return environment(self.folder, self.mongo_url, **{**given, **changed})

    def settings(self, **changed: str) -> Settings:
        """Return settings for a service built in this process."""
        return Settings.from_env(self.environment(**changed))

    def client(self) -> pymongo.MongoClient[dict[str, Any]]:
        """Return a bare client of the store, told as much as the product's own."""
        return pymongo.MongoClient(
            self.mongo_url, tz_aware=True, w="majority", journal=True, readConcernLevel="majority"
        )

    def clear(self) -> None:
        """Drop every database of earlier measurements."""
        with self.client() as client:
            for name in client.list_database_names():
                if name.startswith("golden_thread_"):
                    client.drop_database(name)

    @contextlib.contextmanager
    def channel(self) -> Iterator[Any]:
        """Open a channel of bare pika, to look at queues and to empty them."""
        opened = pika.BlockingConnection(pika.URLParameters(self.amqp_url))
        try:
            yield opened.channel()
        finally:
            opened.close()

    def versions(self) -> dict[str, str]:
        """Return what the parts are."""
        with self.client() as client:
            mongod = client.server_info()["version"]
        with contextlib.closing(
            pika.BlockingConnection(pika.URLParameters(self.amqp_url))
        ) as opened:
            told = opened._impl.server_properties
        return {
            "mongodb": f"{mongod}, a replica set of one member",
            "rabbitmq": f"{_text(told['version'])}, one node, {_text(told['platform'])}",
        }


@contextlib.contextmanager
def started(
    folder: Path,
    *,
    quick: bool,
    grow_to: int = 1_000_000,
    share: float = 0.01,
    say: Callable[[str], None] = lambda words: None,
) -> Iterator[Bench]:
    """Start the parts; they end with the block."""
    write_people(folder)
    rabbit = RabbitNode(find_rabbitmq(), folder)
    with replica_set_of_one(folder, "mongo") as mongo_url:
        rabbit.start()
        try:
            yield Bench(
                folder=folder,
                mongo_url=mongo_url,
                amqp_url=rabbit.url,
                quick=quick,
                peers=Peers(),
                grow_to=grow_to,
                share=share,
                say=say,
            )
        finally:
            rabbit.stop()


@contextlib.contextmanager
def replica_set_of_one(folder: Path, name: str) -> Iterator[str]:
    """Run a private mongod that is a whole replica set; yield its url."""
    node = MongoNode(find_mongod(), folder, free_port(), name=name, options=OPTIONS)
    node.start()
    try:
        with pymongo.MongoClient[dict[str, Any]](f"{node.url}?directConnection=true") as client:
            members = [{"_id": 0, "host": f"127.0.0.1:{node.port}"}]
            client.admin.command("replSetInitiate", {"_id": SET, "members": members})
            eventually(
                lambda: client.admin.command("hello")["isWritablePrimary"],
                "the replica set has its primary",
                within=60,
            )
        yield f"{node.url}?replicaSet={SET}"
    finally:
        node.stop()


def _text(told: bytes | str) -> str:
    return told.decode() if isinstance(told, bytes) else told
