"""What a rule decides, apart from how it is stored: rules import this and know no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.events.facts import Fact

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Change(Generic[S]):
    """What a rule decided: the new state, and the facts that say why it changed."""

    state: S
    facts: tuple[Fact, ...]
