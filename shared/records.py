"""Where the core meets the store: what a record is, what a write to it is, and who keeps them.

A port: `shared.mongo_records` keeps records in MongoDB, `tests/models` in memory, and
`tests/behaviour` holds both to the same sentences. So the core can be run through thousands of
crashes a minute without a process or a disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from shared.events.envelope import GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record as it is kept, without its history. Version 0: nothing is kept, or only `heard`."""

    version: int = 0
    state: Mapping[str, Any] | None = None
    heard: Mapping[str, int] = field(default_factory=dict)
    tail_hash: str = GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWrite:
    """One write to one record: all of it or nothing, and nothing unless `condition` holds.

    A record that is not there is made by a write conditional on version 0.
    """

    ref: str
    condition: Mapping[str, Any]
    """Field -> the value it must have; None: it must be absent. "heard.<stream>" is a field."""
    setting: Mapping[str, Any]
    """Field -> its new value."""
    events: Sequence[Mapping[str, Any]] = ()
    """Sealed events to append; with any, the record is unpublished since `at` or longer."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The events of one stream that no broker has confirmed, oldest first, in wire form."""

    ref: str
    events: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """How long a record's stream is, the hash of its last event, and when that was written."""

    ref: str
    version: int
    hash: str
    changed_at: datetime


class Records(Protocol):
    """The root documents of one service."""

    def ensure_indexes(self) -> None:
        """Make ready to be read fast."""
        ...

    def find(self, refs: Sequence[str]) -> list[Record]:
        """Return records, in the order asked: as cheap after a thousand events as after one."""
        ...

    def write(self, writes: Sequence[RecordWrite]) -> list[bool]:
        """Make writes to different records at once. Returns, in order, which were made."""
        ...

    def pending(self, most: int, refs: Sequence[str] | None = None) -> Iterator[Pending]:
        """Yield what has not left yet, of all records or of some, the longest waiting first."""
        ...

    def unpublished(self, most: int) -> dict[str, int]:
        """Return, of the records that have waited longest, how much of each is out."""
        ...

    def raise_markers(self, published: Mapping[str, int]) -> None:
        """Note, by record, up to which sequence the broker confirmed. A marker only rises."""
        ...

    def oldest_unpublished(self) -> datetime | None:
        """Return since when the longest waiting record waits for the broker."""
        ...

    def events(self, ref: str, *, after: int, most: int) -> list[dict[str, Any]]:
        """Return events of one record beyond `after`, in order, in wire form."""
        ...

    def tails(self, *, since: datetime, after_ref: str, most: int) -> list[Tail]:
        """Return the tails of records changed at or after `since`, by time of change, then `ref`;
        of those changed at that very moment only the ones beyond `after_ref`."""
        ...

    def lengths(self, refs: Sequence[str]) -> dict[str, int]:
        """Return how many events those of some records have that are here."""
        ...

    def heard(self, source: str, *, after_ref: str, most: int) -> list[tuple[str, int]]:
        """Return, by `ref` and beyond `after_ref`, up to which sequence each record heard the
        stream of its own case in a source; 0: nothing of it."""
        ...
