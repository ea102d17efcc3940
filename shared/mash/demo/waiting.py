"""Waits for what happens by itself: events on their way, escalations, sweeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE: Final = 60.0
ASK_EVERY: Final = 0.15


class NeverCame(Exception):
    """What the demonstration waited for did not happen in time."""


def until(ask: Callable[[], T | None], what: str, *, patience: float = PATIENCE) -> T:
    """Return the first answer that is one. Raises NeverCame with what was waited for."""
    deadline = time.monotonic() + patience
    while True:
        if answer := ask():
            return answer
        if time.monotonic() > deadline:
            raise NeverCame(f"Waited {patience:.0f} seconds in vain for {what}")
        time.sleep(ASK_EVERY)  # noqa: TID251  another process does it; asking is all there is
