"""Did everything arrive? The store is asked, never the processes that are measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from benchmarks.parts import Bench
from benchmarks.queues import length

ROOTS: Final = {"referral": "referrals", "strategy": "cases", "audit": "announcements"}
HEARING: Final = ("strategy", "audit")
COMMANDED: Final = ("referral", "strategy")
SAYS: Final = "audit"
SET_ASIDE: Final = "set-aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What the stores of all services hold, counted."""

    written: Mapping[str, int]
    """Events, by the service that wrote them."""
    entries: Mapping[str, int]
    """Entries of the timeline, by the service that wrote them."""
    behind: int
    """Cases whose projection has not read all its entries."""
    held: int
    """Events that a service could not handle, and holds."""

    @property
    def events(self) -> int:
        """All events that were written."""
        return sum(self.written.values())

    @property
    def faults(self) -> list[str]:
        """Why a run that ended like this is void; nothing where it is not."""
        said = [
            f"{self.entries.get(service, 0):,} entries of {written:,} events of {service}"
            for service, written in self.written.items()
            if self.entries.get(service, 0) != written
        ]
        if self.behind:
            said.append(f"{self.behind:,} cases whose clocks have not read every entry")
        if self.held:
            said.append(f"{self.held:,} events held")
        return said


class Look:
    """Looks into the store of a run."""

    def __init__(self, bench: Bench, client: Any, now: Callable[[], datetime]) -> None:
        self._bench, self._now = bench, now
        self._databases = {name: client[f"golden_thread_{name}"] for name in ROOTS}

    def on_its_way(self, services: tuple[str, ...] = tuple(ROOTS)) -> bool:
        """Is an event of these services still to be published, or in a queue? Cheap to ask."""
        unpublished = {"unpublished_since": {"$exists": True}}
        return any(
            self._databases[name][ROOTS[name]].find_one(unpublished, {"_id": 1})
            for name in services
        ) or any(length(self._bench, f"{name}.events") for name in HEARING)

    def lines_are_complete(self) -> bool:
        """Is every event of the services that take commands on a timeline by now?"""
        return not self.on_its_way(COMMANDED) and all(
            self._written(name) == self._entries(name) for name in COMMANDED
        )

    def is_quiet(self) -> bool:
        """Is nothing on its way, and nothing to be said?"""
        return not (self.is_to_be_said() or self.on_its_way())

    def entries(self) -> int:
        """Return how many entries there are, about: a sign that it goes on."""
        return int(self._databases[SAYS]["entries"].estimated_document_count())

    def is_to_be_said(self) -> bool:
        """Is there a promise of which audit has something to say by now?"""
        due = {"next_tick": {"$lte": self._now()}}
        return self._databases[SAYS]["cases"].find_one(due, {"_id": 1}) is not None

    def arrived(self) -> Arrived:
        """Count everything."""
        return Arrived(
            written={name: self._written(name) for name in ROOTS},
            entries={name: self._entries(name) for name in ROOTS},
            behind=self._behind(),
            held=sum(
                database["held_events"].count_documents({"kind": {"$ne": SET_ASIDE}})
                for database in self._databases.values()
            ),
        )

    def bytes_on_disk(self) -> int:
        """Return what the databases take on disk, indexes included, after a checkpoint."""
        referral = self._databases["referral"]
        referral.client.admin.command("fsync")
        sizes = (database.command("dbStats") for database in self._databases.values())
        return int(sum(each["storageSize"] + each["indexSize"] for each in sizes))

    def referrals(self) -> int:
        """Return how many referrals were received."""
        return int(self._databases["referral"][ROOTS["referral"]].count_documents({}))

    def _written(self, service: str) -> int:
        total = [{"$group": {"_id": None, "events": {"$sum": "$version"}}}]
        found = self._databases[service][ROOTS[service]].aggregate(total)
        return sum(each["events"] for each in found)

    def _entries(self, service: str) -> int:
        chosen = {"source": f"/{service}"}
        return int(self._databases[SAYS]["entries"].count_documents(chosen))

    def _behind(self) -> int:
        """Compare, by case, how many entries there are and how many were read."""
        audit = self._databases[SAYS]
        read = {each["_id"]: each["entries_read"] for each in _all(audit["cases"])}
        counted = audit["entries"].aggregate(
            [{"$group": {"_id": "$case", "entries": {"$sum": 1}}}], allowDiskUse=True
        )
        return sum(read.get(each["_id"]) != each["entries"] for each in counted)


def _all(cases: Any) -> Iterator[Mapping[str, Any]]:
    yield from cases.find({}, {"entries_read": 1})
