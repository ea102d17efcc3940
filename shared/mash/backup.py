"""Taking a back-up of a running system: nothing is stopped, nobody waits.

A record and its events are one document, so each record is right by itself at whatever moment it
is read; what differs between services is made up for by their feeds (DECISIONS 23).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING, MongoClient
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from shared.clock import SystemClock
from shared.events.envelope import iso
from shared.mash.children import CannotStart
from shared.mash.folder import PRIVATE, PRIVATE_FOLDER, write_private
from shared.mash.manifest import (
    FORM,
    MANIFEST,
    Kept,
    Manifest,
    Tell,
    check,
    counted,
    database_of,
    file_of,
    head_of,
    kept_of,
    services_in_order,
    sha256_of,
    sync,
)
from shared.version import VERSION

SPARE: Final = 1.1
"""A back-up needs what the database says it holds, and a little more."""

Raw = MongoClient[RawBSONDocument]


def take(to: Path, mongo_url: str, *, tell: Tell, settings: Iterable[Path] = ()) -> Manifest:
    """Write a back-up into a new folder, check it, and return what it holds.

    `settings` are files of the data folder to keep beside the records. Raises CannotStart.
    """
    clock = SystemClock()
    began = clock.now()
    _make(to)
    with open_raw(mongo_url) as client:
        _require_room(to, client)
        kept = tuple(_keep_all(to, client, tell))
    files = {each.name: _copy(each, to / each.name) for each in settings if each.exists()}
    manifest = Manifest(
        form=FORM,
        release=VERSION,
        began_at=iso(began),
        ended_at=iso(clock.now()),
        collections=kept,
        settings=files,
    )
    write_private(to / MANIFEST, asdict(manifest))
    sync(to)
    return check(to, tell)


def open_raw(mongo_url: str) -> Raw:
    """Return a connection that hands documents over as they are. Raises CannotStart."""
    try:
        client: Raw = MongoClient(
            mongo_url,
            document_class=RawBSONDocument,
            serverSelectionTimeoutMS=10_000,
            appname="golden-thread-backup",
        )
        client.admin.command("ping")
    except PyMongoError as fault:
        # The address may hold a password: it is not repeated.
        raise CannotStart(f"The database does not answer: {type(fault).__name__}") from None
    return client


def collection_in(client: Raw, service: str, name: str) -> Any:
    """Return a collection, read as a majority of the database's members holds it."""
    return client[database_of(service)].get_collection(name, read_concern=ReadConcern("majority"))


def _make(to: Path) -> None:
    try:
        to.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        empty = not any(to.iterdir())
    except OSError as fault:
        raise CannotStart(f"{to} cannot be written: {fault.strerror}") from None
    if not empty:
        raise CannotStart(f"{to} is not empty: name a new folder for each back-up")
    to.chmod(PRIVATE_FOLDER)


def _require_room(to: Path, client: Raw) -> None:
    needed = sum(
        int(client[name].command("dbStats")["dataSize"])
        for name in map(database_of, services_in_order())
    )
    free = shutil.disk_usage(to).free
    if free < needed * SPARE:
        raise CannotStart(
            f"The back-up needs {_gigabytes(needed * SPARE)} and {to} has {_gigabytes(free)} free"
        )


def _gigabytes(size: float) -> str:
    return f"{size / 1024**3:.2f} GB"


def _keep_all(to: Path, client: Raw, tell: Tell) -> Iterator[Kept]:
    for service in services_in_order():
        (to / database_of(service)).mkdir(mode=PRIVATE_FOLDER)
        for name in kept_of(service):
            collection = collection_in(client, service, name)
            done = tell(f"{service}.{name}", collection.estimated_document_count())
            # In the order of the keys, which never change: each document is met exactly once.
            found = counted(collection.find({}).sort("_id", ASCENDING), done)
            yield _write(file_of(to, service, name), found, service=service, name=name)


def _write(path: Path, found: Iterable[RawBSONDocument], *, service: str, name: str) -> Kept:
    digest, heads, documents, size = hashlib.sha256(), hashlib.sha256(), 0, 0
    with private(path) as file:
        for each in found:
            file.write(each.raw)
            digest.update(each.raw)
            heads.update(head_of(each).encode())
            documents, size = documents + 1, size + len(each.raw)
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)
    return Kept(
        service=service,
        collection=name,
        documents=documents,
        bytes=size,
        sha256=digest.hexdigest(),
        heads=heads.hexdigest(),
    )


def _copy(source: Path, path: Path) -> str:
    with private(path) as file:
        file.write(source.read_bytes())
        file.flush()
        os.fsync(file.fileno())
    return sha256_of(path)


def private(path: Path) -> Any:
    """Open a new file that only its owner may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb")
