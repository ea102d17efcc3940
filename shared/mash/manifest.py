"""What a back-up says of itself: written last, so that a broken one is never taken for whole.

A back-up is a folder with a folder a database and a file a collection: BSON, one document after
another, in the order of their keys. That is the layout of MongoDB's own `mongodump`, so its
`mongorestore` reads it too. Beside them `manifest.json` holds what is here.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from bson import decode_file_iter
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument

from shared.mash.children import CannotStart
from shared.mash.folder import read_json
from shared.settings import SERVICES_WITH_FEEDS
from shared.states import from_stored

MANIFEST: Final = "manifest.json"
FORM: Final = 1
OF_EVERY_SERVICE: Final = ("held_events", "operations", "lost_words")
"""What is held, what people did about it, and what an earlier restore lost."""
RAW: Final = CodecOptions(document_class=RawBSONDocument)

Tell = Callable[[str, int], Callable[[int], None]]
"""(what is done now, of how many documents) -> what is told how many are done."""

STEP: Final = 500


class NotWhole(CannotStart):
    """A back-up that is not what its manifest says, or has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One collection of a back-up. `heads` is the SHA-256 over every record's head, in order."""

    service: str
    collection: str
    documents: int
    bytes: int
    sha256: str
    heads: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A whole back-up. Times are UTC, ISO 8601."""

    form: int
    release: str
    began_at: str
    ended_at: str
    collections: tuple[Kept, ...]
    settings: Mapping[str, str]
    """SHA-256 of each file of the data folder that was kept, by its name."""

    def of(self, service: str) -> tuple[Kept, ...]:
        """Return what is kept of one service."""
        return tuple(each for each in self.collections if each.service == service)

    @property
    def documents(self) -> int:
        """How many documents there are in all."""
        return sum(each.documents for each in self.collections)


def services_in_order() -> tuple[str, ...]:
    """Return the services as a back-up reads them: whoever hears before whom it hears.

    So nothing in it has heard an event that its source does not hold: when all of it is restored,
    whatever a service lacks is in the feed of its source.
    """
    return tuple(reversed(SERVICES_WITH_FEEDS))


def kept_of(service: str) -> tuple[str, ...]:
    """Return the collections of a service that a back-up holds, in the order they are read.

    What is held comes first: an event that is handled meanwhile is then there twice, never not at
    all. What can be computed again is not kept: how far feeds were compared, for one, so that a
    restored service compares everything.
    """
    kept: tuple[str, ...] = import_module(f"services.{service}.documents").KEPT
    return (*OF_EVERY_SERVICE, *kept)


def database_of(service: str) -> str:
    """Return the name of a service's database."""
    return f"golden_thread_{service}"


def file_of(folder: Path, service: str, collection: str) -> Path:
    """Return where a collection lies in a back-up."""
    return folder / database_of(service) / f"{collection}.bson"


def read_manifest(folder: Path) -> Manifest:
    """Return what a back-up says of itself. Raises NotWhole."""
    try:
        found: Manifest = from_stored(read_json(folder / MANIFEST), Manifest)
    except FileNotFoundError:
        raise NotWhole(f"{folder} is no whole back-up: it has no {MANIFEST}") from None
    except Exception as fault:  # whatever a file that somebody edited can cause
        raise NotWhole(f"{folder / MANIFEST} cannot be read: {type(fault).__name__}") from None
    if found.form != FORM:
        raise NotWhole(f"{folder} has the form {found.form}; this release reads form {FORM}")
    return found


def check(folder: Path, tell: Tell) -> Manifest:
    """Read the whole back-up again and compare it with its manifest. Raises NotWhole."""
    manifest = read_manifest(folder)
    for kept in manifest.collections:
        path = file_of(folder, kept.service, kept.collection)
        done = tell(f"checking {kept.service}.{kept.collection}", kept.documents)
        if not path.is_file() or sha256_of(path) != kept.sha256:
            raise NotWhole(f"{path} is not the file that was written: the back-up is spoiled")
        if heads_of(counted(documents_in(path), done)) != (kept.documents, kept.heads):
            raise NotWhole(f"{path} does not hold the documents that the manifest names")
    for name, digest in manifest.settings.items():
        if not (folder / name).is_file() or sha256_of(folder / name) != digest:
            raise NotWhole(f"{folder / name} is not the file that was written")
    return manifest


def documents_in(path: Path) -> Iterator[RawBSONDocument]:
    """Yield the documents of a file, one at a time. Raises NotWhole where it breaks off."""
    try:
        with path.open("rb") as file:
            yield from decode_file_iter(file, RAW)
    except BSONError:
        raise NotWhole(f"{path} breaks off") from None


def counted(
    documents: Iterable[RawBSONDocument], done: Callable[[int], None]
) -> Iterator[RawBSONDocument]:
    """Yield documents and tell, now and then, how many there were."""
    count = 0
    for count, each in enumerate(documents, start=1):
        if count % STEP == 0:
            done(count)
        yield each
    done(count)


def heads_of(documents: Iterable[RawBSONDocument]) -> tuple[int, str]:
    """Return how many documents there are, and the SHA-256 over the head of each, in order."""
    digest, count = hashlib.sha256(), 0
    for count, each in enumerate(documents, start=1):  # noqa: B007  the last one is the answer
        digest.update(head_of(each).encode())
    return count, digest.hexdigest()


def head_of(document: Mapping[str, Any]) -> str:
    """Return what a document comes to: its key, and the last hash of the events it holds."""
    events = document.get("events") or [document.get("event") or {}]
    return f"{document['_id']} {document.get('version', '')} {events[-1].get('hash', '')}\n"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Have a file or a folder on the disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
