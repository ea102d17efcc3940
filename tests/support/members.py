"""A replica set of three private mongods, reached through a network that a test can spoil."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import ConnectionFailure, PyMongoError

from tests.support.nodes import MongoNode, free_port
from tests.support.waiting import eventually

NAME = "golden-thread"
SIZE = 3
ELECTION_MS = 4000
"""Well below MongoDB's own ten seconds: a campaign is to see many elections."""


class Members:
    """The members of one set. Each is known to everybody, the other members included, at a port
    of the network; its own port stands behind it. Without a network, it is known at its own."""

    def __init__(
        self, mongod: str, folder: Path, first_data: Path | None = None, *, network: bool = True
    ) -> None:
        ports = [free_port() for _ in range(SIZE)]
        self._doors = doors = [free_port() for _ in range(SIZE)] if network else ports
        data = [first_data, None, None]
        self.nodes = [
            MongoNode(mongod, folder, port, name=f"mongo-{i}", data=data[i], options=OPTIONS)
            for i, port in enumerate(ports)
        ]
        hosts = ",".join(f"127.0.0.1:{door}" for door in doors)
        self.url = f"mongodb://{hosts}/?replicaSet={NAME}"

    def ways(self) -> list[tuple[int, int]]:
        """Return, for each member, the port it is known by and the port it listens on."""
        return [(door, node.port) for door, node in zip(self._doors, self.nodes, strict=True)]

    def start(self) -> None:
        """Start all, make them a set and wait until it has a primary and two secondaries."""
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.wait_until_it_answers()
        settings = {"electionTimeoutMillis": ELECTION_MS, "heartbeatIntervalMillis": 1000}
        members = [
            {"_id": number, "host": f"127.0.0.1:{door}"} for number, door in enumerate(self._doors)
        ]
        wanted = {"_id": NAME, "members": members, "settings": settings}
        self.ask(0, "replSetInitiate", wanted)
        self.wait_until_whole()

    def kill(self) -> None:
        """kill -9 all of them."""
        for node in self.nodes:
            node.kill()

    def primary(self) -> int | None:
        """Return which member is the primary, by its own word and that of a majority."""
        for number, node in enumerate(self.nodes):
            if node.is_running():
                with contextlib.suppress(PyMongoError):
                    if self.ask(number, "hello")["isWritablePrimary"]:
                        return number
        return None

    def step_down(self, seconds: int = 5) -> bool:
        """Make the primary step down for so long. False when there is none, or it would not."""
        primary = self.primary()
        if primary is None:
            return False
        try:
            # Longer than the others may take to catch up, or it refuses.
            self.ask(primary, "replSetStepDown", seconds, secondaryCatchUpPeriodSecs=seconds - 1)
        except ConnectionFailure:
            # It may close the connection on which it was asked: that is an answer, too.
            return True
        except PyMongoError:
            return False
        return True

    def states(self) -> list[str]:
        """Return what each member is, as one of them sees it; empty when nobody answers."""
        for number, node in enumerate(self.nodes):
            if node.is_running():
                with contextlib.suppress(PyMongoError):
                    told = self.ask(number, "replSetGetStatus")
                    return [each["stateStr"] for each in told["members"]]
        return []

    def wait_until_whole(self) -> None:
        """Return when one is the primary and all others follow it."""
        whole = sorted(["PRIMARY"] + ["SECONDARY"] * (len(self.nodes) - 1))
        eventually(
            lambda: sorted(self.states()) == whole,
            f"the replica set is whole: {self.states()}",
            within=120,
        )

    def ask(self, number: int, command: str, value: Any = 1, **more: Any) -> Mapping[str, Any]:
        """Send one member, and it alone, a command of the administration."""
        url = f"{self.nodes[number].url}?directConnection=true"
        times = {"serverSelectionTimeoutMS": 1000, "socketTimeoutMS": 8000}
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(url, **times)
        with client:
            told: Mapping[str, Any] = client.admin.command(command, value, **more)
            return told


OPTIONS = (
    *("--replSet", NAME),
    *("--wiredTigerCacheSizeGB", "0.25"),
    *("--oplogSize", "512"),
    # A checkpoint every few seconds: a member whose disk is full notices within them.
    *("--syncdelay", "5"),
    *("--setParameter", "enableTestCommands=1"),
    *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=500"),
)
