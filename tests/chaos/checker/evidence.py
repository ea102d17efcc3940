"""Everything a user can read of what happened: the services' own feeds, the auditor's export."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.chaos.checker.book import Event
from tests.chaos.checker.chains import by_stream
from tests.chaos.checker.reading import SERVICES, Doors, Json, Reader

READERS = 4
Found = TypeVar("Found")
Asked = TypeVar("Asked")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What each service wrote, the heads it tells, and what the auditor holds."""

    sources: Mapping[str, list[Event]]
    heads: Mapping[str, Mapping[str, Any]]
    copies: Mapping[str, list[Event]]

    @property
    def events(self) -> list[Event]:
        """Every event that any service wrote."""
        return [event for held in self.sources.values() for event in held]

    @property
    def copied(self) -> bool:
        """Does the auditor hold all of it?"""
        return self.sources == self.copies


@dataclass
class Eyes:
    """Several readers at once: a big run has many streams and lines to read."""

    doors: Doors

    def each(self, asked: Iterable[Asked], read: Callable[[Reader, Asked], Found]) -> list[Found]:
        """Read each of these, in order, several at a time."""
        own = threading.local()

        def one(what: Asked) -> Found:
            if not hasattr(own, "reader"):
                own.reader = Reader(self.doors)
            return read(own.reader, what)

        with ThreadPoolExecutor(READERS) as several:
            return list(several.map(one, asked))


def gather(doors: Doors) -> Evidence:
    """Read all of it."""
    reader = Reader(doors)
    heads = read_heads(reader)
    streams = Eyes(doors).each(sorted(heads), _stream)
    copies = reader.paged(doors.auditor, "/audit/api/events", "events")
    return Evidence(
        sources=by_stream(event for held in streams for event in held),
        heads=heads,
        copies=by_stream(copies),
    )


def read_heads(reader: Reader) -> dict[str, Json]:
    """Return the head of every stream, as the service that writes it tells it."""
    return {head["stream"]: head for service in SERVICES for head in _heads(reader, service)}


def _heads(reader: Reader, service: str) -> Iterator[Json]:
    query: dict[str, str] = {}
    while True:
        page = reader.json(reader.doors.administrator, f"/{service}/feed/heads", **query)
        yield from page["heads"]
        if not page["more"]:
            return
        last = page["heads"][-1]
        query = {"since": last["changed_at"], "after": last["stream"].partition(":")[2]}


def _stream(reader: Reader, stream: str) -> list[Event]:
    events: list[Event] = []
    where = f"/{stream.partition(':')[0]}/feed/{stream}"
    while True:
        page = reader.json(reader.doors.administrator, where, after=str(len(events)))
        events += page["events"]
        if not page["more"]:
            return events
