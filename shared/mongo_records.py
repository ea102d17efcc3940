"""Root documents in MongoDB: one conditional update a write, many of them in one bulk.

What a write is (its condition, what it sets, the events it appends) is decided in `shared/store.py`
alone; here it is put into MongoDB's words. mongoengine declares the documents and their indexes and
reads them for pages; writes go through pymongo, because a conditional update is what makes them
safe and `Document.save()` is not one (an instance saved again after a failed write can store
nothing and raise nothing).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from mongoengine import DateTimeField, DictField, Document, IntField, ListField, StringField
from pymongo import ASCENDING, IndexModel, UpdateMany, UpdateOne
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, BulkWriteError, NotPrimaryError
from pymongo.results import BulkWriteResult

from shared.database import collection_of, places_taken
from shared.events.envelope import GENESIS
from shared.events.seal import stream_of
from shared.records import Pending, Record, RecordWrite, Tail

NOT_WRITABLE: Final = 10107
READ_AT_ONCE: Final = 2000
"""Records whose unpublished events come in one answer: they are read while others go out."""
WITHOUT_HISTORY: Final = {"version": 1, "state": 1, "heard": 1, "events": {"$slice": -1}}


class RootDocument(Document):
    """What every root document holds. A service adds its collection, `db_alias` and indexes."""

    meta: ClassVar[dict[str, Any]] = {"abstract": True, "auto_create_index": False}

    ref = StringField(primary_key=True)
    version = IntField(required=True)
    published = IntField(required=True)
    unpublished_since = DateTimeField()
    changed_at = DateTimeField()
    heard = DictField()
    events = ListField(DictField())
    state = DictField(null=True)


class MongoRecords:
    """The root documents of one service, in the collection of a document class."""

    def __init__(self, document: type[RootDocument]) -> None:
        if "db_alias" not in document._meta:
            raise TypeError(f"{document.__name__}: say meta['db_alias'], the name of the service")
        self.document = document

    @property
    def _collection(self) -> Collection[dict[str, Any]]:
        return collection_of(self.document)

    def ensure_indexes(self) -> None:
        """Create the indexes of the plumbing and of the service's queries."""
        unpublished = IndexModel(
            [("unpublished_since", ASCENDING)],
            name="unpublished",
            partialFilterExpression={"unpublished_since": {"$exists": True}},
        )
        heads = IndexModel([("changed_at", ASCENDING), ("_id", ASCENDING)], name="heads")
        self._collection.create_indexes([unpublished, heads])
        self.document.ensure_indexes()

    def find(self, refs: Sequence[str]) -> list[Record]:
        """Read records without their histories."""
        chosen = refs[0] if len(refs) == 1 else {"$in": list(refs)}
        found = self._collection.find({"_id": chosen}, WITHOUT_HISTORY)
        records = {each["_id"]: _record(each) for each in found}
        return [records.get(ref) or Record() for ref in refs]

    def write(self, writes: Sequence[RecordWrite]) -> list[bool]:
        """Make the writes as one unordered bulk of conditional updates."""
        updates = [_update(write) for write in writes]
        try:
            result = self._bulk(updates)
            all_made = result.matched_count + len(result.upserted_ids or {}) == len(updates)
        except BulkWriteError as fault:
            # An upsert whose condition fails meets the record that is there: a duplicate key.
            places_taken(fault)
            all_made = False
        return [all_made or (len(writes) > 1 and self._was_made(write)) for write in writes]

    def _bulk(self, updates: Sequence[UpdateOne]) -> BulkWriteResult:
        try:
            return self._collection.bulk_write(updates, ordered=False)
        except NotPrimaryError as fault:
            # The driver tries again by itself, unless it learnt that this member is no primary just
            # between choosing and asking it. Refused so, the one write has not begun; of several,
            # those that were made are recognised by their events.
            if fault.has_error_label("RetryableWriteError") or _code(fault) != NOT_WRITABLE:
                raise
            return self._collection.bulk_write(updates, ordered=False)

    def pending(self, most: int, refs: Sequence[str] | None = None) -> Iterator[Pending]:
        """Yield what has not left yet, of all records or of some, the longest waiting first."""
        chosen: dict[str, Any] = {} if refs is None else {"_id": {"$in": list(refs)}}
        # Left to choose, MongoDB goes by the index of what waits as often as not, past every mark
        # of what left it in the last five minutes: a thousand keys to find one.
        by: dict[str, Any] = {} if refs is None else {"hint": "_id_"}
        with self._collection.aggregate(
            [
                {"$match": {**chosen, "unpublished_since": {"$exists": True}}},
                {"$sort": {"unpublished_since": ASCENDING}},
                {"$limit": most},
                # Sequence n stands at place n - 1: there are no holes.
                {"$project": {"events": {"$slice": ["$events", "$published", most]}}},
            ],
            batchSize=READ_AT_ONCE,
            **by,
        ) as found:
            for each in found:
                yield Pending(ref=each["_id"], events=tuple(each["events"]))

    def unpublished(self, most: int) -> dict[str, int]:
        """Return, of the records that have waited longest, how much of each is out."""
        found = self._collection.find({"unpublished_since": {"$exists": True}}, {"published": 1})
        longest = found.sort("unpublished_since", ASCENDING).limit(most)
        return {each["_id"]: each["published"] for each in longest}

    def raise_markers(self, published: Mapping[str, int]) -> None:
        """Raise the markers; "has something unpublished" goes only when nothing is left: both in
        one update, because the record may grow at any moment.

        As a rule all of a record is out, and that is a small change, the same for all records of
        one length. Where one has grown meanwhile, what to do depends on the record, and MongoDB
        writes all of it anew.
        """
        if self._raise_markers_of_all(published) == len(published):
            return
        found = self._collection.find({"_id": {"$in": list(published)}}, {"published": 1})
        behind = [each["_id"] for each in found if each["published"] < published[each["_id"]]]
        if behind:
            changes = [UpdateOne({"_id": ref}, _raise_marker(published[ref])) for ref in behind]
            self._collection.bulk_write(changes, ordered=False)

    def _raise_markers_of_all(self, published: Mapping[str, int]) -> int:
        """Raise the markers of the records of which all is out. Returns of how many it was."""
        of_length: dict[int, list[str]] = {}
        for ref, upto in published.items():
            of_length.setdefault(upto, []).append(ref)
        changes = [_all_out(refs, upto) for upto, refs in of_length.items()]
        try:
            return self._collection.bulk_write(changes, ordered=False).matched_count
        except AutoReconnect:
            return 0  # what changes many is not tried again by the driver; one by one it is

    def oldest_unpublished(self) -> datetime | None:
        """Return since when the longest waiting record waits for the broker."""
        found = self._collection.find_one(
            {"unpublished_since": {"$exists": True}},
            {"unpublished_since": 1},
            sort=[("unpublished_since", ASCENDING)],
        )
        return found["unpublished_since"] if found else None

    def events(self, ref: str, *, after: int, most: int) -> list[dict[str, Any]]:
        """Return events of one record beyond `after`, in order, in wire form."""
        found = self._collection.find_one({"_id": ref}, {"events": {"$slice": [after, most]}})
        return list(found.get("events", [])) if found else []

    def tails(self, *, since: datetime, after_ref: str, most: int) -> list[Tail]:
        """Return the tails of records changed at or after `since`, oldest change first."""
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
            Tail(
                ref=each["_id"],
                version=each["version"],
                hash=each["events"][-1]["hash"],
                changed_at=each["changed_at"],
            )
            for each in found.sort([("changed_at", ASCENDING), ("_id", ASCENDING)]).limit(most)
        ]

    def lengths(self, refs: Sequence[str]) -> dict[str, int]:
        """Return how many events those of some records have that are here."""
        found = self._collection.find({"_id": {"$in": list(refs)}}, {"version": 1})
        return {each["_id"]: each["version"] for each in found}

    def heard(self, source: str, *, after_ref: str, most: int) -> list[tuple[str, int]]:
        """Return how far each record heard the stream of its case in a source, by `ref`."""
        found = self._collection.find({"_id": {"$gt": after_ref}}, {"heard": 1})
        return [
            (each["_id"], (each.get("heard") or {}).get(stream_of(source, each["_id"]), 0))
            for each in found.sort("_id", ASCENDING).limit(most)
        ]

    def _was_made(self, write: RecordWrite) -> bool:
        # A bulk tells how many conditions failed, not which.
        return self._collection.find_one({"_id": write.ref, **_holds(write)}, {}) is not None


def _record(found: Mapping[str, Any]) -> Record:
    events = found.get("events")
    return Record(
        version=found["version"],
        state=found.get("state"),
        heard=found.get("heard") or {},
        tail_hash=events[-1]["hash"] if events else GENESIS,
    )


def _update(write: RecordWrite) -> UpdateOne:
    update: dict[str, Any] = {"$set": dict(write.setting), "$setOnInsert": {"published": 0}}
    if write.events:
        update["$set"]["changed_at"] = write.at
        # $min, not $set: the relay may clear it between our reading and our writing.
        update["$min"] = {"unpublished_since": write.at}
        update["$push"] = {"events": {"$each": list(write.events)}}
    # A record that is gone must not come back without its beginning.
    anew = not write.condition.get("version")
    return UpdateOne({"_id": write.ref, **write.condition}, update, upsert=anew)


def _holds(write: RecordWrite) -> dict[str, Any]:
    if write.events:
        return {"events.id": write.events[0]["id"]}
    return {field: {"$gte": value} for field, value in write.setting.items()}


def _code(fault: NotPrimaryError) -> int | None:
    return fault.details.get("code") if isinstance(fault.details, Mapping) else None


def _all_out(refs: list[str], upto: int) -> UpdateMany:
    out = {"$set": {"published": upto}, "$unset": {"unpublished_since": ""}}
    return UpdateMany({"_id": {"$in": refs}, "version": upto}, out)


def _raise_marker(upto: int) -> list[dict[str, Any]]:
    all_out = {"$gte": ["$published", "$version"]}
    return [
        {"$set": {"published": {"$max": ["$published", upto]}}},
        {"$set": {"unpublished_since": {"$cond": [all_out, "$$REMOVE", "$unpublished_since"]}}},
    ]
