"""The connection to the store: one database a service; majority writes, journaled; majority reads.

Majority on both sides: an answer given, an event published or a feed served must not rest on what
only one member of a replica set holds, because a new primary would take it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Final

import mongoengine
import pymongo
from pymongo import IndexModel, MongoClient, WriteConcern
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, WriteConcernError

from shared.settings import Settings

DURABLE: Final = WriteConcern("majority", j=True)
"""Nothing is answered, acknowledged or published before it is on disk on a majority."""

DUPLICATE_KEY: Final = 11000

OPERATION_MILLISECONDS: Final = 20_000
"""The longest that somebody waits for one operation, however often it is tried again meanwhile.

A new primary takes over well within it. One that is frozen, not gone, can hold up the member that
followed it for longer: then "not known" is said, and what is sent again is taken once. More would
keep everybody waiting who is to be told that the store is away.
"""

LONGEST_INDEX_SECONDS: Final = 3600.0


def connect(service: str, settings: Settings) -> Database[dict[str, Any]]:
    """Register the service's database with mongoengine under the service's name; opens lazily.

    Documents of the service say `meta = {"db_alias": "<service>", …}`.
    """
    alias = service
    mongoengine.disconnect(alias)
    client: MongoClient[dict[str, Any]] = mongoengine.connect(
        db=f"golden_thread_{service}",
        alias=alias,
        host=settings.mongo_url,
        tz_aware=True,
        uuidRepresentation="standard",
        appname=f"golden-thread-{service}",
        readConcernLevel="majority",
        readPreference="primary",
        # By id, so that a write whose answer was lost is made once while somebody waits for it. A
        # standalone server knows no such ids; the driver sees that, and does not try again there.
        # MongoDB keeps a record of each id, which is a fifth of what hearing an event costs.
        retryWrites=not settings.begins_again,
        serverSelectionTimeoutMS=15_000,
        timeoutMS=OPERATION_MILLISECONDS,
        # A primary that is frozen, not gone, is noticed within the sum of these two.
        heartbeatFrequencyMS=5_000,
        connectTimeoutMS=5_000,
        connect=False,
    )
    return client[f"golden_thread_{service}"]


def durable(collection: Collection[dict[str, Any]]) -> Collection[dict[str, Any]]:
    """Return the collection with writes that are acknowledged only when they are safe."""
    return collection.with_options(write_concern=DURABLE)


def collection_of(document: type[mongoengine.Document]) -> Collection[dict[str, Any]]:
    """Return the durable pymongo collection behind a mongoengine document class."""
    return durable(document._get_db()[document._get_collection_name()])


def places_taken(fault: BulkWriteError) -> set[int]:
    """Return which operations of an unordered bulk met a key that is there already.

    Raises `fault` if anything else went wrong, and WriteConcernError if the rest was made on one
    member only: a new primary may take that back, so it is not made yet.
    """
    if unsafe := fault.details["writeConcernErrors"]:
        raise WriteConcernError("not on a majority", unsafe[0].get("code")) from fault
    if any(each["code"] != DUPLICATE_KEY for each in fault.details["writeErrors"]):
        raise fault
    return {each["index"] for each in fault.details["writeErrors"]}


def ensure(collection: Collection[dict[str, Any]], *indexes: IndexModel) -> None:
    """Create what is missing of these indexes."""
    if indexes:
        collection.create_indexes(list(indexes))


def unhurried() -> AbstractContextManager[None]:
    """Give operations of this block time to build an index over everything that is stored."""
    return pymongo.timeout(LONGEST_INDEX_SECONDS)


def unfit_for_a_server(service: str, database: Database[dict[str, Any]]) -> list[str]:
    """Return what makes this store unsafe to serve real work from, each with its remedy.

    A standalone MongoDB has nobody to take over and no retryable writes; without a unique index the
    same event could be stored twice. Raises PyMongoError when the store does not answer.
    """
    hello = database.client.admin.command("hello")
    faults = []
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        faults.append(
            "it is a standalone MongoDB: start it with --replSet, initiate the set (one member is "
            "enough to begin with) and name it in MONGO_URL with replicaSet=…"
        )
    faults += [
        f"{collection} has no unique index on {', '.join(fields)}: run `indexes` of {service}"
        for collection, fields in _unique_indexes(mongoengine.Document, service)
        if fields not in _present(database[collection])
    ]
    return faults


def _unique_indexes(
    document: type[mongoengine.Document], alias: str
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield collection and fields of each unique index that documents of a service declare."""
    for each in document.__subclasses__():
        yield from _unique_indexes(each, alias)
        if each._meta.get("db_alias") == alias and not each._meta.get("abstract"):
            for index in each._meta["index_specs"]:
                if index.get("unique"):
                    yield each._get_collection_name(), tuple(name for name, _ in index["fields"])


def _present(collection: Collection[dict[str, Any]]) -> set[tuple[str, ...]]:
    """Return the fields of each unique index that is there."""
    return {
        tuple(name for name, _ in index["key"])
        for index in collection.index_information().values()
        if index.get("unique")
    }
