"""What this service hears from others: nothing. A table, so that a reader can be sure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.events.facts import Fact
from shared.hearing import Reaction

HEARS: Final[tuple[str, ...]] = ()

REACTIONS: Final[Mapping[type[Fact], Reaction]] = {}
