"""Signs of life: what each part of each process did last, and how much of it, kept in the store.

A worker has no port that could be asked. It notes its signs of life in the store, and the web
processes of its service read them there: a part that vanished is noticed by its age. Liveness is
measured with the machine's clock, whatever time a demonstration shows.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from shared.clock import Clock, SystemClock
from shared.database import durable, ensure

KEPT_SECONDS: Final = 24 * 60 * 60
"""How long the note of a process that ended is kept."""
TOTALS: Final = "totals"


class Tally(StrEnum):
    """What is counted, since the service was set up. The value is part of a metric's name."""

    COMMANDS = "commands"
    PUBLISHED = "events_published"
    HANDLED = "events_handled"
    ALREADY_HANDLED = "events_already_handled"
    RETRIED = "events_retried"
    PARKED = "events_parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a service's processes, such as its relay, and when it was last seen alive."""

    name: str
    seen_at: datetime
    every_seconds: float
    """How long it may be still without anything being wrong."""


@dataclass
class Pulse:
    """The signs of life of one process, until they are written down. Safe between threads."""

    role: str = "web"
    found: dict[str, int] = field(default_factory=dict)
    """What jobs of this process found when they last looked, by measure."""
    _probes: dict[str, tuple[Callable[[], float], float]] = field(default_factory=dict)
    _counted: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watch(self, part: str, last_alive: Callable[[], float], *, every_seconds: float) -> None:
        """Look after a part that can say when it was last alive, in `time.monotonic` seconds."""
        with self._lock:
            self._probes[part] = (last_alive, every_seconds)

    def beat(self, part: str, *, every_seconds: float) -> None:
        """Note that a part has just done its work."""
        now = time.monotonic()
        self.watch(part, lambda: now, every_seconds=every_seconds)

    def count(self, what: Tally, times: int = 1) -> None:
        """Count something that happened."""
        with self._lock:
            self._counted[what.value] += times

    def parts(self, now: datetime) -> list[Part]:
        """Return when each part was last alive."""
        with self._lock:
            probes = dict(self._probes)
        at = time.monotonic()
        return [
            Part(name=name, seen_at=now - timedelta(seconds=at - alive()), every_seconds=every)
            for name, (alive, every) in probes.items()
        ]

    def take_counts(self) -> dict[str, int]:
        """Return what was counted since the last time, and begin again."""
        with self._lock:
            counted, self._counted = dict(self._counted), Counter()
        return counted

    def give_back(self, counted: dict[str, int]) -> None:
        """Count again what could not be written down."""
        with self._lock:
            self._counted += Counter(counted)


class Heartbeats:
    """The signs of life of every process of one service, in its database."""

    def __init__(self, database: Database[dict[str, Any]], clock: Clock | None = None) -> None:
        self._workers = durable(database["workers"])
        self._clock = clock or SystemClock()
        self._id = f"{socket.gethostname()}:{os.getpid()}"

    def ensure_indexes(self) -> None:
        """Forget processes that ended long ago."""
        index = IndexModel([("seen_at", ASCENDING)], expireAfterSeconds=KEPT_SECONDS)
        ensure(self._workers, index)

    def keep(self, pulse: Pulse) -> None:
        """Write down the signs of life of this process and add up what it counted."""
        now = self._clock.now()
        parts = {
            part.name: {"seen_at": part.seen_at, "every_seconds": part.every_seconds}
            for part in pulse.parts(now)
        }
        note = {"role": pulse.role, "seen_at": now, "parts": parts, "found": dict(pulse.found)}
        counted = pulse.take_counts()
        try:
            key = f"{self._id}:{pulse.role}"
            self._workers.update_one({"_id": key}, {"$set": note}, upsert=True)
            if counted:
                self._workers.update_one({"_id": TOTALS}, {"$inc": counted}, upsert=True)
        except Exception:
            pulse.give_back(counted)
            raise

    def parts(self) -> list[Part]:
        """Return each part of the service as the process that saw it last saw it."""
        newest: dict[str, Part] = {}
        for note in self._workers.find({"_id": {"$ne": TOTALS}}):
            for part in _parts(note):
                known = newest.get(part.name)
                if known is None or known.seen_at < part.seen_at:
                    newest[part.name] = part
        return [newest[name] for name in sorted(newest)]

    def silences(self, expected: Iterable[str], *, watched_seconds: float) -> dict[str, float]:
        """Return for how many seconds beyond its time each part has been silent.

        One that was never seen is as silent as the asking process has watched for it.
        """
        now = self._clock.now()
        silent = dict.fromkeys(expected, watched_seconds)
        for part in (each for each in self.parts() if each.name in silent):
            due = part.seen_at + timedelta(seconds=part.every_seconds)
            silent[part.name] = max(0.0, (now - due).total_seconds())
        return silent

    def found(self, measure: str) -> int:
        """Return what jobs of processes that live found when they last looked."""
        lately = self._clock.now() - timedelta(minutes=1)
        notes = self._workers.find({"seen_at": {"$gte": lately}}, {"found": 1})
        return sum(each["found"].get(measure, 0) for each in notes)

    def totals(self) -> dict[Tally, int]:
        """Return everything counted by all processes of the service. A process that is killed
        takes with it what it counted in its last seconds: counters show a pace, they prove
        nothing."""
        found = self._workers.find_one({"_id": TOTALS}) or {}
        return {tally: int(found.get(tally.value, 0)) for tally in Tally}


def _parts(note: dict[str, Any]) -> Iterable[Part]:
    for name, each in note["parts"].items():
        yield Part(name=name, seen_at=each["seen_at"], every_seconds=each["every_seconds"])
