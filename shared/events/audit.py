"""The facts that the audit service publishes: what became of a promise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.events.codes import Clock
from shared.events.facts import ChildRef, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFact(Fact):
    """What every clock fact says: which promise, for whom, from when, due when."""

    clock: Clock
    child: ChildRef | None
    """None where the promise is made once for the whole case."""
    started_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockAtRisk(ClockFact):
    """A promise will soon be broken; there is still time."""

    type: ClassVar[str] = "audit.clock-at-risk"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockBreached(ClockFact):
    """A promise was broken: the thing due did not happen in time."""

    type: ClassVar[str] = "audit.clock-breached"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockMet(ClockFact):
    """A promise was kept, or was kept late after a breach (`occurred_at` after `due_at`)."""

    type: ClassVar[str] = "audit.clock-met"
