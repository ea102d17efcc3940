"""Proof over everything held: every chain recomputed, every head compared with its source.

One pass over the entries in the order of their streams, so it needs the memory of two events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.audit.documents import copies_of
from services.audit.domain.archive import Archive
from services.audit.domain.chain import Fault, FaultKind, fault_at, faults_of
from shared.events.envelope import Envelope, MalformedEvent, hash_of
from shared.messaging.feed import Feed, FeedHead, FeedUnavailable
from shared.settings import SERVICES_WITH_FEEDS

SOURCES: Final = tuple(f"/{name}" for name in SERVICES_WITH_FEEDS)
MOST_NAMED: Final = 1_000
"""Faults and missing streams named one by one; beyond that they are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What a source says it wrote and audit does not hold."""

    service: str
    stream: str
    first: int
    last: int


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What a verification found; `sound` is the answer, the rest is the evidence."""

    streams: int = 0
    events: int = 0
    faults: list[Fault] = field(default_factory=list)
    faults_found: int = 0
    heads_compared: dict[str, int] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    missing_found: int = 0
    not_compared: list[str] = field(default_factory=list)
    """Services that did not answer, so nothing is proved about them."""

    @property
    def sound(self) -> bool:
        """Everything is there and unchanged, and every service was asked."""
        return not (self.faults_found or self.missing_found or self.not_compared)

    def add_fault(self, fault: Fault) -> None:
        """Count a fault, and name it while there is room."""
        self.faults_found += 1
        if len(self.faults) < MOST_NAMED:
            self.faults.append(fault)

    def add_missing(self, missing: Missing) -> None:
        """Count a stream that is behind, and name it while there is room."""
        self.missing_found += 1
        if len(self.missing) < MOST_NAMED:
            self.missing.append(missing)


def verify(archive: Archive, feed: Feed) -> Verdict:
    """Recompute every chain and compare every service's heads."""
    verdict = Verdict()
    _recompute_chains(archive, verdict)
    for source in SOURCES:
        _compare_heads(source, archive, feed, verdict)
    return verdict


def _recompute_chains(archive: Archive, verdict: Verdict) -> None:
    previous: Envelope | None = None
    stream = None
    for entry in archive.raw_entries():
        verdict.events += 1
        if entry["stream"] != stream:
            stream, previous = entry["stream"], None
            verdict.streams += 1
        event, faults = _check(entry, previous)
        for fault in faults:
            verdict.add_fault(fault)
        previous = event or previous


def _check(
    entry: Mapping[str, Any], previous: Envelope | None
) -> tuple[Envelope | None, list[Fault]]:
    place = (str(entry["stream"]), int(entry["sequence"]))
    wire = entry["event"]
    try:
        event = Envelope.from_wire(wire)
    except MalformedEvent:
        return None, [fault_at(*place, FaultKind.UNREADABLE)]
    faults = list(faults_of(event, previous))
    # The stored object itself, not only what we read of it: something may have been added to it.
    if hash_of(wire) != wire["hash"] and not any(each.kind is FaultKind.HASH for each in faults):
        faults.append(fault_at(*place, FaultKind.HASH))
    copies = copies_of(event)
    if entry["_id"] != event.key or any(entry.get(name) != copies[name] for name in copies):
        faults.append(fault_at(*place, FaultKind.COPY))
    return event, faults


def _compare_heads(source: str, archive: Archive, feed: Feed, verdict: Verdict) -> None:
    service = source.removeprefix("/")
    held = archive.streams_held(source)
    behind: list[FeedHead] = []
    compared = 0
    try:
        for head in feed.heads(source):
            compared += 1
            if archive.head_of(head.stream) < head.sequence:
                behind.append(head)
            elif fault := _other_head(head, archive):
                verdict.add_fault(fault)
    except FeedUnavailable:
        verdict.not_compared.append(service)
        return
    verdict.heads_compared[service] = compared
    if compared < held:
        verdict.add_fault(fault_at(f"{service}:*", held - compared, FaultKind.HEAD))
    for missing in _still_behind(service, behind, archive):
        verdict.add_missing(missing)


def _other_head(head: FeedHead, archive: Archive) -> Fault | None:
    """The event at the source's head must be the very one that is held there."""
    if archive.hash_at(head.stream, head.sequence) == head.hash:
        return None
    return fault_at(head.stream, head.sequence, FaultKind.HEAD)


def _still_behind(service: str, behind: list[FeedHead], archive: Archive) -> Iterator[Missing]:
    """Look again at what was behind: it may only have been on its way."""
    for head in behind:
        known = archive.head_of(head.stream)
        if known < head.sequence:
            yield Missing(service=service, stream=head.stream, first=known + 1, last=head.sequence)
