"""Sealing: facts become events with a place in a stream and a hash, once and for ever."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.events.codes import Role
from shared.events.envelope import (
    GENESIS,
    IMPORTED,
    Envelope,
    canonical,
    data_schema,
    hash_of_bytes,
    iso,
)
from shared.events.facts import Fact
from shared.events.registry import data_of
from shared.ids import new_event_id

LARGEST_EVENT: Final = 64 * 1024
"""Bytes. A larger event could be refused by a broker after it was committed."""


HASH_TAKES: Final = len('"hash":"",') + len(GENESIS)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and in which role."""

    id: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the next event of a stream goes: after `version` events, the last with `tail_hash`."""

    source: str
    subject: str
    version: int
    tail_hash: str

    @property
    def stream(self) -> str:
        """The name of the stream: "referral:MASH-…"."""
        return stream_of(self.source, self.subject)


def stream_of(source: str, subject: str) -> str:
    """Return the name of the stream of one record of one service."""
    return f"{source.removeprefix('/')}:{subject}"


def seal(
    facts: Iterable[Fact],
    place: Place,
    *,
    by: Actor,
    at: datetime,
    cause: Envelope | None,
    entered_by: str | None = None,
) -> list[dict[str, Any]]:
    """Return the wire form of the events that say `facts`, in order.

    `entered_by`: who entered by import what `by` did; it stands in the `correlationid`, and so in
    that of every event this one causes.

    Raises ValueError when there is none (a change of state must say why) or one is too large, and
    marshmallow's ValidationError when a fact holds what may not travel.
    """
    sealed: list[dict[str, Any]] = []
    previous = place.tail_hash
    correlation = cause.correlation_id if cause else None
    written_at, stream = iso(at), place.stream
    for sequence, fact in enumerate(facts, start=place.version + 1):
        event_id = new_event_id()
        if correlation is None:
            correlation = f"{IMPORTED}:{entered_by}:{event_id}" if entered_by else event_id
        wire: dict[str, Any] = {
            "specversion": "1.0",
            "id": event_id,
            "source": place.source,
            "type": fact.type,
            "dataschema": data_schema(fact.type, fact.version),
            "datacontenttype": "application/json",
            "subject": place.subject,
            "time": written_at,
            "stream": stream,
            "sequence": sequence,
            "previoushash": previous,
            "actor": by.id,
            "actorrole": by.role.value,
            "correlationid": correlation,
            "data": data_of(fact),
        }
        if fact.occurred_at is not None:
            wire["occurredat"] = iso(fact.occurred_at)
        if cause is not None:
            wire["causationid"] = cause.id
        unhashed = canonical(wire)
        wire["hash"] = previous = hash_of_bytes(unhashed)
        if len(unhashed) + HASH_TAKES > LARGEST_EVENT:
            raise ValueError(f"{fact.type} is larger than an event may be")
        sealed.append(wire)
    if not sealed:
        raise ValueError("a change of state without a fact: say in an event why it changed")
    return sealed
