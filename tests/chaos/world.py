"""What the faults of a campaign act on, and how it is made whole again afterwards."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGCONT

from services.audit.subscriptions import HEARS as AUDIT_HEARS
from services.strategy.subscriptions import HEARS as STRATEGY_HEARS
from shared.messaging.holding import LONGEST_DELAY
from tests.chaos.plan import Kind
from tests.chaos.sabotage import Saboteur
from tests.chaos.turns import Turns
from tests.journeys.lines import ROOTS, unheard
from tests.support.disk import SmallDisk, can_have_disks
from tests.support.members import Members
from tests.support.system import SERVICES, Rough, System

BEGINNING = datetime(2026, 10, 23, 8, 0, tzinfo=UTC)
"""A Friday morning, two days before the clocks go back."""
MEGABYTES = 3000
HEARS = {"strategy": STRATEGY_HEARS, "audit": AUDIT_HEARS}
GIVEN_UP_AFTER = LONGEST_DELAY.total_seconds() + 30
"""Seconds without anything new, after which what is missing will not come by itself: longer than an
event is held between two tries."""
STILL_FOR = 4.0


class NotMended(Exception):
    """Something that the system has to put right by itself, and did not."""


@dataclass(kw_only=True)
class World(Turns):
    """A rough system, its disks and its saboteur."""

    system: System
    disks: dict[str, SmallDisk] = field(default_factory=dict)
    latest: datetime = BEGINNING
    """The latest time that the clock has shown."""

    def __post_init__(self) -> None:
        self.saboteur = Saboteur(self.system)

    @property
    def members(self) -> Members:
        """The store."""
        assert self.system.members
        return self.system.members

    def move_clock(self, at: datetime) -> None:
        """Set everybody's clock."""
        self.latest = max(self.latest, self.system.clock.now(), at)
        self.system.clock.move_to(at)

    def heal(self) -> None:
        """Take back whatever is still wrong: the run is over, and the line has to close."""
        system = self.system
        for process in system.processes.values():
            process.once = {}
            process.signal(SIGCONT)
        system.proxies.clear()
        for disk in self.disks.values():
            disk.empty()
        system.rabbit.resume()
        if not system.rabbit.is_running():
            system.rabbit.start()
        for node in self.members.nodes:
            node.resume()
            if not node.is_running():
                node.launch()
        self.members.wait_until_whole()
        self.move_clock(max(self.latest, system.clock.now()) + timedelta(hours=1))
        system.wait_until_ready()

    def settle(self) -> list[str]:
        """Wait as long as something still arrives. Returns what has not arrived even so."""
        if self._has_stopped():
            # Within the hour everything is compared from the beginning.
            self.move_clock(self.system.clock.now() + timedelta(hours=1))
        return self._has_stopped()

    def _has_stopped(self) -> list[str]:
        """Return what has not arrived when nothing arrives any more."""
        before, since = (-1, [""]), time.monotonic()
        while time.monotonic() - since < (GIVEN_UP_AFTER if before[1] else STILL_FOR):
            now = _entries(self.system), on_the_way(self.system)
            if now != before:
                before, since = now, time.monotonic()
            self.over.wait(0.2)
        return before[1]

    def said(self, words: tuple[str, ...]) -> Counter[str]:
        """Return how often each of some words stands in the logs of the run."""
        counted = Counter[str]()
        for process in self.system.processes.values():
            with process.log.open(errors="replace") as lines:
                for line in lines:
                    counted.update(word for word in words if word in line)
        return counted


@contextlib.contextmanager
def world(folder: Path) -> Iterator[World]:
    """A rough system, started, with small disks where this run may have some."""
    disks = {}
    if can_have_disks():
        disks["member"] = SmallDisk(folder / "member-disk", megabytes=MEGABYTES)
        disks["broker"] = SmallDisk(folder / "broker-disk", megabytes=MEGABYTES)
    data = {name: disk.folder / "data" for name, disk in disks.items()}
    rough = Rough(member_data=data.get("member"), broker_data=data.get("broker"))
    system = System(folder, at=BEGINNING, rough=rough)
    try:
        system.start()
        yield World(system=system, disks=disks)
    finally:
        system.stop()
        for disk in disks.values():
            disk.remove()


def possible_kinds() -> tuple[Kind, ...]:
    """Return what this machine lets a campaign do: only root has disks to fill."""
    disks = {Kind.BROKER_DISK, Kind.MEMBER_DISK}
    return tuple(kind for kind in Kind if can_have_disks() or kind not in disks)


def on_the_way(system: System) -> list[str]:
    """Return what has not arrived yet and does not wait for a person."""
    found, parked = [], set[str]()
    for service in SERVICES:
        with system.database(service) as database:
            waiting = {"unpublished_since": {"$exists": True}}
            if unpublished := database[ROOTS[service]].count_documents(waiting):
                found.append(f"{service}: {unpublished} unpublished")
            if tries := list(database["held_events"].find({"kind": "retry"}, {"tries": 1})):
                so_far = sum(each["tries"] for each in tries)
                found.append(f"{service}: {len(tries)} to be tried again, {so_far} tries so far")
            parked |= set(database["held_events"].distinct("stream", {"kind": "parked"}))
    return found or [each for each in unheard(system) if not _is_about(each, parked)]


def _is_about(words: str, streams: set[str]) -> bool:
    return any(stream and stream.split(":", 1)[1] in words for stream in streams)


def _entries(system: System) -> int:
    with system.database("audit") as database:
        return int(database["entries"].count_documents({}))
