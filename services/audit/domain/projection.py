"""What the entries of one case add up to: how its promises stand, and what is missing of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.audit.domain.announcing import next_tick
from services.audit.domain.clocks import ClockState, clocks_of
from services.audit.domain.timeline import Hole, children_of, holes_of_case, sequences_of
from shared.events.envelope import Envelope
from shared.practice import TimeLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseProjection:
    """What the entries of one case add up to."""

    ref: str
    read: Mapping[str, int]
    entries_read: int
    began_at: datetime | None
    last_at: datetime | None
    children: tuple[str, ...]
    clocks: tuple[ClockState, ...]
    holes: tuple[Hole, ...]
    next_tick: datetime | None


def project(ref: str, entries: Iterable[Envelope], limits: TimeLimits) -> CaseProjection:
    """Add the entries of a case up. Pure: the same entries give the same projection."""
    unique = {entry.key: entry for entry in entries}.values()
    clocks = clocks_of(unique, limits)
    held = sequences_of(unique)
    children = {child for entry in unique for child in children_of(entry.data)}
    happened = [entry.happened_at for entry in unique]
    return CaseProjection(
        ref=ref,
        read={stream: max(held[stream]) for stream in sorted(held)},
        entries_read=len(unique),
        began_at=min(happened, default=None),
        last_at=max(happened, default=None),
        children=tuple(sorted(children)),
        clocks=clocks,
        holes=holes_of_case(ref, held),
        next_tick=next_tick(clocks),
    )
