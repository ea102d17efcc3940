"""Many things for different records at once, those of one record in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
O = TypeVar("O")  # noqa: E741 - an outcome


class Rounds(Generic[T, O]):
    """Things that came together, and what became of each.

    A round takes the next thing of every record that still has one; so what is written in a round
    concerns different records, and can be written in one unordered bulk.
    """

    def __init__(self, things: Sequence[T], record_of: Callable[[T], str]) -> None:
        self._things = things
        self.outcomes: list[O | None] = [None] * len(things)
        self.waiting: dict[str, deque[int]] = {}
        """By record, the places of the things that nothing was decided of."""
        for place, each in enumerate(things):
            self.waiting.setdefault(record_of(each), deque()).append(place)

    def next_of(self, ref: str) -> T | None:
        """Return the next thing of a record."""
        places = self.waiting.get(ref)
        return self._things[places[0]] if places else None

    def settle(self, ref: str, outcome: O) -> None:
        """Note what became of the next thing of a record."""
        self.outcomes[self.waiting[ref].popleft()] = outcome

    def leave(self, ref: str) -> None:
        """Leave what is left of a record: nothing becomes of it here."""
        del self.waiting[ref]
