"""What audit keeps, and what can be asked of it: a port, kept by `services.audit.documents`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.audit.domain.projection import CaseProjection
from shared.events.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Link:
    """What links an entry to its neighbours in the stream."""

    previous_hash: str | None
    hash: str | None


class Archive(Protocol):
    """Every entry for ever, and a projection of each case that can be computed again."""

    def insert_entries(self, events: Sequence[Envelope]) -> list[bool]:
        """Write entries. False, in its place, for one whose place in its stream is taken."""
        ...

    def links_at(self, keys: Sequence[str]) -> dict[str, Link]:
        """Return what links the entries that are held under these keys to their neighbours."""
        ...

    def entry_at(self, stream: str, sequence: int) -> Envelope | None:
        """Return the entry at one place of a stream."""
        ...

    def hash_at(self, stream: str, sequence: int) -> str | None:
        """Return the hash stored at one place of a stream, whatever else is stored there."""
        ...

    def entries_of_case(self, ref: str) -> list[Envelope]:
        """Return every entry of a case."""
        ...

    def entries_of_cases(self, refs: Sequence[str]) -> dict[str, list[Envelope]]:
        """Return every entry of several cases, by case."""
        ...

    def raw_entries(self) -> Iterator[Mapping[str, Any]]:
        """Yield every stored entry as it is, stream by stream, without holding them all."""
        ...

    def head_of(self, stream: str) -> int:
        """Return the sequence up to which a stream is held without a hole."""
        ...

    def heads_of(self, streams: Sequence[str]) -> dict[str, int]:
        """Return, of several streams, up to where each is held without a hole."""
        ...

    def streams_held(self, source: str) -> int:
        """Return how many streams of a source are held."""
        ...

    def put_cases(self, cases: Sequence[CaseProjection]) -> None:
        """Replace projections, each unless one that has read as much or more is there."""
        ...

    def have_been_read(self, events: Sequence[Envelope]) -> list[bool]:
        """Return, of entries that are held, whether the projection of its case has read each."""
        ...

    def case_at(self, ref: str) -> CaseProjection | None:
        """Return the projection of a case."""
        ...

    def drop_case(self, ref: str) -> None:
        """Throw one projection away."""
        ...

    def cases_due(self, at: datetime) -> Iterator[str]:
        """Yield the cases about which there is something to say, the longest waiting first."""
        ...

    def cases_behind(self) -> Iterator[str]:
        """Yield cases whose projection has not read every entry: a crash came between the two."""
        ...

    def all_cases(self, *, since: datetime | None = None) -> Iterator[str]:
        """Yield the reference of every case that has an entry, or has one written since a time."""
        ...
