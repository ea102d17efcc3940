"""Making a failing list of faults short: what is left is what somebody has to understand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def shortest(
    items: Sequence[T], fails: Callable[[Sequence[T]], bool], *, most_tries: int
) -> tuple[T, ...]:
    """Return a short part of `items`, in their order, that still fails (delta debugging).

    `items` is known to fail. Gives the best found when `most_tries` runs are used up.
    """
    found, parts, tries = tuple(items), 2, 0
    while len(found) > 1 and tries < most_tries:
        for candidate in _candidates(found, parts):
            if tries == most_tries:
                return found
            tries += 1
            if fails(candidate):
                parts = 2 if len(candidate) <= len(found) // parts + 1 else max(parts - 1, 2)
                found = candidate
                break
        else:
            if parts >= len(found):
                return found
            parts = min(parts * 2, len(found))
    return found


def _candidates(items: tuple[T, ...], parts: int) -> list[tuple[T, ...]]:
    """Return each part alone, then everything but each part."""
    edges = [len(items) * part // parts for part in range(parts + 1)]
    spans = list(pairwise(edges))
    alone = [items[begin:end] for begin, end in spans]
    without = [items[:begin] + items[end:] for begin, end in spans] if parts > 2 else []
    return [each for each in (*alone, *without) if each]
