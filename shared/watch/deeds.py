"""Who did what about held events, and when: kept for ever, beside the events themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pymongo import DESCENDING, IndexModel
from pymongo.database import Database

from shared.clock import Clock
from shared.database import durable, ensure
from shared.events.seal import Actor
from shared.ids import new_event_id


class Act(StrEnum):
    """What a person can do about parked events."""

    REPLAYED = "replayed"
    SET_ASIDE = "set-aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that somebody did. `which` is a cause, a stream or a key; empty for everything."""

    at: datetime
    by: str
    act: Act
    which: str
    count: int
    why: str = ""


class Deeds:
    """The deeds of one service, in its database."""

    def __init__(self, database: Database[dict[str, Any]], clock: Clock) -> None:
        self._deeds = durable(database["operations"])
        self._clock = clock

    def ensure_indexes(self) -> None:
        """Create what the page asks for."""
        ensure(self._deeds, IndexModel([("at", DESCENDING)]))

    def note(self, act: Act, *, by: Actor, which: str, count: int, why: str = "") -> None:
        """Write down what somebody did."""
        self._deeds.insert_one(
            {
                "_id": new_event_id(),
                "at": self._clock.now(),
                "by": by.id,
                "act": act.value,
                "which": which,
                "count": count,
                "why": why,
            }
        )

    def lately(self, most: int = 20) -> list[Deed]:
        """Return what was done, the newest first."""
        return [_deed(each) for each in self._deeds.find().sort("at", DESCENDING).limit(most)]


def _deed(found: Mapping[str, Any]) -> Deed:
    return Deed(
        at=found["at"],
        by=found["by"],
        act=Act(found["act"]),
        which=found["which"],
        count=found["count"],
        why=found["why"],
    )
