"""Held events: what could not be handled yet, kept in the store where a person can see it.

Three reasons to hold one: it will be tried again by itself (`retry`), it waits for a person
(`parked`), or it waits behind an earlier event of its stream that is held (`waiting`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from shared.clock import Clock
from shared.database import durable, ensure
from shared.events.envelope import Envelope, canonical

NONE: Final = timedelta(0)
FIRST_DELAY: Final = timedelta(seconds=1)
TRIES_BEFORE_PARKING: Final = 8
"""1 + 2 + 4 + … seconds: about four minutes before a person is asked."""


class Kind(StrEnum):
    """Why an event is held."""

    RETRY = "retry"
    PARKED = "parked"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A held event. `stream` is None for a body that could not be read at all."""

    key: str
    stream: str | None
    sequence: int
    type: str
    kind: Kind
    reason: str
    tries: int
    body: bytes
    held_at: datetime
    retry_at: datetime


class HeldEvents:
    """The held events of one service."""

    def __init__(self, database: Database[dict[str, Any]], clock: Clock) -> None:
        self._collection = durable(database["held_events"])
        self._clock = clock

    def ensure_indexes(self) -> None:
        """Create what the queries need."""
        ensure(
            self._collection,
            IndexModel([("stream", ASCENDING), ("sequence", ASCENDING)]),
            IndexModel([("kind", ASCENDING), ("retry_at", ASCENDING)]),
        )

    def try_later(self, event: Envelope, reason: str) -> Kind:
        """Hold an event for another try; after too many tries it is parked. Returns which."""
        found = self._collection.find_one({"_id": event.key}, {"tries": 1})
        tries = (found["tries"] if found else 0) + 1
        if tries > TRIES_BEFORE_PARKING:
            self._put(event, Kind.PARKED, reason, tries=tries)
            return Kind.PARKED
        self._put(event, Kind.RETRY, reason, tries=tries, delay=FIRST_DELAY * 2 ** (tries - 1))
        return Kind.RETRY

    def park(self, event: Envelope, reason: str) -> None:
        """Hold an event until a person replays it."""
        self._put(event, Kind.PARKED, reason)

    def wait_behind(self, event: Envelope) -> None:
        """Hold an event because an earlier one of its stream is held."""
        self._put(event, Kind.WAITING, "an earlier event of this case is held")

    def park_unreadable(self, body: bytes, reason: str) -> None:
        """Hold a message that is no event of the contract, by the hash of its bytes."""
        key = f"unreadable#{hashlib.sha256(body).hexdigest()[:32]}"
        fixed = {"stream": None, "sequence": 0, "type": "unreadable", "body": body}
        self._write(key, fixed, Kind.PARKED, reason)

    def is_held(self, stream: str, *, before: int | None = None) -> bool:
        """Is any event of this stream held, or any before a place in it?"""
        chosen: dict[str, Any] = {"stream": stream}
        if before is not None:
            chosen["sequence"] = {"$lt": before}
        return self._collection.find_one(chosen, {"_id": 1}) is not None

    def due(self, most: int = 100) -> list[Held]:
        """Return events whose next try is due, one a stream: the first that is held of it.

        One that waits behind nothing any more is due too: its predecessor came another way.
        """
        first_of_each = self._collection.aggregate(
            [
                {"$match": {"stream": {"$ne": None}}},
                {"$sort": {"stream": ASCENDING, "sequence": ASCENDING}},
                {"$group": {"_id": "$stream", "first": {"$first": "$$ROOT"}}},
                {"$replaceRoot": {"newRoot": "$first"}},
                {"$match": {"kind": {"$ne": Kind.PARKED.value}}},
                {"$match": {"$expr": {"$lte": ["$retry_at", self._clock.now()]}}},
                {"$limit": most},
            ]
        )
        return [_held(each) for each in first_of_each]

    def of_stream(self, stream: str) -> list[Held]:
        """Return what is held of a stream, in order."""
        found = self._collection.find({"stream": stream}).sort("sequence", ASCENDING)
        return [_held(each) for each in found]

    def parked(self) -> Iterator[Held]:
        """Yield what waits for a person, oldest first."""
        for each in self._collection.find({"kind": Kind.PARKED.value}).sort("held_at", ASCENDING):
            yield _held(each)

    def counts(self) -> dict[str, int]:
        """Return how many events are held, by reason to hold."""
        grouped = self._collection.aggregate([{"$group": {"_id": "$kind", "n": {"$sum": 1}}}])
        return {each["_id"]: each["n"] for each in grouped}

    def replay(self, stream: str | None = None) -> int:
        """Make parked events due again, all or those of one stream. Returns how many."""
        chosen: dict[str, Any] = {"kind": Kind.PARKED.value, "stream": {"$ne": None}}
        if stream is not None:
            chosen["stream"] = stream
        again = {"kind": Kind.RETRY.value, "tries": 0, "retry_at": self._clock.now()}
        return self._collection.update_many(chosen, {"$set": again}).modified_count

    def release(self, key: str) -> None:
        """Forget a held event: it was handled."""
        self._collection.delete_one({"_id": key})

    def _put(
        self, event: Envelope, kind: Kind, reason: str, *, tries: int = 0, delay: timedelta = NONE
    ) -> None:
        body = canonical(event.to_wire())
        fixed = {"stream": event.stream, "sequence": event.sequence, "type": event.type}
        self._write(event.key, {**fixed, "body": body}, kind, reason, tries=tries, delay=delay)

    def _write(
        self,
        key: str,
        fixed: Mapping[str, Any],
        kind: Kind,
        reason: str,
        *,
        tries: int = 0,
        delay: timedelta = NONE,
    ) -> None:
        now = self._clock.now()
        changing = {"kind": kind.value, "reason": reason[:300], "tries": tries}
        self._collection.update_one(
            {"_id": key},
            {
                "$set": {**changing, "retry_at": now + delay},
                "$setOnInsert": {**fixed, "held_at": now},
            },
            upsert=True,
        )


def _held(found: dict[str, Any]) -> Held:
    return Held(
        key=found["_id"],
        stream=found["stream"],
        sequence=found["sequence"],
        type=found["type"],
        kind=Kind(found["kind"]),
        reason=found["reason"],
        tries=found["tries"],
        body=bytes(found["body"]),
        held_at=found["held_at"],
        retry_at=found["retry_at"],
    )
