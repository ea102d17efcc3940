"""Healing a service that was restored from an older back-up (DECISIONS 23).

Others have heard events that a restored service no longer holds. Were it to work on, its next event
would take the place of one of those: the stream would fork, and who had heard the first would drop
the second as a copy. So before it opens it asks the service that keeps every event for its own:
those very events are appended, each record in one write, and the chain goes on unforked. State is
rebuilt from what they say; what they do not say is listed, to be entered again.

Safe to run twice, by two at once, and to be killed anywhere: a record is healed or it is not.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from shared.events.envelope import Envelope, MalformedEvent
from shared.events.facts import Fact
from shared.events.registry import fact_of
from shared.events.seal import stream_of
from shared.lost import LostWords
from shared.rebuilt import Rebuild, Told
from shared.store import Root, Roots

log = logging.getLogger(__name__)

TRIES: Final = 50
NOT_HERE: Final = "Events that others heard and nobody holds any more."
FORKED: Final = "The record went on by itself after the restore: its events are not the ones heard."


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What is kept elsewhere of one stream: up to which event, and that event's hash."""

    ref: str
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Up to which event somebody heard the stream of one record."""

    ref: str
    sequence: int
    by: str


class Keeper(Protocol):
    """Who keeps every event of every service."""

    def heads(self, service: str, *, after_ref: str, most: int) -> list[Copy]:
        """Return what is kept of each stream of a service, by reference, beyond `after_ref`."""
        ...

    def of_case(self, ref: str) -> Sequence[Envelope]:
        """Return every event that is kept of a case, of any service."""
        ...


class Copies(Protocol):
    """Where the events of this service are kept besides itself, and who heard them."""

    def heads(self) -> Iterator[Copy]:
        """Yield what is kept of each of this service's streams."""
        ...

    def of_case(self, ref: str) -> Sequence[Envelope]:
        """Return every event that is kept of a case, of any service."""
        ...

    def heard(self) -> Iterator[Heard]:
        """Yield how far each other service heard each of this service's streams."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wound:
    """What healing cannot make good: a record that must not work on as it is."""

    ref: str
    first: int
    last: int
    words: str
    heard_by: str


@dataclass(slots=True, kw_only=True)
class Report:
    """What a healing came to."""

    records: int = 0
    events: int = 0
    put_aside: int = 0
    """Words of its own that came to the service itself and join nothing that anybody holds."""
    wounds: list[Wound] = field(default_factory=list)


class Healer:
    """Heals the records of one service."""

    def __init__(
        self, roots: Roots[Any], rebuild: Rebuild, copies: Copies, lost: LostWords
    ) -> None:
        self._roots = roots
        self._rebuild = rebuild
        self._copies = copies
        self._lost = lost

    def heal(self) -> Report:
        """Take back what is kept elsewhere; then say what others heard and nobody holds.

        Raises FeedUnavailable while somebody who must be asked does not answer.
        """
        report = Report()
        for copy in self._copies.heads():
            if wound := self._heal(copy, report):
                report.wounds.append(wound)
        wounded = {each.ref for each in report.wounds}
        for heard in self._copies.heard():
            version = self._roots.load(heard.ref).version
            if heard.sequence > version and heard.ref not in wounded:
                wounded.add(heard.ref)
                report.wounds.append(_gap(heard, version))
        if report.events:
            self._roots.after_commit(sorted(wounded))
        return report

    def _heal(self, copy: Copy, report: Report) -> Wound | None:
        for _ in range(TRIES):
            root = self._roots.load(copy.ref)
            if root.version > copy.sequence:
                return None
            if root.version == copy.sequence:
                return None if root.tail_hash == copy.hash else _fork(root, copy)
            case = self._copies.of_case(copy.ref)
            stream = stream_of(self._roots.source, copy.ref)
            mine = [each for each in case if each.stream == stream]
            events = _continuing(root, mine)
            if not events:
                return _fork(root, copy) if _has(mine, root.version + 1) else _hole(root, copy)
            if self._take_back(root, events, case):
                report.records, report.events = report.records + 1, report.events + len(events)
                log.warning("taken back", extra={"stream": stream, "events": len(events)})
        raise RuntimeError("the record never stopped changing while it was healed")

    def _take_back(
        self, root: Root[Any], events: Sequence[Envelope], case: Sequence[Envelope]
    ) -> bool:
        known = {each.id: each for each in case}
        causes = [known.get(each.causation_id or "") for each in events]
        told = tuple(
            Told(event=event, fact=fact_of(event), cause=_fact_or_none(cause))
            for event, cause in zip(events, causes, strict=True)
        )
        rebuilt = self._rebuild(root.state, told)
        # Listed first: a crash in between leaves a line too many, never one too few.
        self._lost.note(events, rebuilt.lost)
        return self._roots.take_back(root, events, rebuilt.state, heard=_heard_before(root, causes))


def _continuing(root: Root[Any], mine: Sequence[Envelope]) -> list[Envelope]:
    """Return the events that continue the record, one after another and each intact."""
    by_place = {each.sequence: each for each in mine}
    events: list[Envelope] = []
    tail, place = root.tail_hash, root.version + 1
    while (event := by_place.get(place)) and event.previous_hash == tail and event.is_intact():
        events.append(event)
        tail, place = event.hash, place + 1
    return events


def _heard_before(root: Root[Any], causes: Sequence[Envelope | None]) -> Mapping[str, int]:
    """What had been heard when the events were caused: their causes must not work a second time."""
    heard: dict[str, int] = {}
    for cause in causes:
        if cause and cause.sequence > max(
            root.heard.get(cause.stream, 0), heard.get(cause.stream, 0)
        ):
            heard[cause.stream] = cause.sequence
    return heard


def _fact_or_none(cause: Envelope | None) -> Fact | None:
    try:
        return fact_of(cause) if cause else None
    except MalformedEvent:
        return None


def _has(events: Sequence[Envelope], sequence: int) -> bool:
    return any(each.sequence == sequence for each in events)


def _fork(root: Root[Any], copy: Copy) -> Wound:
    return Wound(
        ref=root.ref, first=root.version, last=copy.sequence, words=FORKED, heard_by="audit"
    )


def _hole(root: Root[Any], copy: Copy) -> Wound:
    return Wound(
        ref=root.ref, first=root.version + 1, last=copy.sequence, words=NOT_HERE, heard_by="audit"
    )


def _gap(heard: Heard, version: int) -> Wound:
    return Wound(
        ref=heard.ref, first=version + 1, last=heard.sequence, words=NOT_HERE, heard_by=heard.by
    )
