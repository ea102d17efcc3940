"""What a rule is given to rebuild a record's state from events that came back, and what it says.

Rules import this and know no database (like `shared/changes.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from shared.events.envelope import Envelope
from shared.events.facts import Fact

S = TypeVar("S")

LOST: Final = "Lost when this record was restored from a back-up. Ask who recorded it."
"""What stands where somebody's words stood: events never carry them, so they cannot come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event that came back: as it was sealed, as a fact, and the fact that caused it, if any."""

    event: Envelope
    fact: Fact
    cause: Fact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt(Generic[S]):
    """The state after events that came back, and which words of theirs are lost, by sequence.

    `state` is None where nothing of it can be rebuilt.
    """

    state: S | None
    lost: Mapping[int, str] = field(default_factory=dict)


Rebuild = Callable[[Any, tuple[Told, ...]], Rebuilt[Any]]
"""(state or None, the events beyond it in order) -> the state after them: pure, like every rule."""
