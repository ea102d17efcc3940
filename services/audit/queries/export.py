"""Every event as it was sealed, for an auditor who wants to check by other means than ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.audit.documents import EntryDocument
from shared.database import collection_of

MOST_EVENTS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsPage:
    """Some events of the export, in the order of streams and places, and how to go on."""

    events: tuple[Mapping[str, Any], ...]
    more: bool
    next: str | None
    """The key of the last event given: what to ask for the next page after."""
    total: int
    """About how many events are held in all; for a progress bar."""


def sealed_events(after: str | None) -> EventsPage:
    """Return the events beyond a key ("referral:MASH-AAAAA-AAAAA#3"), at most MOST_EVENTS.

    What arrives while somebody pages through may lie before the page they are at: an export of a
    system at work is asked for again, or compared with the heads of the feeds.
    """
    entries = collection_of(EntryDocument)
    found = entries.find(_beyond(after), {"event": 1}).sort([("stream", 1), ("sequence", 1)])
    events = tuple(each["event"] for each in found.limit(MOST_EVENTS))
    last = f"{events[-1]['stream']}#{events[-1]['sequence']}" if events else None
    return EventsPage(
        events=events,
        more=len(events) == MOST_EVENTS,
        next=last,
        total=entries.estimated_document_count(),
    )


def _beyond(after: str | None) -> dict[str, Any]:
    if after is None:
        return {}
    stream, _, sequence = after.rpartition("#")
    return {
        "$or": [
            {"stream": {"$gt": stream}},
            {"stream": stream, "sequence": {"$gt": int(sequence)}},
        ]
    }
