"""Reading the streams a service wrote: for the relay, for the feed, for verification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, UpdateOne
from pymongo.collection import Collection

from shared.events.seal import stream_of
from shared.store import Roots

MOST_AT_ONCE: Final = 500
"""Events or heads in one answer of a feed, and events of one stream in one pass of the relay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The events of one stream that no broker has confirmed, oldest first, in wire form."""

    ref: str
    events: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How long a stream is, the hash of its last event, and when that was written."""

    stream: str
    sequence: int
    hash: str
    changed_at: datetime


class Streams:
    """The streams of one service, by the name "<service>:<case reference>"."""

    def __init__(self, roots: Roots[Any]) -> None:
        self._roots = roots

    @property
    def _collection(self) -> Collection[dict[str, Any]]:
        return self._roots.collection

    def pending(self, most: int = MOST_AT_ONCE) -> Iterator[Pending]:
        """Yield what has not left yet, the longest waiting first."""
        found = self._collection.aggregate(
            [
                {"$match": {"unpublished_since": {"$exists": True}}},
                {"$sort": {"unpublished_since": ASCENDING}},
                {"$limit": most},
                # Sequence n stands at place n - 1: there are no holes.
                {"$project": {"events": {"$slice": ["$events", "$published", most]}}},
            ]
        )
        for each in found:
            yield Pending(ref=each["_id"], events=tuple(each["events"]))

    def mark_published(self, confirmed: Mapping[str, int]) -> None:
        """Note that the broker confirmed the events of each record up to a sequence.

        The marker only rises, and "has something unpublished" goes only when nothing is left: both
        in one update, because the record may grow at any moment.
        """
        if confirmed:
            self._collection.bulk_write(
                [UpdateOne({"_id": ref}, _raise_marker(upto)) for ref, upto in confirmed.items()],
                ordered=False,
            )

    def oldest_unpublished(self) -> datetime | None:
        """Return since when the longest-waiting event waits for the broker."""
        found = self._collection.find_one(
            {"unpublished_since": {"$exists": True}},
            {"unpublished_since": 1},
            sort=[("unpublished_since", ASCENDING)],
        )
        return found["unpublished_since"] if found else None

    def read(self, ref: str, *, after: int = 0, most: int = MOST_AT_ONCE) -> list[dict[str, Any]]:
        """Return events of one record beyond `after`, in order, in wire form."""
        found = self._collection.find_one({"_id": ref}, {"events": {"$slice": [after, most]}})
        return list(found.get("events", [])) if found else []

    def heads(
        self, *, since: datetime, after_ref: str = "", most: int = MOST_AT_ONCE
    ) -> list[Head]:
        """Return the heads of streams changed at or after `since`, oldest change first.

        `after_ref` continues a page: with the `changed_at` and the reference of its last head.
        """
        found = self._collection.find(
            {
                "version": {"$gt": 0},
                "$or": [
                    {"changed_at": {"$gt": since}},
                    {"changed_at": since, "_id": {"$gt": after_ref}},
                ],
            },
            {"version": 1, "changed_at": 1, "events": {"$slice": -1}},
        )
        return [
            Head(
                stream=stream_of(self._roots.source, each["_id"]),
                sequence=each["version"],
                hash=each["events"][-1]["hash"],
                changed_at=each["changed_at"],
            )
            for each in found.sort([("changed_at", ASCENDING), ("_id", ASCENDING)]).limit(most)
        ]


def _raise_marker(upto: int) -> list[dict[str, Any]]:
    all_out = {"$gte": ["$published", "$version"]}
    return [
        {"$set": {"published": {"$max": ["$published", upto]}}},
        {"$set": {"unpublished_since": {"$cond": [all_out, "$$REMOVE", "$unpublished_since"]}}},
    ]
