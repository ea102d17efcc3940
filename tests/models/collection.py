"""As much of a MongoDB collection as held events ask of it, in memory.

The rules of holding (lanes, tries, who waits behind whom) are the product's own and run as they
are; this only keeps what they keep. A word of MongoDB's that is not here fails loudly.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from tests.models.stops import STORE_AWAY, At, unhindered

Stored = dict[str, Any]
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "$ne": operator.ne,
    "$in": lambda value, several: value in several,
    "$lt": lambda value, limit: value is not None and value < limit,
    "$lte": lambda value, limit: value is not None and value <= limit,
    "$gt": lambda value, limit: value is not None and value > limit,
    "$gte": lambda value, limit: value is not None and value >= limit,
    "$exists": lambda value, there: (value is not None) is there,
}


class Found(list[Stored]):
    """What a query found."""

    def sort(self, key: Any, direction: int = 1) -> Found:  # type: ignore[override]
        """Return it in the order of one field or of several."""
        for name, way in reversed([(key, direction)] if isinstance(key, str) else list(key)):
            super().sort(key=lambda each, name=name: each[name], reverse=way < 0)
        return self

    def limit(self, most: int) -> Found:
        """Return the first of it."""
        return Found(self[:most])


class MemoryDatabase:
    """Collections by name, as one process sees them."""

    def __init__(self, kept: dict[str, dict[str, Stored]], at: At = unhindered) -> None:
        self._kept = kept
        self._at = at

    def __getitem__(self, name: str) -> MemoryCollection:
        return MemoryCollection(self._kept.setdefault(name, {}), self._at)


class MemoryCollection:
    """Documents by `_id`."""

    def __init__(self, documents: dict[str, Stored], at: At = unhindered) -> None:
        self.documents = documents
        self._at = at

    def with_options(self, **_: Any) -> MemoryCollection:
        """Everything here is durable."""
        return self

    def create_indexes(self, _: Any) -> None:
        """Nothing to do."""

    def find(self, chosen: Stored | None = None, _: Any = None) -> Found:
        """Return what matches."""
        self._at("read held events", STORE_AWAY)
        return Found(dict(each) for each in self.documents.values() if _matches(each, chosen or {}))

    def find_one(self, chosen: Stored, _: Any = None, sort: Any = None) -> Stored | None:
        """Return the first that matches."""
        found = self.find(chosen)
        return next(iter(found.sort(sort) if sort else found), None)

    def count_documents(self, chosen: Stored) -> int:
        """Return how many match."""
        return len(self.find(chosen))

    def insert_one(self, document: Stored) -> None:
        """Insert one."""
        self._at("write held events", STORE_AWAY)
        self._insert(document)

    def update_one(self, chosen: Stored, update: Stored, *, upsert: bool = False) -> Any:
        """Update the first that matches."""
        return self._update(chosen, update, upsert=upsert, most=1)

    def update_many(self, chosen: Stored, update: Stored) -> Any:
        """Update all that match."""
        return self._update(chosen, update, upsert=False, most=len(self.documents))

    def find_one_and_update(
        self,
        chosen: Stored,
        update: Stored,
        *,
        upsert: bool = False,
        return_document: bool = ReturnDocument.BEFORE,
    ) -> Stored | None:
        """Update the first that matches and return it, as it is after."""
        assert return_document is ReturnDocument.AFTER
        self._update(chosen, update, upsert=upsert, most=1)
        return next((dict(d) for d in self.documents.values() if d["_id"] == chosen["_id"]), None)

    def delete_one(self, chosen: Stored) -> None:
        """Delete the first that matches."""
        self._at("write held events", STORE_AWAY)
        found = next((key for key, d in self.documents.items() if _matches(d, chosen)), None)
        self.documents.pop(found, None) if found else None
        self._at("held events written", STORE_AWAY)

    def aggregate(self, pipeline: Iterable[Stored], **_: Any) -> Iterator[Stored]:
        """Run a pipeline."""
        self._at("read held events", STORE_AWAY)
        rows = [dict(each) for each in self.documents.values()]
        for stage in pipeline:
            ((verb, words),) = stage.items()
            rows = _STAGES[verb](rows, words)
        return iter(rows)

    def _update(self, chosen: Stored, update: Stored, *, upsert: bool, most: int) -> Updated:
        self._at("write held events", STORE_AWAY)
        found = [each for each in self.documents.values() if _matches(each, chosen)][:most]
        for each in found:
            _change(each, update)
        if upsert and not found:
            fresh = {k: v for k, v in chosen.items() if not isinstance(v, Mapping)}
            _change(fresh, {"$set": update.get("$setOnInsert", {})})
            _change(fresh, update)
            self._insert(fresh)
        self._at("held events written", STORE_AWAY)
        return Updated(len(found))

    def _insert(self, document: Stored) -> None:
        if document["_id"] in self.documents:
            raise DuplicateKeyError("there is one already")
        self.documents[document["_id"]] = dict(document)


class Updated:
    """How many were updated."""

    def __init__(self, found: int) -> None:
        self.matched_count = self.modified_count = found


def _matches(document: Stored, chosen: Stored) -> bool:
    return all(_agrees(document, name, wanted) for name, wanted in chosen.items())


def _agrees(document: Stored, name: str, wanted: Any) -> bool:
    if name == "$or":
        return any(_matches(document, each) for each in wanted)
    value = document.get(name)
    if isinstance(wanted, Mapping):
        return all(_COMPARE[verb](value, limit) for verb, limit in wanted.items())
    return bool(value == wanted)


def _change(document: Stored, update: Stored) -> None:
    for verb, words in update.items():
        for name, value in words.items():
            _CHANGES[verb](document, name, value)


def _add_to_set(document: Stored, name: str, value: Any) -> None:
    there = document.get(name, [])
    document[name] = there if value in there else [*there, value]


def _add(document: Stored, name: str, value: Any) -> None:
    document[name] = document.get(name, 0) + value


def _to_the_greater(document: Stored, name: str, value: Any) -> None:
    document[name] = max(value, document.get(name, value))


_CHANGES: Mapping[str, Callable[[Stored, str, Any], Any]] = {
    "$set": lambda document, name, value: document.__setitem__(name, value),
    "$unset": lambda document, name, _: document.pop(name, None),
    "$setOnInsert": lambda document, name, value: None,
    "$addToSet": _add_to_set,
    "$inc": _add,
    "$max": _to_the_greater,
}


def _group(rows: list[Stored], words: Stored) -> list[Stored]:
    groups: dict[str, Stored] = {}
    for row in rows:
        key = _value(row, words["_id"])
        group = groups.setdefault(repr(key), {"_id": key})
        for name, how in words.items():
            if name != "_id":
                ((verb, what),) = how.items()
                _GATHER[verb](group, name, _value(row, what))
    return list(groups.values())


_GATHER: Mapping[str, Callable[[Stored, str, Any], Any]] = {
    "$first": lambda group, name, value: group.setdefault(name, value),
    "$sum": _add,
    "$max": _to_the_greater,
    "$min": lambda group, name, value: group.__setitem__(name, min(value, group.get(name, value))),
}


def _value(row: Stored, what: Any) -> Any:
    if isinstance(what, Mapping):
        return {name: _value(row, each) for name, each in what.items()}
    if what == "$$ROOT":
        return row
    return row.get(what[1:]) if isinstance(what, str) and what.startswith("$") else what


_STAGES: Mapping[str, Callable[[list[Stored], Any], list[Stored]]] = {
    "$match": lambda rows, words: [row for row in rows if _matches(row, words)],
    "$sort": lambda rows, words: Found(rows).sort(words.items()),
    "$group": _group,
    "$replaceRoot": lambda rows, words: [_value(row, words["newRoot"]) for row in rows],
    "$limit": lambda rows, words: rows[:words],
}
