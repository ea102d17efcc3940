"""The order of a line, what is missing from it, and whom an event concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.events.envelope import Envelope

LATE_AFTER = timedelta(hours=1)
"""Written down more than this after it happened: shown as recorded late (local policy)."""

SECONDS_A_MINUTE, MINUTES_AN_HOUR, HOURS_A_DAY = 60, 60, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Events of a stream that must exist, because later ones do, and are not here yet."""

    stream: str
    first: int
    last: int

    @property
    def words(self) -> str:
        """The hole as the page says it."""
        which = (
            f"event {self.first}"
            if self.first == self.last
            else (f"events {self.first} to {self.last}")
        )
        verb = "is" if self.first == self.last else "are"
        return f"not complete: {which} of {self.stream} {verb} missing"


def in_order(entries: Iterable[Envelope]) -> list[Envelope]:
    """Order a line by when things happened; within one moment, as they were written."""
    return sorted(
        entries, key=lambda each: (each.happened_at, each.time, each.stream, each.sequence)
    )


def holes(held: Mapping[str, Iterable[int]], *, begun: str | None = None) -> tuple[Hole, ...]:
    """Find what is missing up to the last event held of each stream; `begun` must have a first."""
    found: list[Hole] = []
    for stream, sequences in sorted(held.items()):
        expected = 1
        for sequence in sorted(set(sequences)):
            if sequence > expected:
                found.append(Hole(stream=stream, first=expected, last=sequence - 1))
            expected = sequence + 1
        if expected == 1 and stream == begun:
            found.append(Hole(stream=stream, first=1, last=1))
    return tuple(found)


def holes_of_case(ref: str, held: Mapping[str, Iterable[int]]) -> tuple[Hole, ...]:
    """Like `holes`; and a line that does not begin with its referral has lost its beginning."""
    return holes({f"referral:{ref}": (), **held}, begun=f"referral:{ref}")


def sequences_of(entries: Iterable[Envelope]) -> dict[str, list[int]]:
    """Return what is held of each stream."""
    held: dict[str, list[int]] = {}
    for entry in entries:
        held.setdefault(entry.stream, []).append(entry.sequence)
    return held


def has_read(read: Mapping[str, int], holes: Iterable[Hole], stream: str, sequence: int) -> bool:
    """Was an entry among those read, if they reach up to `read` of each stream but for `holes`?"""
    missing = any(it.stream == stream and it.first <= sequence <= it.last for it in holes)
    return sequence <= read.get(stream, 0) and not missing


def head_without_hole(sequences: Iterable[int]) -> int:
    """Return the highest sequence up to which nothing is missing."""
    head = 0
    for sequence in sorted(set(sequences)):
        if sequence != head + 1:
            break
        head = sequence
    return head


def belongs(entry: Envelope) -> bool:
    """Is the stream the one of this source and this case? Anything else was not written by us."""
    return entry.stream == f"{entry.source.removeprefix('/')}:{entry.subject}"


def children_of(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the references of the children an event speaks of, each once, in its order."""
    named: list[str] = []
    for each in data.get("children") or ():
        named.append(each["child"] if isinstance(each, Mapping) else each)
    named += [data[key] for key in ("child", "known_child") if data.get(key)]
    return tuple(dict.fromkeys(named))


def is_late(entry: Envelope) -> bool:
    """Was it written down long after it happened? What audit computes itself is never late."""
    return entry.source != "/audit" and entry.time - entry.happened_at > LATE_AFTER


def how_long(passed: timedelta) -> str:
    """Return a duration in words, to its two largest units."""
    minutes = int(passed.total_seconds()) // SECONDS_A_MINUTE
    if minutes < 1:
        return "less than a minute"
    hours, minutes = divmod(minutes, MINUTES_AN_HOUR)
    days, hours = divmod(hours, HOURS_A_DAY)
    parts = [
        _count(number, unit)
        for number, unit in ((days, "day"), (hours, "hour"), (minutes, "minute"))
        if number
    ]
    return " ".join(parts[:2])


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def earliest(entries: Iterable[Envelope]) -> datetime | None:
    """Return when the line begins."""
    return min((entry.happened_at for entry in entries), default=None)
