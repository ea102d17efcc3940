"""The store in memory: records, feed marks, audit's archive, reservations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.audit.documents import copies_of
from services.audit.domain.archive import Link
from services.audit.domain.projection import CaseProjection
from services.audit.domain.timeline import has_read, head_without_hole
from services.strategy.documents import Reservation, pieces
from services.strategy.domain.directory import Slot
from shared.events.envelope import GENESIS, Envelope
from shared.events.seal import stream_of
from shared.records import Pending, Record, RecordWrite, Tail
from tests.models.stops import STORE_AWAY, At, unhindered


@dataclass
class KeptRecord:
    """A root document."""

    version: int = 0
    state: Mapping[str, Any] | None = None
    heard: dict[str, int] = field(default_factory=dict)
    events: list[Mapping[str, Any]] = field(default_factory=list)
    published: int = 0
    unpublished_since: datetime | None = None
    changed_at: datetime | None = None

    def get(self, name: str) -> Any:
        """Return a field, None where it is absent."""
        kind, _, stream = name.partition(".")
        return self.heard.get(stream) if kind == "heard" else getattr(self, name)

    def set(self, name: str, value: Any) -> None:
        """Set a field."""
        kind, _, stream = name.partition(".")
        if kind == "heard":
            self.heard[stream] = value
        else:
            setattr(self, name, value)


Shelf = dict[str, KeptRecord]


class MemoryRecords:
    """Root documents on a shelf."""

    def __init__(self, shelf: Shelf, at: At = unhindered) -> None:
        self.shelf = shelf
        self._at = at

    def ensure_indexes(self) -> None:
        """Nothing to do."""

    def find(self, refs: Sequence[str]) -> list[Record]:
        """Return records without their histories."""
        self._at("read records", STORE_AWAY)
        return [_record(self.shelf.get(ref, KeptRecord())) for ref in refs]

    def write(self, writes: Sequence[RecordWrite]) -> list[bool]:
        """Make each write whose condition holds; one by one, as an unordered bulk is made."""
        made = []
        for write in writes:
            self._at("write records", STORE_AWAY)
            made.append(self._make(write))
        self._at("records written", STORE_AWAY)
        return made

    def pending(self, most: int) -> Iterator[Pending]:
        """Yield what has not left yet."""
        self._at("read what is unpublished", STORE_AWAY)
        waiting = [
            (kept.unpublished_since, ref)
            for ref, kept in self.shelf.items()
            if kept.unpublished_since
        ]
        for _, ref in sorted(waiting)[:most]:
            kept = self.shelf[ref]
            yield Pending(
                ref=ref, events=tuple(kept.events[kept.published : kept.published + most])
            )

    def raise_markers(self, published: Mapping[str, int]) -> None:
        """Raise the markers."""
        self._at("raise markers", STORE_AWAY)
        for ref, upto in published.items():
            kept = self.shelf[ref]
            kept.published = max(kept.published, upto)
            if kept.published >= kept.version:
                kept.unpublished_since = None
        self._at("markers raised", STORE_AWAY)

    def oldest_unpublished(self) -> datetime | None:
        """Return since when the longest waiting record waits."""
        waiting = (kept.unpublished_since for kept in self.shelf.values())
        return min((since for since in waiting if since), default=None)

    def events(self, ref: str, *, after: int, most: int) -> list[dict[str, Any]]:
        """Return events beyond `after`."""
        self._at("read events", STORE_AWAY)
        kept = self.shelf.get(ref, KeptRecord())
        return [dict(each) for each in kept.events[after : after + most]]

    def tails(self, *, since: datetime, after_ref: str, most: int) -> list[Tail]:
        """Return the tails of records changed since."""
        self._at("read tails", STORE_AWAY)
        changed = [
            (kept.changed_at, ref, kept)
            for ref, kept in self.shelf.items()
            if kept.changed_at
            and (kept.changed_at > since or (kept.changed_at == since and ref > after_ref))
        ]
        return [
            Tail(ref=ref, version=kept.version, hash=kept.events[-1]["hash"], changed_at=changed_at)
            for changed_at, ref, kept in sorted(changed, key=lambda each: each[:2])[:most]
        ]

    def heard(self, source: str, *, after_ref: str, most: int) -> list[tuple[str, int]]:
        """Return how far each record heard the stream of its case in a source."""
        self._at("read heard", STORE_AWAY)
        beyond = sorted(ref for ref in self.shelf if ref > after_ref)[:most]
        return [(ref, self.shelf[ref].heard.get(stream_of(source, ref), 0)) for ref in beyond]

    def _make(self, write: RecordWrite) -> bool:
        kept = self.shelf.get(write.ref)
        if kept is None:
            if write.condition.get("version", 0):
                return False
            kept = self.shelf[write.ref] = KeptRecord()
        elif any(kept.get(name) != value for name, value in write.condition.items()):
            return False
        for name, value in write.setting.items():
            kept.set(name, value)
        if write.events:
            kept.events += write.events
            kept.changed_at = write.at
            kept.unpublished_since = min(kept.unpublished_since or write.at, write.at)
        return True


def _record(kept: KeptRecord) -> Record:
    return Record(
        version=kept.version,
        state=kept.state,
        heard=dict(kept.heard),
        tail_hash=kept.events[-1]["hash"] if kept.events else GENESIS,
    )


class MemoryFeedMarks:
    """How far each source was compared."""

    def __init__(self, marks: dict[str, datetime], at: At = unhindered) -> None:
        self._marks = marks
        self._at = at

    def compared_until(self, source: str) -> datetime | None:
        """Return the mark of a source."""
        self._at("read a feed mark", STORE_AWAY)
        return self._marks.get(source)

    def raise_to(self, source: str, at: datetime) -> None:
        """Raise the mark of a source."""
        self._at("raise a feed mark", STORE_AWAY)
        self._marks[source] = max(at, self._marks.get(source, at))


@dataclass
class Entries:
    """What audit keeps."""

    entries: dict[str, Envelope] = field(default_factory=dict)
    cases: dict[str, CaseProjection] = field(default_factory=dict)


class MemoryArchive:
    """Audit's entries and projections."""

    def __init__(self, kept: Entries, at: At = unhindered) -> None:
        self._kept = kept
        self._at = at

    def insert_entries(self, events: Sequence[Envelope]) -> list[bool]:
        """Write each entry, once."""
        fresh = []
        for event in events:
            self._at("write an entry", STORE_AWAY)
            fresh.append(event.key not in self._kept.entries)
            self._kept.entries.setdefault(event.key, event)
        self._at("entries written", STORE_AWAY)
        return fresh

    def links_at(self, keys: Sequence[str]) -> dict[str, Link]:
        """Return what links the entries under these keys to their neighbours."""
        self._at("read links", STORE_AWAY)
        held = self._kept.entries
        return {key: Link(held[key].previous_hash, held[key].hash) for key in keys if key in held}

    def entry_at(self, stream: str, sequence: int) -> Envelope | None:
        """Return the entry at one place."""
        self._at("read an entry", STORE_AWAY)
        return self._kept.entries.get(f"{stream}#{sequence}")

    def hash_at(self, stream: str, sequence: int) -> str | None:
        """Return the hash at one place."""
        found = self.entry_at(stream, sequence)
        return found.hash if found else None

    def entries_of_case(self, ref: str) -> list[Envelope]:
        """Return every entry of a case."""
        self._at("read the entries of a case", STORE_AWAY)
        return [each for each in self._kept.entries.values() if each.subject == ref]

    def entries_of_cases(self, refs: Sequence[str]) -> dict[str, list[Envelope]]:
        """Return every entry of several cases."""
        return {ref: self.entries_of_case(ref) for ref in refs}

    def raw_entries(self) -> Iterator[Mapping[str, Any]]:
        """Yield every entry, stream by stream."""
        order = sorted(self._kept.entries.values(), key=lambda each: (each.stream, each.sequence))
        for each in order:
            yield {"_id": each.key, "event": each.to_wire(), **copies_of(each)}

    def head_of(self, stream: str) -> int:
        """Return up to where a stream is held without a hole."""
        self._at("read the head of a stream", STORE_AWAY)
        return head_without_hole(
            each.sequence for each in self._kept.entries.values() if each.stream == stream
        )

    def heads_of(self, streams: Sequence[str]) -> dict[str, int]:
        """Return, of several streams, up to where each is held without a hole."""
        return {stream: self.head_of(stream) for stream in streams}

    def streams_held(self, source: str) -> int:
        """Return how many streams of a source are held."""
        return len({each.stream for each in self._kept.entries.values() if each.source == source})

    def put_cases(self, cases: Sequence[CaseProjection]) -> None:
        """Replace each projection if this one has read more."""
        for case in cases:
            self._at("write a projection", STORE_AWAY)
            there = self._kept.cases.get(case.ref)
            if there is None or there.entries_read < case.entries_read:
                self._kept.cases[case.ref] = case

    def have_been_read(self, events: Sequence[Envelope]) -> list[bool]:
        """Return, of entries that are held, whether the projection of its case has read each."""
        self._at("read projections", STORE_AWAY)
        cases = [(self._kept.cases.get(each.subject), each) for each in events]
        return [
            case is not None and has_read(case.read, case.holes, each.stream, each.sequence)
            for case, each in cases
        ]

    def case_at(self, ref: str) -> CaseProjection | None:
        """Return the projection of a case."""
        return self._kept.cases.get(ref)

    def drop_case(self, ref: str) -> None:
        """Throw one projection away."""
        self._kept.cases.pop(ref, None)

    def cases_due(self, at: datetime) -> Iterator[str]:
        """Yield the cases about which there is something to say."""
        self._at("read the cases due", STORE_AWAY)
        due = [
            (case.next_tick, ref)
            for ref, case in self._kept.cases.items()
            if case.next_tick and case.next_tick <= at
        ]
        for _, ref in sorted(due):
            yield ref

    def cases_behind(self) -> Iterator[str]:
        """Yield cases whose projection has not read every entry."""
        self._at("read the cases behind", STORE_AWAY)
        for ref in list(self.all_cases()):
            case = self._kept.cases.get(ref)
            entries = sum(each.subject == ref for each in self._kept.entries.values())
            if case is None or case.entries_read != entries:
                yield ref

    def all_cases(self, *, since: datetime | None = None) -> Iterator[str]:
        """Yield every case that has an entry, or has one written since a time."""
        entries = self._kept.entries.values()
        yield from sorted({each.subject for each in entries if not since or each.time >= since})


SlotShelf = dict[str, tuple[str, str, int, datetime, datetime]]
"""Key -> manager, case, meeting, start of the piece, when it was taken."""


class MemorySlots:
    """Reservations of managers' time."""

    def __init__(self, taken: SlotShelf, at: At = unhindered) -> None:
        self._taken = taken
        self._at = at

    def reserve(self, manager: str, slot: Slot, *, case: str, meeting: int, at: datetime) -> bool:
        """Take the manager's time, piece by piece."""
        fresh: list[str] = []
        for piece in pieces(slot):
            self._at("reserve a piece of time", STORE_AWAY)
            key = f"{manager}|{piece.isoformat()}"
            held = self._taken.get(key)
            if held is None:
                self._taken[key] = (manager, case, meeting, piece, at)
                fresh.append(key)
            elif held[:3] != (manager, case, meeting):
                for each in fresh:
                    del self._taken[each]
                return False
        return True

    def release(self, manager: str, *, case: str, meeting: int, keep: Slot | None = None) -> None:
        """Give back what one meeting holds, except `keep`."""
        self._at("give time back", STORE_AWAY)
        kept = set(pieces(keep)) if keep else set()
        for key, held in list(self._taken.items()):
            if held[:3] == (manager, case, meeting) and held[3] not in kept:
                del self._taken[key]

    def busy(self, slot: Slot, *, except_case: str) -> frozenset[str]:
        """Return who leads a meeting of another case in the slot."""
        self._at("read who is busy", STORE_AWAY)
        wanted = set(pieces(slot))
        return frozenset(
            held[0] for held in self._taken.values() if held[3] in wanted and held[1] != except_case
        )

    def taken_before(self, at: datetime) -> Iterator[Reservation]:
        """Yield every reservation older than a moment."""
        self._at("read old reservations", STORE_AWAY)
        newest: dict[tuple[str, str, int], datetime] = {}
        for manager, case, meeting, _, taken in self._taken.values():
            if taken < at:
                key = (manager, case, meeting)
                newest[key] = max(taken, newest.get(key, taken))
        for (manager, case, meeting), taken in newest.items():
            yield Reservation(manager=manager, case=case, meeting=meeting, taken_at=taken)
