"""The connection to the store: one database a service, majority writes, journaled."""

from __future__ import annotations

from typing import Any, Final

import mongoengine
from pymongo import IndexModel, MongoClient, WriteConcern
from pymongo.collection import Collection
from pymongo.database import Database

from shared.settings import Settings

DURABLE: Final = WriteConcern("majority", j=True)
"""Nothing is answered, acknowledged or published before it is on disk on a majority."""


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
        retryWrites=settings.mode == "server",
        serverSelectionTimeoutMS=15_000,
        socketTimeoutMS=20_000,
        connect=False,
    )
    return client[f"golden_thread_{service}"]


def durable(collection: Collection[dict[str, Any]]) -> Collection[dict[str, Any]]:
    """Return the collection with writes that are acknowledged only when they are safe."""
    return collection.with_options(write_concern=DURABLE)


def collection_of(document: type[mongoengine.Document]) -> Collection[dict[str, Any]]:
    """Return the durable pymongo collection behind a mongoengine document class."""
    return durable(document._get_db()[document._get_collection_name()])


def ensure(collection: Collection[dict[str, Any]], *indexes: IndexModel) -> None:
    """Create what is missing of these indexes."""
    if indexes:
        collection.create_indexes(list(indexes))
