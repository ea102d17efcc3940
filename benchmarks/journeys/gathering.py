"""Root documents that are read together and written together, while handlers see them one by one.

A handler asks for a record and commits a change as ever. Here the record was read with many others,
and the write waits for theirs: one find and one unordered bulk for as many cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from shared.clock import Clock
from shared.records import Records
from shared.store import Root, Roots, Write

S = TypeVar("S")


class Gathering(Roots[S]):
    """The root documents of a service; between `begin` and `finish` one write for each case."""

    def __init__(self, records: Records, state_type: type[S], *, source: str, clock: Clock) -> None:
        super().__init__(records, state_type, source=source, clock=clock)
        self._read: dict[str, Root[S]] = {}
        self._writes: dict[str, Write[S]] = {}

    def begin(self, refs: Iterable[str]) -> None:
        """Read these records at once."""
        self._writes = {}
        self._read = {root.ref: root for root in super().load_many(sorted(set(refs)))}

    def load_many(self, refs: Sequence[str]) -> list[Root[S]]:
        """Return records as they will be after the writes that wait."""
        missing = [ref for ref in refs if ref not in self._read]
        if missing:
            self._read |= {root.ref: root for root in super().load_many(missing)}
        return [self._read[ref] for ref in refs]

    def commit(self, write: Write[S]) -> Root[S] | None:
        """Let a write wait for the others. It is sealed when they are."""
        ref = write.root.ref
        if ref in self._writes:
            raise RuntimeError(f"{ref}: a second write to a case belongs into the next bulk")
        self._writes[ref] = write
        after = (
            write.root if write.change is None else replace(write.root, state=write.change.state)
        )
        self._read[ref] = after
        return after

    def finish(self) -> set[str]:
        """Make the writes. Returns the cases that somebody else changed meanwhile."""
        writes, self._writes, self._read = list(self._writes.values()), {}, {}
        if not writes:
            return set()
        made = self.commit_many(writes)
        return {write.root.ref for write, after in zip(writes, made, strict=True) if after is None}
