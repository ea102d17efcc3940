"""How the timeline is stored: entries, the projection of each case, and audit's own record.

The entry is the one write: its key is stream and sequence, so that a second insert is a duplicate.
A projection can be thrown away and computed again from the entries. Nothing updates an entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from mongoengine import DateTimeField, DictField, Document, IntField, ListField, StringField
from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from services.audit.domain.archive import Link
from services.audit.domain.projection import CaseProjection
from services.audit.domain.timeline import Hole, children_of, has_read, head_without_hole
from shared.database import collection_of, places_taken
from shared.events.envelope import Envelope
from shared.mongo_records import RootDocument
from shared.states import from_stored, to_stored

DATABASE: Final = "audit"
READ: Final = {"read": 1, "holes": 1}
PLACE: Final = {"_id": 0, "case": 1, "stream": 1, "sequence": 1}
SEQUENCE: Final = {"_id": 0, "stream": 1, "sequence": 1}
LINK: Final = {"event.previoushash": 1, "event.hash": 1}
KEPT: Final = ("entries", "announcements")
"""The collections that a back-up holds, in the order they are read: what was heard, then what was
said. Projections are computed again."""


class EntryDocument(Document):
    """One event of one stream, for ever; the fields beside `event` are copies to filter by."""

    meta = {
        "collection": "entries",
        "db_alias": DATABASE,
        "auto_create_index": False,
        "indexes": [
            ["case", "stream", "sequence"],
            "children",
            {"fields": ["stream", "sequence"], "unique": True},
            "time",
        ],
    }
    key = StringField(primary_key=True)
    event = DictField(required=True)
    stream = StringField(required=True)
    sequence = IntField(required=True)
    case = StringField(required=True)
    children = ListField(StringField())
    source = StringField(required=True)
    type = StringField(required=True)
    time = DateTimeField(required=True)
    occurred_at = DateTimeField()
    actor = StringField(required=True)
    actor_role = StringField(required=True)


class CaseProjectionDocument(Document):
    """The projection of one case: how far it has read, and what became of each promise."""

    meta = {
        "collection": "cases",
        "db_alias": DATABASE,
        "auto_create_index": False,
        "indexes": [
            "next_tick",
            ["-began_at", "ref"],
            ["clocks.state", "clocks.due_at"],
            ["clocks.stopped_at"],
            "holes.stream",
            "children",
        ],
    }
    ref = StringField(primary_key=True)
    read = DictField()
    entries_read = IntField(required=True)
    began_at = DateTimeField()
    last_at = DateTimeField()
    children = ListField(StringField())
    clocks = ListField(DictField())
    holes = ListField(DictField())
    next_tick = DateTimeField()


class AnnouncementsDocument(RootDocument):
    """Audit's own record of one case: what it has announced, and the events that say so."""

    meta = {
        "collection": "announcements",
        "db_alias": DATABASE,
        "auto_create_index": False,
        "indexes": [],
    }


class MongoArchive:
    """The archive in MongoDB."""

    @property
    def _entries(self) -> Collection[dict[str, Any]]:
        return collection_of(EntryDocument)

    @property
    def _cases(self) -> Collection[dict[str, Any]]:
        return collection_of(CaseProjectionDocument)

    def insert_entries(self, events: Sequence[Envelope]) -> list[bool]:
        """Write entries. False, in its place, for one whose place in its stream is taken."""
        if not events:
            return []
        entries = [{"_id": each.key, "event": each.to_wire(), **copies_of(each)} for each in events]
        try:
            self._entries.insert_many(entries, ordered=False)
        except BulkWriteError as fault:
            taken = places_taken(fault)
            return [place not in taken for place in range(len(events))]
        return [True] * len(events)

    def links_at(self, keys: Sequence[str]) -> dict[str, Link]:
        """Return what links the entries that are held under these keys to their neighbours."""
        found = self._entries.find({"_id": {"$in": list(keys)}}, LINK)
        return {
            each["_id"]: Link(each["event"].get("previoushash"), each["event"].get("hash"))
            for each in found
        }

    def entry_at(self, stream: str, sequence: int) -> Envelope | None:
        """Return the entry at one place of a stream."""
        wire = self._wire_at(stream, sequence)
        return None if wire is None else Envelope.from_wire(wire)

    def hash_at(self, stream: str, sequence: int) -> str | None:
        """Return the hash stored at one place of a stream, whatever else is stored there."""
        return (self._wire_at(stream, sequence) or {}).get("hash")

    def _wire_at(self, stream: str, sequence: int) -> dict[str, Any] | None:
        found = self._entries.find_one({"_id": f"{stream}#{sequence}"}, {"event": 1})
        return None if found is None else found["event"]

    def entries_of_case(self, ref: str) -> list[Envelope]:
        """Return every entry of a case."""
        return self.entries_of_cases([ref])[ref]

    def entries_of_cases(self, refs: Sequence[str]) -> dict[str, list[Envelope]]:
        """Return every entry of several cases, by case."""
        entries: dict[str, list[Envelope]] = {ref: [] for ref in refs}
        for each in self._entries.find({"case": {"$in": list(refs)}}, {"case": 1, "event": 1}):
            entries[each["case"]].append(Envelope.from_wire(each["event"]))
        return entries

    def keys_of_cases(self, refs: Sequence[str]) -> dict[str, list[str]]:
        """Return the key of every entry of several cases, by case: from the index alone."""
        keys: dict[str, list[str]] = {ref: [] for ref in refs}
        for each in self._entries.find({"case": {"$in": list(refs)}}, PLACE):
            keys[each["case"]].append(f"{each['stream']}#{each['sequence']}")
        return keys

    def entries_at(self, keys: Sequence[str]) -> list[Envelope]:
        """Return the entries that are held under these keys, in any order."""
        found = self._entries.find({"_id": {"$in": list(keys)}}, {"event": 1})
        return [Envelope.from_wire(each["event"]) for each in found]

    def raw_entries(self) -> Iterator[Mapping[str, Any]]:
        """Yield every stored entry as it is, stream by stream, without holding them all."""
        yield from self._entries.find({}).sort([("stream", 1), ("sequence", 1)]).batch_size(500)

    def head_of(self, stream: str) -> int:
        """Return the sequence up to which a stream is held without a hole."""
        return self.heads_of([stream])[stream]

    def heads_of(self, streams: Sequence[str]) -> dict[str, int]:
        """Return, of several streams, up to where each is held without a hole."""
        held: dict[str, list[int]] = {stream: [] for stream in streams}
        for each in self._entries.find({"stream": {"$in": list(streams)}}, SEQUENCE):
            held[each["stream"]].append(each["sequence"])
        return {stream: head_without_hole(sequences) for stream, sequences in held.items()}

    def streams_held(self, source: str) -> int:
        """Return how many streams of a source are held."""
        counted = self._entries.aggregate(
            [
                {"$match": {"stream": streams_beyond(source)}},
                {"$group": {"_id": "$stream"}},
                {"$count": "streams"},
            ]
        )
        return next((int(each["streams"]) for each in counted), 0)

    def put_cases(self, cases: Sequence[CaseProjection]) -> None:
        """Replace projections, each unless one that has read as much or more is there."""
        if not cases:
            return
        try:
            self._cases.bulk_write([_put(case) for case in cases], ordered=False)
        except BulkWriteError as fault:
            # Somebody else put the first of a case at the same moment: what read more stays.
            again = [_put(cases[place]) for place in places_taken(fault)]
            self._cases.bulk_write(again, ordered=False)

    def have_been_read(self, events: Sequence[Envelope]) -> list[bool]:
        """Return, of entries that are held, whether the projection of its case has read each."""
        refs = sorted({each.subject for each in events})
        found = {each["_id"]: each for each in self._cases.find({"_id": {"$in": refs}}, READ)}
        return [each.subject in found and _has_read(found[each.subject], each) for each in events]

    def case_at(self, ref: str) -> CaseProjection | None:
        """Return the projection of a case."""
        found = self._cases.find_one({"_id": ref})
        return None if found is None else case_from(found)

    def drop_case(self, ref: str) -> None:
        """Throw one projection away."""
        self._cases.delete_one({"_id": ref})

    def cases_due(self, at: datetime) -> Iterator[str]:
        """Yield the cases about which there is something to say, the longest waiting first."""
        found = self._cases.find({"next_tick": {"$lte": at}}, {"_id": 1})
        for each in found.sort("next_tick", 1):
            yield each["_id"]

    def cases_behind(self) -> Iterator[str]:
        """Yield cases whose projection has not read every entry: a crash came between the two."""
        # Counted side by side: looking each case up took seven times as long.
        read = [{"$project": {"read": "$entries_read"}}]
        behind = self._entries.aggregate(
            [
                {"$group": {"_id": "$case", "kept": {"$sum": 1}}},
                {"$unionWith": {"coll": self._cases.name, "pipeline": read}},
                {"$group": {"_id": "$_id", "kept": {"$sum": "$kept"}, "read": {"$sum": "$read"}}},
                {"$match": {"kept": {"$gt": 0}, "$expr": {"$ne": ["$kept", "$read"]}}},
            ],
            allowDiskUse=True,
        )
        yield from (each["_id"] for each in behind)

    def all_cases(self, *, since: datetime | None = None) -> Iterator[str]:
        """Yield the reference of every case that has an entry, or has one written since a time."""
        chosen = {"$match": {"time": {"$gte": since}} if since else {}}
        cases = self._entries.aggregate([chosen, {"$group": {"_id": "$case"}}], allowDiskUse=True)
        yield from (each["_id"] for each in cases)


def _put(case: CaseProjection) -> UpdateOne:
    """Return the replacement. Its condition is part of the change, not of the question: what asks
    for an `_id` alone MongoDB finds without planning, which is half of what this costs it.
    """
    stored = to_stored(case)
    stored["_id"] = stored.pop("ref")
    is_older = {"$lt": ["$entries_read", case.entries_read]}  # nothing there yet counts as less
    replaced = {"$cond": [is_older, {"$literal": stored}, "$$ROOT"]}
    return UpdateOne({"_id": case.ref}, [{"$replaceWith": replaced}], upsert=True)


def _has_read(case: Mapping[str, Any], event: Envelope) -> bool:
    holes = [Hole(**each) for each in case["holes"]]
    return has_read(case["read"], holes, event.stream, event.sequence)


def streams_beyond(source: str, ref: str = "") -> dict[str, str]:
    """Return what to ask of `stream` for the streams of a service, those of later cases alone."""
    service = source.removeprefix("/")
    # In order a semicolon follows the colon, so that no other service is in between.
    return {"$gt": f"{service}:{ref}", "$lt": f"{service};"}


def copies_of(event: Envelope) -> dict[str, Any]:
    """Return the fields that stand beside the event; `mash verify` compares them with it."""
    return {
        "stream": event.stream,
        "sequence": event.sequence,
        "case": event.subject,
        "children": list(children_of(event.data)),
        "source": event.source,
        "type": event.type,
        "time": event.time,
        "occurred_at": event.occurred_at,
        "actor": event.actor,
        "actor_role": event.actor_role,
    }


def case_from(found: Mapping[str, Any]) -> CaseProjection:
    """Turn a stored projection into its dataclass."""
    fields = {name: value for name, value in found.items() if name != "_id"}
    return from_stored({"ref": found["_id"], **fields}, CaseProjection)
