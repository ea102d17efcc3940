"""How long something has waited to be said about a promise: a reading for the watch over audit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from services.audit.domain.archive import Archive
from shared.watch.alarms import Measure, Reading


def unannounced(archive: Archive, now: datetime) -> Iterator[Reading]:
    """Yield since when the promise that waits longest has waited to be announced."""
    ref = next(archive.cases_due(now), None)
    case = archive.case_at(ref) if ref else None
    since = case.next_tick if case else None
    age = max(0.0, (now - since).total_seconds()) if since else 0.0
    yield Reading(measure=Measure.UNANNOUNCED, value=age, since=since)
