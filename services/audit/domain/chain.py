"""Proof that nothing was changed, dropped or slipped in: each hash, each link, each place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from shared.events.envelope import Envelope


class FaultKind(StrEnum):
    """What can be wrong with a stored event."""

    UNREADABLE = "unreadable"
    HASH = "hash"
    LINK = "link"
    HOLE = "hole"
    COPY = "copy"
    HEAD = "head"


WORDS = {
    FaultKind.UNREADABLE: "the stored event cannot be read",
    FaultKind.HASH: "the event is not the one that was sealed: its hash does not belong to it",
    FaultKind.LINK: "the event does not link to the one before it",
    FaultKind.HOLE: "the events before this one are missing",
    FaultKind.COPY: "a field kept beside the event differs from the event",
    FaultKind.HEAD: "the source tells another last event of this stream",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, at one place of one stream."""

    stream: str
    sequence: int
    kind: FaultKind
    words: str


def fault_at(stream: str, sequence: int, kind: FaultKind) -> Fault:
    """Return the fault in words."""
    return Fault(stream=stream, sequence=sequence, kind=kind, words=WORDS[kind])


def faults_of(event: Envelope, previous: Envelope | None) -> Iterator[Fault]:
    """Compare an event with itself and with the one held before it in the same stream."""
    if not event.is_intact():
        yield fault_at(event.stream, event.sequence, FaultKind.HASH)
    expected = previous.sequence + 1 if previous else 1
    if event.sequence != expected:
        yield fault_at(event.stream, event.sequence, FaultKind.HOLE)
    elif not event.follows(previous):
        yield fault_at(event.stream, event.sequence, FaultKind.LINK)


def broken_in(entries: Iterable[Envelope]) -> tuple[Fault, ...]:
    """Check every stream of a line; what is only missing is told as a hole, not as broken."""
    return tuple(each for each in faults_in(entries) if each.kind is not FaultKind.HOLE)


def faults_in(entries: Iterable[Envelope]) -> list[Fault]:
    """Check every stream of a line."""
    found: list[Fault] = []
    previous: Envelope | None = None
    for event in sorted(entries, key=lambda each: (each.stream, each.sequence)):
        before = previous if previous and previous.stream == event.stream else None
        found += faults_of(event, before)
        previous = event
    return found
