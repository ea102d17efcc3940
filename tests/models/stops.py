"""Where a process can be stopped: at every touch of a port."""

from __future__ import annotations

from typing import Protocol

from pymongo.errors import AutoReconnect


class At(Protocol):
    """Passed through at each touch of a port."""

    def __call__(self, place: str, fault: type[Exception] | None = None) -> None:
        """Return to go on; never return, or raise `fault`, to stop there."""
        ...


def unhindered(place: str, fault: type[Exception] | None = None) -> None:
    """Go on."""


STORE_AWAY = AutoReconnect
"""What the driver raises when the store goes away, before or after it did what it was asked."""
