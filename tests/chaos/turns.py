"""Who may act on what: one fault at a time for the store, the broker, the clock and each target."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.chaos.plan import MEMBERS, Fault, Kind

STORE = frozenset(
    {
        *(Kind.PRIMARY_KILL, Kind.PRIMARY_RESTART, Kind.PRIMARY_PAUSE, Kind.PRIMARY_AWAY),
        *(Kind.MEMBER_KILL, Kind.MEMBER_DISK, Kind.STEP_DOWN, Kind.MINORITY),
    }
)
BROKER = frozenset(
    {
        *(Kind.BROKER_KILL, Kind.BROKER_RESTART, Kind.BROKER_PAUSE, Kind.BROKER_DISK),
        *(Kind.BROKER_AWAY, Kind.BINDING, Kind.PARKING, Kind.QUEUE),
    }
)
CLOCK = frozenset({Kind.CLOCK_FORWARD, Kind.CLOCK_BACK, Kind.OCTOBER, Kind.MARCH})


@dataclass(kw_only=True)
class Turns:
    """What faults act on, each in its turn."""

    over: threading.Event = field(default_factory=threading.Event)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _locking: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def alone_with(self, fault: Fault) -> Iterator[None]:
        """Keep others from what a fault acts on: one at a time for the store, the broker, …"""
        with self._locking:
            lock = self._locks.setdefault(touched_by(fault), threading.Lock())
        if fault.kind in {Kind.DOUBLE, Kind.SHUFFLE, Kind.POISON}:
            yield
            return
        with lock:
            yield

    def wait(self, seconds: float) -> None:
        """Let a fault last."""
        self.over.wait(seconds)


def touched_by(fault: Fault) -> str:
    """Return the name of what nobody else may touch while this fault lasts."""
    if fault.kind in STORE or fault.target in MEMBERS:
        return "store"
    if fault.kind in BROKER:
        return "broker"
    return "clock" if fault.kind in CLOCK else fault.target
