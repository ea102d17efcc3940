"""What the strategy service stores: one root document a case, and reservations of managers' time.

A reservation is no root document and carries no event: it is the natural unique key for which
several cases compete (a manager, a quarter of an hour). It is written first, with a majority, and
writing it again for the same meeting changes nothing; whoever comes second meets the key and
chooses again. What a crash leaves behind is tidied by a job, from the cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from mongoengine import DateTimeField, Document, IntField, StringField
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from services.strategy.domain.directory import Slot
from shared.database import collection_of
from shared.mongo_records import RootDocument

DATABASE: Final = "strategy"
KEPT: Final = ("cases",)
"""The collections that a back-up holds. Reservations are made again from the cases."""
PIECE: Final = timedelta(minutes=15)
"""Meetings of any length overlap when they share a quarter of an hour."""


OPEN_MEETING: Final[dict[str, Any]] = {"state.meetings.record": {"$type": "null"}}
NOT_SEEN: Final[dict[str, Any]] = {"state.children.visits": []}
"""Cases with a meeting to hold, and with a child to see: few at any time, so their indexes are."""


class CaseDocument(RootDocument):
    """One case: its state and every event it caused here."""

    meta = {
        "collection": "cases",
        "db_alias": DATABASE,
        "auto_create_index": False,
        "indexes": [
            ["state.stage", "state.decided_at"],
            ["state.allocation.social_worker", "state.allocation.allocated_at"],
            # Caseloads are counted with every choice of a lead: from this index alone.
            ["state.stage", "state.allocation.team", "state.allocation.social_worker"],
            "state.meetings.starts_at",
            {
                "fields": ["state.meetings.record"],
                "name": "open_meeting",
                "partialFilterExpression": OPEN_MEETING,
            },
            {
                "fields": ["state.children.visits"],
                "name": "not_seen",
                "partialFilterExpression": NOT_SEEN,
            },
        ],
    }


class SlotDocument(Document):
    """A quarter of an hour of one manager, taken by one meeting of one case."""

    meta = {
        "collection": "slots",
        "db_alias": DATABASE,
        "auto_create_index": False,
        "indexes": ["starts_at", ["case", "meeting"]],
    }
    key = StringField(primary_key=True)
    manager = StringField(required=True)
    starts_at = DateTimeField(required=True)
    case = StringField(required=True)
    meeting = IntField(required=True)
    taken_at = DateTimeField(required=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Who holds a manager's time: a meeting of a case."""

    manager: str
    case: str
    meeting: int
    taken_at: datetime


class Slots(Protocol):
    """The reservations of managers' time."""

    def reserve(self, manager: str, slot: Slot, *, case: str, meeting: int, at: datetime) -> bool:
        """Take the manager's time for a meeting: True when it is theirs, also a second time.

        All pieces or none: when one is taken by another meeting, those just taken are given back.
        """
        ...

    def release(self, manager: str, *, case: str, meeting: int, keep: Slot | None = None) -> None:
        """Give back what one meeting holds of a manager's time, except `keep`."""
        ...

    def busy(self, slot: Slot, *, except_case: str) -> frozenset[str]:
        """Return who leads a meeting of another case in the slot."""
        ...

    def taken_before(self, at: datetime) -> Iterable[Reservation]:
        """Yield every reservation older than a moment, for tidying."""
        ...


class MongoSlots:
    """The reservations in MongoDB, a document a piece."""

    @property
    def _slots(self) -> Collection[dict[str, Any]]:
        return collection_of(SlotDocument)

    def reserve(self, manager: str, slot: Slot, *, case: str, meeting: int, at: datetime) -> bool:
        """Take the manager's time, piece by piece.

        The pieces are taken in the order of time, so that of two that overlap one always wins.
        """
        mine = {"manager": manager, "case": case, "meeting": meeting}
        fresh: list[str] = []
        for piece in pieces(slot):
            key = f"{manager}|{piece.isoformat()}"
            try:
                self._slots.insert_one({"_id": key, **mine, "starts_at": piece, "taken_at": at})
                fresh.append(key)
            except DuplicateKeyError:
                if self._slots.find_one({"_id": key, **mine}) is None:
                    self._slots.delete_many({"_id": {"$in": fresh}, **mine})
                    return False
        return True

    def release(self, manager: str, *, case: str, meeting: int, keep: Slot | None = None) -> None:
        """Give back what one meeting holds of a manager's time, except `keep`."""
        held: dict[str, Any] = {"manager": manager, "case": case, "meeting": meeting}
        if keep:
            held["starts_at"] = {"$nin": list(pieces(keep))}
        self._slots.delete_many(held)

    def busy(self, slot: Slot, *, except_case: str) -> frozenset[str]:
        """Return who leads a meeting of another case in the slot."""
        taken = self._slots.find(
            {"starts_at": {"$in": list(pieces(slot))}, "case": {"$ne": except_case}},
            {"manager": 1},
        )
        return frozenset(each["manager"] for each in taken)

    def taken_before(self, at: datetime) -> Iterator[Reservation]:
        """Yield every reservation older than a moment, for tidying."""
        rows = self._slots.aggregate(
            [
                {"$match": {"taken_at": {"$lt": at}}},
                {
                    "$group": {
                        "_id": {"manager": "$manager", "case": "$case", "meeting": "$meeting"},
                        "taken_at": {"$max": "$taken_at"},
                    }
                },
            ]
        )
        for row in rows:
            yield Reservation(**row["_id"], taken_at=row["taken_at"])


def pieces(slot: Slot) -> Iterable[datetime]:
    """Return the starts of the quarter hours that a slot touches, in the order of time."""
    seconds = int(PIECE.total_seconds())
    first = slot.starts_at - timedelta(
        seconds=int(slot.starts_at.timestamp()) % seconds,
        microseconds=slot.starts_at.microsecond,
    )
    found = []
    while first < slot.ends_at:
        found.append(first)
        first += PIECE
    return found
