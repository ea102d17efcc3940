"""The anchor book: each stream's last event, written down and signed outside the database.

A chain of hashes shows that something in the middle was changed. It cannot show that its end was
cut off, that all of it was written anew, or that a whole older database was put back. So the heads
are written into a book that the database's owner cannot write: page after page, each holding the
hash of the one before, signed with a key that no service holds. Keep a copy where nothing can be
overwritten; what happened after the last page is not protected yet, so a page is made each minute.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

FIRST: Final = "0" * 64
Place = tuple[str, int]
"""Stream and sequence."""


class BadBook(Exception):
    """The book or its key cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last event of a stream when the page was made."""

    stream: str
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: the heads that had moved since the page before."""

    number: int
    at: str
    heads: tuple[Head, ...]
    previous: str
    """SHA-256 of the page before, as it is written."""

    def content(self) -> bytes:
        """Return what is signed: canonical JSON."""
        heads = [[each.stream, each.sequence, each.hash] for each in self.heads]
        page = {"at": self.at, "heads": heads, "number": self.number, "previous": self.previous}
        return json.dumps(page, sort_keys=True, separators=(",", ":")).encode()


class Book:
    """A file of pages, a line each, that only ever grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read()

    def _read(self) -> None:
        self.known: dict[str, Head] = {}
        self.pages, self._tail, self._size = 0, FIRST, 0
        for page, line in self._lines():
            self._take(page, line)
        self._size = self.path.stat().st_size if self.path.exists() else 0

    def add(self, heads: Sequence[Head], *, at: str, key: Ed25519PrivateKey) -> int:
        """Write a page of the heads that moved, on disk before this returns. Returns how many.

        Whoever else writes pages of the same book waits meanwhile, and theirs are read first.
        """
        with open(self.path, "ab+", opener=_private) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if file.tell() != self._size:
                self._read()
            moved = tuple(each for each in heads if self.known.get(each.stream) != each)
            if not moved:
                return 0
            page = Page(number=self.pages + 1, at=at, heads=moved, previous=self._tail)
            signature = base64.b64encode(key.sign(page.content()))
            line = page.content() + b"\t" + signature
            # A page that a crash cut short is left as it is; the next begins on a line of its own.
            file.write((b"\n" if _is_torn(file) else b"") + line + b"\n")
            file.flush()
            os.fsync(file.fileno())
            self._size = file.tell()
        self._take(page, line)
        return len(moved)

    def gone_back(self, heads: Iterable[Head]) -> list[Head]:
        """Return streams that are shorter than the book says, or have another last event there."""
        return [
            each
            for each in heads
            if (known := self.known.get(each.stream))
            and (
                each.sequence < known.sequence
                or (each.sequence == known.sequence and each.hash != known.hash)
            )
        ]

    def check(
        self, key: Ed25519PublicKey, hash_at: Callable[[str, int], str | None]
    ) -> Iterator[str]:
        """Yield in words everything that does not fit: in the book itself, and in what is held."""
        tail, number = FIRST, 0
        for page, line in self._lines():
            number += 1
            if page.number != number:
                yield f"page {number} of the book is missing or out of its place"
                number = page.number
            if page.previous != tail or not _signed(line, key):
                yield f"page {page.number} of the book was not signed as it stands"
            tail = hashlib.sha256(line).hexdigest()
            for head in page.heads:
                yield from _compare(head, page, hash_at(head.stream, head.sequence))

    def _lines(self) -> Iterator[tuple[Page, bytes]]:
        if not self.path.exists():
            return
        for line in self.path.read_bytes().split(b"\n"):
            page = _page(line)
            if page is not None:
                yield page, line

    def _take(self, page: Page, line: bytes) -> None:
        self.known |= {each.stream: each for each in page.heads}
        self.pages, self._tail = page.number, hashlib.sha256(line).hexdigest()


def new_key(folder: Path) -> Path:
    """Make a key pair: `anchor.key` to sign with and `anchor.pub` to check with. Returns the key.

    Raises BadBook when there is one: a second key would make the first one's pages worthless.
    """
    private, public = folder / "anchor.key", folder / "anchor.pub"
    key = Ed25519PrivateKey.generate()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadBook(f"There is a key already: {private}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return private


def signing_key(path: Path) -> Ed25519PrivateKey:
    """Read the key to sign with. Raises BadBook."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadBook(f"{path} holds no key to sign with. Make one: mash anchors new-key FOLDER")
    return key


def checking_key(path: Path) -> Ed25519PublicKey:
    """Read the key to check with. Raises BadBook."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BadBook(f"{path} holds no key to check with: name the anchor.pub of the book's key")
    return key


def _compare(head: Head, page: Page, held: str | None) -> Iterator[str]:
    where = f"{head.stream}#{head.sequence}"
    if held is None:
        yield f"{where} is gone; it was there at {page.at}"
    elif held != head.hash:
        yield f"{where} is not the event that was there at {page.at}"


def _signed(line: bytes, key: Ed25519PublicKey) -> bool:
    content, _, signature = line.partition(b"\t")
    try:
        key.verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_torn(file: IO[bytes]) -> bool:
    """Does the book end in the middle of a line? Leaves the file at its end."""
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read() != b"\n"


def _page(line: bytes) -> Page | None:
    """Return the page on a line; None for one that a crash cut short."""
    content, separator, _ = line.partition(b"\t")
    try:
        found: Mapping[str, Any] = json.loads(content)
        heads = tuple(
            Head(stream=str(stream), sequence=int(sequence), hash=str(hash))
            for stream, sequence, hash in found["heads"]
        )
        page = Page(
            number=int(found["number"]),
            at=str(found["at"]),
            heads=heads,
            previous=str(found["previous"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
    return page if separator else None
