"""Held events: what could not be handled yet, kept in the store where a person can see it.

An event is held to be tried again by itself (`retry`), because it waits for a person (`parked`),
or because it waits behind an earlier event of its stream that is held (`waiting`). What a person
set aside (`set-aside`) is kept for ever, with who, when and why.

The key names the place in the stream *and* the content: a forgery never takes the place of the
event that it imitates. Events stand in lanes: the source's own of one stream in one, in order; what
no service wrote in a lane by itself, so that it holds up nothing.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from shared.clock import Clock
from shared.database import durable, ensure
from shared.events.envelope import Envelope
from shared.events.registry import is_known
from shared.messaging.causes import UNTIL_AN_UPGRADE, Cause
from shared.messaging.holding import (
    FIRST_DELAY,
    PATIENT,
    TRIES_BEFORE_PARKING,
    Held,
    Kind,
    NeverSetAside,
    changing_part,
    fixed_part,
    held_from,
    is_due,
    key_of,
    key_of_body,
    unreadable_part,
)
from shared.rules import NotFound

__all__ = ["TRIES_BEFORE_PARKING", "Held", "HeldEvents", "Kind", "NeverSetAside"]

TAKEN_UP: Final = timedelta(seconds=5)
"""How long nobody else takes up an event that a process has begun to handle."""
LOST_IN_RESTORE: Final = "It was written after the back-up, and what came before it is lost."
LIVES: Final = 2
"""Processes that may die over one event, after the first, before it is parked."""


class HeldEvents:
    """The held events of one service, as one process of it sees them."""

    def __init__(self, database: Database[dict[str, Any]], clock: Clock) -> None:
        self._collection = durable(database["held_events"])
        self._clock = clock
        self._life = uuid.uuid4().hex

    def ensure_indexes(self) -> None:
        """Create what the queries need."""
        ensure(
            self._collection,
            IndexModel([("lane", ASCENDING), ("sequence", ASCENDING)]),
            IndexModel([("kind", ASCENDING), ("held_at", ASCENDING)]),
        )

    def try_later(self, event: Envelope, cause: Cause, reason: str) -> Kind:
        """Hold an event for another try; after too many tries it is parked. Returns which."""
        found = self._collection.find_one({"_id": key_of(event)}, {"tries": 1})
        tries = (found["tries"] if found else 0) + 1
        if tries > TRIES_BEFORE_PARKING and cause not in PATIENT:
            return Kind.PARKED
        delay = FIRST_DELAY * 2 ** (min(tries, TRIES_BEFORE_PARKING) - 1)
        self._put(event, Kind.RETRY, cause, reason, tries=tries, delay=delay)
        return Kind.RETRY

    def park(self, event: Envelope, cause: Cause, reason: str, *, own: bool) -> None:
        """Hold an event until a person replays it, or sets it aside if it is not the source's."""
        self._put(event, Kind.PARKED, cause, reason, own=own)

    def wait_behind(self, event: Envelope) -> None:
        """Hold an event because an earlier one of its stream is held."""
        words = "an earlier event of this case is held"
        self._put(event, Kind.WAITING, Cause.PREDECESSOR_HELD, words)

    def park_unreadable(self, body: bytes, reason: str) -> None:
        """Hold a message that is no event of the contract, by the hash of its bytes."""
        key = key_of_body(body)
        changing = changing_part(key, Kind.PARKED, Cause.UNREADABLE, reason)
        self._write(key, unreadable_part(body), {**changing, "own": False})

    def begin(self, event: Envelope) -> bool:
        """Note that this process takes up an event that came before, in case it dies of it.

        False when too many processes noted it and none came back from it: do not handle it then.
        """
        now = self._clock.now()
        words = "it is being handled, or the process died while it did"
        changing = changing_part(event.stream, Kind.RETRY, Cause.DELIVERED_TOO_OFTEN, words)
        found = self._collection.find_one_and_update(
            {"_id": key_of(event)},
            {
                "$addToSet": {"lives": self._life},
                "$max": {"retry_at": now + TAKEN_UP},
                "$setOnInsert": {**fixed_part(event), **changing, "own": True, "held_at": now},
            },
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return found is None or len(found["lives"]) <= LIVES

    def is_held(self, event: Envelope) -> bool:
        """Is this very event held?"""
        return self._collection.find_one({"_id": key_of(event)}, {"_id": 1}) is not None

    def holds_up(self, stream: str, *, before: int) -> bool:
        """Is an event of this stream, of its source's own, held before a place in it?"""
        chosen = {"lane": stream, "sequence": {"$lt": before}}
        return self._collection.find_one(chosen, {"_id": 1}) is not None

    def due(self, most: int = 100) -> list[Held]:
        """Return events whose next try is due, one a lane: the first that is held in it.

        One that waits behind nothing any more is due too: its predecessor came another way.
        """
        first_of_each = self._collection.aggregate(
            [
                {"$match": {"kind": {"$ne": Kind.SET_ASIDE}}},
                {"$sort": {"lane": ASCENDING, "sequence": ASCENDING}},
                {"$group": {"_id": "$lane", "first": {"$first": "$$ROOT"}}},
                {"$replaceRoot": {"newRoot": "$first"}},
                {"$match": {"kind": {"$ne": Kind.PARKED}}},
                {"$match": is_due(self._clock.now())},
                {"$limit": most},
            ]
        )
        return [held_from(each) for each in first_of_each]

    def waiting_behind(self, held: Held) -> list[Held]:
        """Return what waits behind a held event, in order."""
        if not held.own:
            return []
        behind = {"lane": held.stream, "sequence": {"$gt": held.sequence}, "kind": Kind.WAITING}
        return [
            held_from(each) for each in self._collection.find(behind).sort("sequence", ASCENDING)
        ]

    def parked(self, *, cause: Cause | None = None) -> Iterator[Held]:
        """Yield what waits for a person, oldest first; of one cause, if that is given."""
        chosen = _parked(cause=cause)
        for each in self._collection.find(chosen).sort("held_at", ASCENDING):
            yield held_from(each)

    def parked_by_cause(self) -> list[tuple[Cause, int, datetime]]:
        """Return of what causes events are parked, how many of each, and since when."""
        count = {"_id": "$cause", "n": {"$sum": 1}, "since": {"$min": "$held_at"}}
        found = self._collection.aggregate([{"$match": _parked()}, {"$group": count}])
        return sorted((Cause(each["_id"]), each["n"], each["since"]) for each in found)

    def counts(self) -> dict[str, int]:
        """Return how many events are held, by what happens next with them."""
        open_ones = {"$match": {"kind": {"$ne": Kind.SET_ASIDE}}}
        grouped = {"$group": {"_id": "$kind", "n": {"$sum": 1}}}
        return {each["_id"]: each["n"] for each in self._collection.aggregate([open_ones, grouped])}

    def oldest(self, kind: Kind) -> datetime | None:
        """Return since when the longest-held event of a kind is held."""
        found = self._collection.find_one({"kind": kind}, sort=[("held_at", ASCENDING)])
        return found["held_at"] if found else None

    def replay(
        self, *, stream: str | None = None, cause: Cause | None = None, key: str | None = None
    ) -> int:
        """Make parked events due again: all, or those that are chosen. Returns how many."""
        return self._make_due(_parked(stream=stream, cause=cause, _id=key))

    def replay_what_is_known_now(self) -> int:
        """Make due what an older release did not know and this one does. Returns how many."""
        unknown = {"kind": Kind.PARKED, "cause": {"$in": list(UNTIL_AN_UPGRADE)}}
        by_version = {"_id": {"type": "$type", "version": "$version"}}
        found = self._collection.aggregate([{"$match": unknown}, {"$group": by_version}])
        kinds = [each["_id"] for each in found]
        known = [each for each in kinds if is_known(each["type"], each["version"])]
        return sum(self._make_due({**unknown, **each}) for each in known)

    def set_aside(self, key: str, reason: str, by: str) -> None:
        """Put away for ever, with who, when and why, what no service wrote.

        Raises NotFound, and NeverSetAside for an event of the source's own.
        """
        found = self._collection.find_one({"_id": key, "kind": Kind.PARKED})
        if found is None:
            raise NotFound("Nothing is parked under this key")
        if found["own"]:
            raise NeverSetAside(
                "This event is part of a case and cannot be set aside. Put right what its cause"
                " names, then replay it"
            )
        who = {"why": reason, "by": by, "at": self._clock.now()}
        aside = {"$set": {"kind": Kind.SET_ASIDE, "aside": who}}
        self._collection.update_one({"_id": key, "kind": Kind.PARKED}, aside)

    def put_aside_of(self, source: str) -> int:
        """Put away for ever what a restored service once said and cannot join to what it holds.

        Only a service that hears itself holds such: what came before it is lost, and nobody else
        heard it. What it said is said anew. Returns how many.
        """
        stream = f"^{re.escape(source.removeprefix('/'))}:"
        held = {"stream": {"$regex": stream}, "own": True, "kind": {"$ne": Kind.SET_ASIDE}}
        who = {"why": LOST_IN_RESTORE, "by": "restore", "at": self._clock.now()}
        aside = {"$set": {"kind": Kind.SET_ASIDE, "aside": who}}
        return self._collection.update_many(held, aside).modified_count

    def release(self, key: str) -> None:
        """Forget a held event: it was handled."""
        self._collection.delete_one({"_id": key})

    def _make_due(self, chosen: Mapping[str, Any]) -> int:
        again = {"kind": Kind.RETRY, "tries": 0, "lives": [], "retry_at": self._clock.now()}
        return self._collection.update_many(chosen, {"$set": again}).modified_count

    def _put(
        self,
        event: Envelope,
        kind: Kind,
        cause: Cause,
        reason: str,
        *,
        own: bool = True,
        tries: int = 0,
        delay: timedelta = timedelta(0),
    ) -> None:
        key = key_of(event)
        changing = changing_part(event.stream if own else key, kind, cause, reason)
        changing |= {"own": own, "tries": tries}
        self._write(key, fixed_part(event), changing, delay=delay)

    def _write(
        self,
        key: str,
        fixed: Mapping[str, Any],
        changing: Mapping[str, Any],
        *,
        delay: timedelta = timedelta(0),
    ) -> None:
        now = self._clock.now()
        update = {
            "$set": {**changing, "lives": [], "retry_at": now + delay},
            "$setOnInsert": {**fixed, "held_at": now},
        }
        try:
            chosen = {"_id": key, "kind": {"$ne": Kind.SET_ASIDE}}
            self._collection.update_one(chosen, update, upsert=True)
        except DuplicateKeyError:
            return  # a person has set it aside: another copy of it changes nothing


def _parked(**chosen: Any) -> dict[str, Any]:
    given = {name: value for name, value in chosen.items() if value is not None}
    return {"kind": Kind.PARKED, **given}
