"""Filling databases from a back-up: whole services, into nothing, and not open before they healed.

A service that is restored holds less than others have heard of it. Were it to work before it has
healed, its next event would take the place of one that others hold already. So the first thing
written is the mark that keeps it closed, and only healing takes it away (`shared/healing.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bson.raw_bson import RawBSONDocument
from pymongo import WriteConcern

from shared.clock import SystemClock
from shared.mash.backup import Raw, collection_in, open_raw, private
from shared.mash.children import CannotStart
from shared.mash.manifest import (
    Manifest,
    Tell,
    check,
    counted,
    database_of,
    documents_in,
    file_of,
    heads_of,
    kept_of,
)
from shared.restored import Mark

AT_ONCE: Final = 500
"""Documents in one insert: a record may be large, and the driver splits what is too much."""

DURABLE: Final = WriteConcern("majority", j=True)


def fill(
    source: Path, mongo_url: str, services: Sequence[str], *, replace: bool, tell: Tell
) -> Manifest:
    """Restore services from a back-up that is whole. Raises CannotStart and has changed nothing.

    A service that holds anything is refused unless `replace` says that it is to go; one that runs
    is always refused. Broken off in the middle it is done again with `replace`.
    """
    manifest = check(source, tell)
    with open_raw(mongo_url) as client:
        for service in services:
            _require_stopped(client, service)
            if not replace:
                _require_empty(client, service)
        for service in services:
            _mark(client, service).begin(backup=manifest.began_at, at=SystemClock().now())
        for service in services:
            _fill(client, service, source, manifest, tell)
    return manifest


def lay_settings(source: Path, folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """Put the settings of a back-up where there are none. Returns the names of those left alone."""
    left = []
    for name in manifest.settings:
        if (folder / name).exists():
            left.append(name)
            continue
        with private(folder / name) as file:
            file.write((source / name).read_bytes())
    return tuple(left)


def _require_stopped(client: Raw, service: str) -> None:
    connections = client.admin.aggregate(
        [
            {"$currentOp": {"allUsers": True, "idleConnections": True}},
            {"$match": {"appName": f"golden-thread-{service}"}},
            {"$limit": 1},
        ]
    )
    if next(connections, None) is not None:
        raise CannotStart(f"{service} is running: stop its processes first, then restore it")


def _require_empty(client: Raw, service: str) -> None:
    for name in (_mark(client, service).collection, *kept_of(service)):
        if collection_in(client, service, name).find_one({}, {"_id": 1}) is not None:
            raise CannotStart(
                f"The database of {service} is not empty. To throw away what it holds and restore "
                "it: --replace. Take a back-up of what is there first"
            )


def _fill(client: Raw, service: str, source: Path, manifest: Manifest, tell: Tell) -> None:
    name, mark = database_of(service), _mark(client, service)
    for each in client[name].list_collection_names():
        if each != mark.collection:
            client[name].drop_collection(each)
    for kept in manifest.of(service):
        done = tell(f"{service}.{kept.collection}", kept.documents)
        target = client[name].get_collection(kept.collection, write_concern=DURABLE)
        documents = documents_in(file_of(source, service, kept.collection))
        for batch in _batches(counted(documents, done)):
            target.insert_many(batch, ordered=False)
        stored = collection_in(client, service, kept.collection).find({}).sort("_id", 1)
        if heads_of(stored) != (kept.documents, kept.heads):
            raise CannotStart(f"{service}.{kept.collection} does not hold what the back-up held")
    mark.filled()


def _mark(client: Raw, service: str) -> Mark:
    return Mark(client[database_of(service)])


def _batches(documents: Iterator[RawBSONDocument]) -> Iterator[list[RawBSONDocument]]:
    batch: list[RawBSONDocument] = []
    for each in documents:
        batch.append(each)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
