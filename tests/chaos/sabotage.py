"""Somebody with a connection to the broker who repeats, shuffles and spoils what was said."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

import pika
import pymongo
from pika.adapters.blocking_connection import BlockingChannel
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from tests.support.system import System
from tests.support.waiting import eventually

EXCHANGE = "safeguarding.events"
MEGABYTE = 2**20
MANY = 20
NOBODY = "MASH-00000-00000"
Wire = Mapping[str, Any]
Spoil = Callable[[dict[str, Any], random.Random], bytes]


class NothingToRepeat(Exception):
    """Nothing has been said yet, or nobody can be asked what."""


class Saboteur:
    """Reads what audit holds already, and sends it again in other ways.

    Only what audit holds: nobody without the right to write to the broker can be faster than the
    services, and who has that right could speak for them.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._known: list[dict[str, Any]] = []

    def events(self, chance: random.Random) -> list[dict[str, Any]]:
        """Return some events, of those that the timeline holds."""
        with contextlib.suppress(PyMongoError):
            if found := self._sample():
                self._known = found
        if not self._known:
            raise NothingToRepeat
        return chance.sample(self._known, min(MANY, len(self._known)))

    def say(self, service: str, way: str, bodies: Sequence[tuple[str, bytes]]) -> None:
        """Send bodies, each with its type: to everybody, or into the queue of one service."""

        def sent() -> bool:
            with self.channel() as channel:
                for routing_key, body in bodies:
                    queue = f"{service}.events"
                    exchange, key = (EXCHANGE, routing_key) if way == "exchange" else ("", queue)
                    channel.basic_publish(exchange, key, body)
            return True

        eventually(sent, "the broker takes what a saboteur says", within=30)

    @contextlib.contextmanager
    def channel(self) -> Any:
        """A channel of our own, past every proxy."""
        parameters = pika.URLParameters(self._system.rabbit.url)
        parameters.socket_timeout = parameters.stack_timeout = 5
        parameters.blocked_connection_timeout = 5
        with closing(pika.BlockingConnection(parameters)) as connection:
            channel: BlockingChannel = connection.channel()
            yield channel

    def _sample(self) -> list[dict[str, Any]]:
        assert self._system.members
        for node in self._system.members.nodes:
            with (
                contextlib.suppress(PyMongoError),
                pymongo.MongoClient(
                    f"{node.url}?directConnection=true",
                    serverSelectionTimeoutMS=500,
                    socketTimeoutMS=3000,
                    readPreference="secondaryPreferred",
                    tz_aware=True,
                ) as client,
            ):
                held = client["golden_thread_audit"].get_collection(
                    "entries", read_concern=ReadConcern("majority")
                )
                return [each["event"] for each in held.aggregate([{"$sample": {"size": 200}}])]
        return []


def written(wire: Wire) -> bytes:
    """Return the bytes of an event as it travels (DECISIONS 3)."""
    return json.dumps(wire, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sealed_again(wire: dict[str, Any]) -> bytes:
    """Return a changed event with a hash that fits: only its place can give it away."""
    wire.pop("hash", None)
    return written({**wire, "hash": hashlib.sha256(written(wire)).hexdigest()})


def spoilt(how: str, event: Wire, chance: random.Random) -> bytes:
    """Return a body that nobody may take for the event it was made of."""
    return SPOILING[how](dict(event), chance)


def _other_type(wire: dict[str, Any], _: random.Random) -> bytes:
    return sealed_again({**wire, "type": f"{wire['type']}-unheard-of"})


def _other_version(wire: dict[str, Any], _: random.Random) -> bytes:
    return sealed_again({**wire, "dataschema": wire["dataschema"].rsplit(":", 1)[0] + ":99"})


def _other_stream(wire: dict[str, Any], _: random.Random) -> bytes:
    return sealed_again({**wire, "stream": f"elsewhere:{wire['subject']}"})


def _other_case(wire: dict[str, Any], _: random.Random) -> bytes:
    return written({**wire, "subject": NOBODY})


SPOILING: Mapping[str, Spoil] = {
    "broken-json": lambda wire, chance: written(wire)[: chance.randrange(2, 200)],
    "not-utf-8": lambda wire, _: b"\xff\xfe" + written(wire),
    "empty": lambda wire, _: b"",
    "huge": lambda wire, chance: bytes([chance.randrange(32, 127)]) * MEGABYTE,
    "wrong-hash": _other_case,
    "unknown-type": _other_type,
    "unknown-version": _other_version,
    "foreign-stream": _other_stream,
}
