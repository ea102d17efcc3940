"""What audit hears: everything, its own words included, and each event once."""

from __future__ import annotations

from typing import Final

from services.audit.handlers import Oversight, receive
from shared.events.envelope import Envelope
from shared.hearing import Outcome
from shared.service import Hearing
from shared.settings import SERVICES_WITH_FEEDS

HEARS: Final = tuple(f"/{name}" for name in SERVICES_WITH_FEEDS)
"""No table of events: a timeline keeps every type, of a new service too, worded or not."""


def hearing(oversight: Oversight) -> Hearing:
    """Return how audit takes events: the timeline entry is the one write."""

    def keep(event: Envelope) -> Outcome:
        return receive(event, oversight)

    return Hearing(receive=keep, known_head=oversight.archive.head_of)
