"""What a service is to the plumbing: the parts that its composition root hands over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask
from pymongo.database import Database

from shared.clock import Clock
from shared.events.facts import Fact
from shared.healing import Keeper
from shared.hearing import Hearing, Reaction
from shared.rebuilt import Rebuild
from shared.settings import Settings
from shared.store import Roots
from shared.watch.alarms import Measure, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something a worker does at intervals: an escalation, a sweep of due times."""

    name: str
    every_seconds: float
    run: Callable[[], Any]
    measure: Measure | None = None
    """What the number counts that it returns, where that is a reading of the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service, wired. Building it opens nothing."""

    name: str
    settings: Settings
    clock: Clock
    database: Database[dict[str, Any]]
    roots: Roots[Any]
    web: Callable[[], Flask]
    rebuild: Rebuild
    """What its events say of a record's state: to heal after a restore."""
    make_again: Callable[[], None] = lambda: None
    """Makes again what no back-up keeps, before a restored service opens."""
    hears: tuple[str, ...] = ()
    """Sources, such as "/referral", of which it hears every stream whole."""
    reactions: Mapping[type[Fact], Reaction] = field(default_factory=dict)
    hearing: Hearing | None = None
    """In place of `reactions`, for a service whose one write is not a root document."""
    ensure_indexes: Callable[[], None] = lambda: None
    """Indexes beyond those of the root documents."""
    jobs: tuple[Job, ...] = ()
    readings: Callable[[datetime], Iterable[Reading]] = lambda now: ()
    """What it measures of itself, beyond what is measured of every service."""
    keeper: Keeper | None = None
    """For a service that keeps the events of all: what others heal from."""
