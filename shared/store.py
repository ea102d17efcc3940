"""The one write: a record's state and its events, in one document, conditional on its version.

A *root document* holds one case in one service: its state **and** every event it ever caused.
MongoDB makes a single-document write atomic, so there is no moment at which the state changed and
the event does not exist, or the other way round. Nothing else writes root documents.

mongoengine declares the documents and their indexes and reads them for pages; writes go through
pymongo here, because a conditional update is what makes them safe and `Document.save()` is not one
(an instance saved again after a failed write can store nothing and raise nothing).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Generic, TypeVar

from mongoengine import DateTimeField, DictField, Document, IntField, ListField, StringField
from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from shared.changes import Change
from shared.clock import Clock
from shared.database import collection_of
from shared.events.envelope import GENESIS, Envelope
from shared.events.seal import Actor, Place, seal
from shared.faults import Point, reached
from shared.rules import Overtaken
from shared.states import from_stored, to_stored

__all__ = ["Actor", "Change", "Root", "RootDocument", "Roots", "Write"]

S = TypeVar("S")

TRIES: Final = 50
"""How often a command is decided again when others change the record at the same moment."""

DUPLICATE_KEY: Final = 11000


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Root(Generic[S]):
    """A record as it was read: `version` is its number of events; state is None before the first.

    A record may hold only `heard`: another service spoke of the case before it is opened here.
    """

    ref: str
    version: int = 0
    state: S | None = None
    heard: Mapping[str, int] = field(default_factory=dict)
    tail_hash: str = GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Generic[S]):
    """One conditional write to `root` as it was read. `hearing` notes an event as heard in the
    same write; with no change, only `heard` moves on. `at` is the time that the rule was given:
    the events bear the same."""

    root: Root[S]
    change: Change[S] | None
    by: Actor
    at: datetime
    hearing: Envelope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan(Generic[S]):
    after: Root[S]
    update: UpdateOne
    evidence: Mapping[str, Any]
    """What the stored document matches once this very write was made."""


class Roots(Generic[S]):
    """The root documents of one service."""

    def __init__(
        self,
        document: type[RootDocument],
        state_type: type[S],
        *,
        source: str,
        clock: Clock,
        after_commit: Callable[[], None] = lambda: None,
    ) -> None:
        if "db_alias" not in document._meta:
            raise TypeError(f"{document.__name__}: say meta['db_alias'], the name of the service")
        self.document = document
        self.source = source
        self.clock = clock
        self.after_commit = after_commit
        self._state_type = state_type

    @property
    def collection(self) -> Collection[dict[str, Any]]:
        """The collection of the root documents, for reading; writes are `commit`'s alone."""
        return collection_of(self.document)

    def ensure_indexes(self) -> None:
        """Create the indexes of the plumbing and of the service's queries."""
        unpublished = IndexModel(
            [("unpublished_since", ASCENDING)],
            name="unpublished",
            partialFilterExpression={"unpublished_since": {"$exists": True}},
        )
        heads = IndexModel([("changed_at", ASCENDING), ("_id", ASCENDING)], name="heads")
        self.collection.create_indexes([unpublished, heads])
        self.document.ensure_indexes()

    def state_from(self, document: RootDocument) -> S:
        """Return the state of a document that a query read."""
        return from_stored(document.state, self._state_type)

    def load(self, ref: str) -> Root[S]:
        """Read a record without its history: as cheap after a thousand events as after one."""
        found = self.collection.find_one(
            {"_id": ref}, {"version": 1, "state": 1, "heard": 1, "events": {"$slice": -1}}
        )
        if found is None:
            return Root(ref=ref)
        state, events = found.get("state"), found.get("events")
        return Root(
            ref=ref,
            version=found["version"],
            state=None if state is None else from_stored(state, self._state_type),
            heard=found.get("heard") or {},
            tail_hash=events[-1]["hash"] if events else GENESIS,
        )

    def act(
        self, ref: str, decide: Callable[[S | None, datetime], Change[S] | None], *, by: Actor
    ) -> Root[S]:
        """Carry out a command: read, decide, write; when overtaken, read and decide again.

        `decide` is a pure rule: (state, now) -> Change, or None where there is nothing to do.
        Raises what it raises (RuleBroken), and Overtaken when others never stop changing it.
        """
        for _ in range(TRIES):
            root, at = self.load(ref), self.clock.now()
            change = decide(root.state, at)
            if change is None:
                return root
            if after := self.commit(Write(root=root, change=change, by=by, at=at)):
                return after
        raise Overtaken("Someone changed this while you were working. Look at it again, then retry")

    def commit(self, write: Write[S]) -> Root[S] | None:
        """Make one write. Returns the record after it, or None if it was overtaken."""
        return self.commit_many([write])[0]

    def commit_many(self, writes: Sequence[Write[S]]) -> list[Root[S] | None]:
        """Make writes to different records as one unordered bulk of conditional updates.

        Each is all or nothing by itself. Returns, in order, the record after each write, or None
        for one whose record had changed: read that one again and decide again.
        """
        plans = [self._plan(write) for write in writes]
        reached(Point.BEFORE_COMMIT)
        try:
            result = self.collection.bulk_write([plan.update for plan in plans], ordered=False)
            all_made = result.matched_count + len(result.upserted_ids or {}) == len(plans)
        except BulkWriteError as fault:
            # An upsert whose condition fails meets the record that is there: a duplicate key.
            if any(each["code"] != DUPLICATE_KEY for each in fault.details["writeErrors"]):
                raise
            all_made = False
        reached(Point.AFTER_COMMIT)
        made = [all_made or (len(plans) > 1 and self._was_made(plan)) for plan in plans]
        if any(made):
            self.after_commit()
        return [plan.after if is_made else None for plan, is_made in zip(plans, made, strict=True)]

    def _was_made(self, plan: _Plan[S]) -> bool:
        # A bulk tells how many conditions failed, not which.
        return self.collection.find_one({"_id": plan.after.ref, **plan.evidence}, {}) is not None

    def _plan(self, write: Write[S]) -> _Plan[S]:
        root, at = write.root, write.at
        condition: dict[str, Any] = {"_id": root.ref, "version": root.version}
        setting: dict[str, Any] = {"version": root.version}
        update: dict[str, Any] = {"$set": setting, "$setOnInsert": {"published": 0}}
        evidence: dict[str, Any] = {}
        heard, state, tail_hash = dict(root.heard), root.state, root.tail_hash
        if (event := write.hearing) is not None:
            condition[f"heard.{event.stream}"] = heard.get(event.stream)
            heard[event.stream] = setting[f"heard.{event.stream}"] = event.sequence
            evidence = {f"heard.{event.stream}": {"$gte": event.sequence}}
        if write.change is not None:
            place = Place(
                source=self.source, subject=root.ref, version=root.version, tail_hash=tail_hash
            )
            events = seal(write.change.facts, place, by=write.by, at=at, cause=event)
            state, tail_hash = write.change.state, events[-1]["hash"]
            setting |= {"version": events[-1]["sequence"], "state": to_stored(state)}
            setting["changed_at"] = at
            # $min, not $set: the relay may clear it between our reading and our writing.
            update |= {"$push": {"events": {"$each": events}}, "$min": {"unpublished_since": at}}
            evidence = {"events.id": events[0]["id"]}
        after = Root(
            ref=root.ref, version=setting["version"], state=state, heard=heard, tail_hash=tail_hash
        )
        return _Plan(
            after=after, update=UpdateOne(condition, update, upsert=True), evidence=evidence
        )
