"""Entries that were kept or read a moment ago, so that they are not read for each that follows."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

from shared.events.envelope import Envelope

MOST: Final = 20_000
"""Entries: those of some two thousand cases, in some 50 MB."""


class Lately:
    """Entries by key, the latest that were kept or used. An entry never changes: what is remembered
    of one is what the archive holds, and which a case has is asked of the archive each time.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._entries: dict[str, Envelope] = {}
        self._lock = threading.Lock()
        """The consumer and the sweep keep entries in threads of their own."""

    def remember(self, entries: Iterable[Envelope]) -> None:
        """Remember entries that the archive holds; the longest unused are forgotten for them."""
        with self._lock:
            for each in entries:
                self._entries.pop(each.key, None)
                self._entries[each.key] = each
            while len(self._entries) > self._most:
                del self._entries[next(iter(self._entries))]

    def known(self, keys: Iterable[str]) -> dict[str, Envelope]:
        """Return those that are remembered, by key."""
        with self._lock:
            return {key: each for key in keys if (each := self._entries.get(key))}
