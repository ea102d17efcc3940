"""What every question needs beside its own words."""

from __future__ import annotations

from dataclasses import dataclass

from services.audit.domain.archive import Archive
from services.audit.domain.wording import Names
from shared.clock import Clock
from shared.messaging.feed import Feed
from shared.practice import TimeLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The archive, the time limits, the clock, the feeds, and how people's names are found."""

    archive: Archive
    limits: TimeLimits
    names: Names
    clock: Clock
    feed: Feed
