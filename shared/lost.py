"""Words that a restore lost: whose, of which event, until somebody has entered them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from shared.database import durable
from shared.events.envelope import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What was written with one event and is lost: ask `who`, who recorded it at that time."""

    key: str
    case: str
    sequence: int
    type: str
    at: datetime
    who: str
    role: str
    words: str


class LostWords:
    """The list of one service."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._collection = durable(database["lost_words"])

    def note(self, events: Sequence[Envelope], lost: Mapping[int, str]) -> None:
        """List what is lost of events, by their sequence; again changes nothing."""
        for event in events:
            if words := lost.get(event.sequence):
                self._collection.update_one(
                    {"_id": event.key},
                    {
                        "$setOnInsert": {
                            "case": event.subject,
                            "sequence": event.sequence,
                            "type": event.type,
                            "at": event.time,
                            "who": event.actor,
                            "role": event.actor_role,
                            "words": words,
                        }
                    },
                    upsert=True,
                )

    def all(self) -> Iterator[Lost]:
        """Yield what is still to be entered again, the earliest first."""
        open_ones = {"settled_by": {"$exists": False}}
        for each in self._collection.find(open_ones).sort([("at", ASCENDING), ("_id", ASCENDING)]):
            yield Lost(**{"key" if name == "_id" else name: each[name] for name in each})

    def settle(self, key: str, *, by: str, at: datetime) -> bool:
        """Note that somebody has entered it again, or knows why it cannot be. False if unknown.

        Whoever settled it first stands: a second press changes nothing.
        """
        self._collection.update_one(
            {"_id": key, "settled_by": {"$exists": False}},
            {"$set": {"settled_by": by, "settled_at": at}},
        )
        return self._collection.find_one({"_id": key}, {}) is not None
