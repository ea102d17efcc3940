"""What audit hears: everything, its own words included, and each event once."""

from __future__ import annotations

from functools import partial
from typing import Final

from services.audit.handlers.keeping import receive, receive_many
from services.audit.handlers.oversight import Oversight
from shared.hearing import Hearing
from shared.settings import SERVICES_WITH_FEEDS

HEARS: Final = tuple(f"/{name}" for name in SERVICES_WITH_FEEDS)
"""No table of events: a timeline keeps every type, of a new service too, worded or not."""


def hearing(oversight: Oversight) -> Hearing:
    """Return how audit takes events: the timeline entry is the one write."""
    return Hearing(
        receive=partial(receive, oversight=oversight),
        receive_many=partial(receive_many, oversight=oversight),
        known_heads=oversight.archive.heads_of,
    )
