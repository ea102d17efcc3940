"""When an event was sealed by the machine's own clock, whatever clock a campaign has set.

The id of an event is a ULID: its first ten characters are the machine's milliseconds.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tests.chaos.checker.book import Event

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TIME_PART = 10


def sealed_at(event: Event) -> datetime:
    """Return the machine's time at which an event was sealed."""
    milliseconds = 0
    for digit in event["id"][:TIME_PART]:
        milliseconds = milliseconds * len(DIGITS) + DIGITS.index(digit)
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
