"""How far a service has heard each source: asked of the sources themselves, every few seconds.

Broker or no broker, a source can say what it has written. What it wrote and this service has not
heard has an age; and while a source does not answer, that is known since when. Nothing is fetched
here: `CatchUp` does that. An event that is held here counts as held, not as unheard.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.database import Database

from shared.clock import Clock
from shared.database import durable
from shared.events.envelope import Envelope
from shared.messaging.feed import LONG_AGO, Feed, FeedUnavailable, KnownHeads, with_known

OVERLAP: Final = timedelta(seconds=5)
"""How long a write may take from the time it bears to the moment it can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found when a source was last asked."""

    source: str
    heard_until: datetime | None = None
    """Everything written up to then has been heard here (or is held). None: not known yet."""
    unheard_since: datetime | None = None
    """When the first event that has not been heard was written."""
    away_since: datetime | None = None
    """Since when the source has not answered."""
    skew_seconds: float = 0.0
    """By how much the source's clock is ahead of ours, beyond what the way there explains."""


class Abreast:
    """Looks how far each source has been heard, and remembers it in the store."""

    def __init__(
        self,
        database: Database[dict[str, Any]],
        feed: Feed,
        clock: Clock,
        *,
        hears: tuple[str, ...],
        known_heads: KnownHeads,
        is_held: Callable[[Envelope], bool],
    ) -> None:
        self._looks = durable(database["feed_looks"])
        self._feed = feed
        self._clock = clock
        self._hears = hears
        self._known_heads = known_heads
        self._is_held = is_held

    def look(self) -> None:
        """Ask every source how far it has come."""
        for source in self._hears:
            try:
                found = self._look_at(source)
            except FeedUnavailable:
                now = self._clock.now()
                self._looks.update_one({"_id": source}, {"$min": {"away_since": now}}, upsert=True)
            else:
                change = {"$set": found, "$unset": {"away_since": ""}}
                self._looks.update_one({"_id": source}, change, upsert=True)

    def seen(self) -> list[Look]:
        """Return what was found when each source was last asked."""
        found = {each["_id"]: each for each in self._looks.find()}
        return [_look(source, found.get(source, {})) for source in self._hears]

    def _look_at(self, source: str) -> dict[str, Any]:
        asked_at = self._clock.now()
        there = self._feed.time_of(source)
        took = self._clock.now() - asked_at
        known = self._looks.find_one({"_id": source}) or {}
        unheard = self._first_unheard(source, since=known.get("heard_until", LONG_AGO) - OVERLAP)
        heard_until = known.get("heard_until", LONG_AGO) if unheard else there
        return {
            "heard_until": heard_until,
            "unheard_since": unheard,
            "skew_seconds": _beyond(there - (asked_at + took / 2), took / 2).total_seconds(),
        }

    def _first_unheard(self, source: str, *, since: datetime) -> datetime | None:
        for head, known in with_known(self._feed.heads(source, since=since), self._known_heads):
            if known < head.sequence:
                missing = self._feed.read(source, head.stream, after=known)[:1]
                # Heard while we asked, or held here: then it is not unheard.
                for first in missing:
                    still = self._known_heads([head.stream])[head.stream] == known
                    if still and not self._is_held(first):
                        return first.time
        return None


def _beyond(difference: timedelta, explained: timedelta) -> timedelta:
    """Return what remains of a difference in either direction beyond what is explained."""
    least = max(timedelta(0), abs(difference) - explained)
    return least if difference >= timedelta(0) else -least


def _look(source: str, found: dict[str, Any]) -> Look:
    return Look(
        source=source,
        heard_until=found.get("heard_until"),
        unheard_since=found.get("unheard_since"),
        away_since=found.get("away_since"),
        skew_seconds=found.get("skew_seconds", 0.0),
    )
