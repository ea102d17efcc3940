"""The envelope of an event: CloudEvents 1.0, with its place in a stream and its hash.

An event is *sealed* once, by the service that caused it, when it is written. From then on its wire
form never changes: what is stored, published, served by a feed and shown to an auditor is the same
JSON object, so its hash can be recomputed by whoever holds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

GENESIS: Final = "0" * 64
"""The `previoushash` of the first event of a stream."""

CONTENT_TYPE: Final = "application/cloudevents+json"

Wire = Mapping[str, Any]

OPTIONAL: Final = frozenset({"occurredat", "causationid"})
TEXTS: Final = OPTIONAL | {
    *("specversion", "id", "source", "type", "dataschema", "datacontenttype", "subject", "time"),
    *("stream", "previoushash", "hash", "actor", "actorrole", "correlationid"),
}
REQUIRED: Final = (TEXTS - OPTIONAL) | {"sequence", "data"}
SHAPES: Final = {
    frozenset(REQUIRED | more): tuple(sorted((REQUIRED | more) & TEXTS))
    for more in (set(), {"occurredat"}, {"causationid"}, OPTIONAL)
}
"""What an event may consist of, and which of that are texts."""
FIXED: Final = {"specversion": "1.0", "datacontenttype": "application/json"}
"""The attributes of the contract. It asks for more than CloudEvents does, so that what passes here
is a CloudEvent: `tests/contract` has the specification's own package agree."""

IMPORTED: Final = "import"
"""How the `correlationid` of what was entered by import begins: "import:<who entered it>:<id>"."""

LARGEST_SEQUENCE: Final = 2**31 - 1

CANONICAL: Final = (
    orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
)
"""Nothing is put into words on the way: what is no JSON value is an error."""


class MalformedEvent(ValueError):
    """A message that is not an event of this contract. Says what is wrong, never what it held."""


class NotIntact(MalformedEvent):
    """An event that is not what its source sealed: changed on the way, or forged."""


class OutOfPlace(MalformedEvent):
    """An event that does not belong where it says it stands: another one holds that place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One sealed event. `data` holds the fact; `shared.events.registry` turns it into its class."""

    id: str
    source: str
    type: str
    version: int
    subject: str
    time: datetime
    occurred_at: datetime | None
    stream: str
    sequence: int
    previous_hash: str
    hash: str
    actor: str
    actor_role: str
    causation_id: str | None
    correlation_id: str
    data: Mapping[str, Any]

    @property
    def key(self) -> str:
        """What identifies the event everywhere: its stream and its place in it."""
        return f"{self.stream}#{self.sequence}"

    @property
    def happened_at(self) -> datetime:
        """When it happened: `occurred_at` where that was given, else when it was written."""
        return self.occurred_at or self.time

    @property
    def imported_by(self) -> str | None:
        """Who entered it by import, or what caused it; None for what was entered as it happened."""
        mark, _, rest = self.correlation_id.partition(":")
        return rest.split(":", 1)[0] if mark == IMPORTED and rest else None

    def to_wire(self) -> dict[str, Any]:
        """Return the CloudEvents JSON object. Attributes that are absent are left out."""
        wire = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "dataschema": data_schema(self.type, self.version),
            "datacontenttype": "application/json",
            "subject": self.subject,
            "time": iso(self.time),
            "stream": self.stream,
            "sequence": self.sequence,
            "previoushash": self.previous_hash,
            "hash": self.hash,
            "actor": self.actor,
            "actorrole": self.actor_role,
            "correlationid": self.correlation_id,
            "data": dict(self.data),
        }
        if self.occurred_at is not None:
            wire["occurredat"] = iso(self.occurred_at)
        if self.causation_id is not None:
            wire["causationid"] = self.causation_id
        return wire

    @classmethod
    def from_wire(cls, wire: Wire) -> Envelope:
        """Read a CloudEvents JSON object. Raises MalformedEvent, naming the attribute."""
        _require_shape(wire)
        try:
            return cls(
                id=wire["id"],
                source=wire["source"],
                type=wire["type"],
                version=_version(wire["dataschema"]),
                subject=wire["subject"],
                time=_time(wire["time"]),
                occurred_at=_time(wire["occurredat"]) if "occurredat" in wire else None,
                stream=wire["stream"],
                sequence=_positive(wire["sequence"]),
                previous_hash=wire["previoushash"],
                hash=wire["hash"],
                actor=wire["actor"],
                actor_role=wire["actorrole"],
                causation_id=wire.get("causationid"),
                correlation_id=wire["correlationid"],
                data=wire["data"],
            )
        except KeyError as missing:
            raise MalformedEvent(f"the attribute {missing} is missing") from None
        except (TypeError, ValueError, AttributeError) as fault:
            raise MalformedEvent(
                f"an attribute is not of its kind: {type(fault).__name__}"
            ) from None

    def is_intact(self) -> bool:
        """Recompute the hash from everything else the event says."""
        return self.hash == hash_of(self.to_wire())

    def follows(self, previous: Envelope | None) -> bool:
        """Is this the next event of its stream after `previous` (None: is it the first)?"""
        if previous is None:
            return self.sequence == 1 and self.previous_hash == GENESIS
        return self.sequence == previous.sequence + 1 and self.previous_hash == previous.hash


def canonical(wire: Wire) -> bytes:
    """Return the canonical JSON bytes: sorted keys, no white space, UTF-8. This is what travels."""
    return orjson.dumps(wire, option=CANONICAL)


def hash_of(wire: Wire) -> str:
    """Return the SHA-256 of an event: over its canonical JSON, `previoushash` included."""
    return hash_of_bytes(canonical({k: v for k, v in wire.items() if k != "hash"}))


def hash_of_bytes(unhashed: bytes) -> str:
    """Return the SHA-256 of an event that is in its canonical form, but for its own hash."""
    return hashlib.sha256(unhashed).hexdigest()


def parse(body: bytes | str) -> Envelope:
    """Read an event from a message body. Raises MalformedEvent; never repeats the body."""
    try:
        wire = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise MalformedEvent("the body is not JSON") from None
    if not isinstance(wire, dict):
        raise MalformedEvent("the body is not a JSON object")
    return Envelope.from_wire(wire)


def data_schema(event_type: str, version: int) -> str:
    """Return the `dataschema` attribute: the type and the version of its data."""
    return f"urn:golden-thread:{event_type}:{version}"


def iso(at: datetime) -> str:
    """Return an instant as the contract writes it: UTC, milliseconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _require_shape(wire: Wire) -> None:
    texts = SHAPES.get(frozenset(wire))
    if texts is None:
        raise MalformedEvent(_missing_or_unknown(wire))
    for name in texts:
        if not isinstance(wire[name], str) or not wire[name]:
            raise MalformedEvent(f"the attribute {name} is not a text")
    if not isinstance(wire["data"], dict):
        raise MalformedEvent("data is not a JSON object")
    for name, only in FIXED.items():
        if wire[name] != only:
            raise MalformedEvent(f"the attribute {name} is not {only}")
    _require_agreement(wire)


def _missing_or_unknown(wire: Wire) -> str:
    if missing := REQUIRED - wire.keys():
        return f"the attribute {min(missing)} is missing"
    # It stands under the source's hash, and would be lost when the event is written again.
    return f"the attribute {min(wire.keys() - REQUIRED - OPTIONAL)} is not known"


def _require_agreement(wire: Wire) -> None:
    # What is said twice must agree, or an event could be filed under another case or contract.
    if wire["stream"] != f"{wire['source'].removeprefix('/')}:{wire['subject']}":
        raise MalformedEvent("the attribute stream is not that of source and subject")
    if not wire["dataschema"].startswith(f"{data_schema(wire['type'], 0)[:-1]}"):
        raise MalformedEvent("the attribute dataschema is not that of the type")


def _version(schema: str) -> int:
    return int(schema.rsplit(":", 1)[1])


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at.astimezone(UTC)


def _positive(number: int) -> int:
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError("sequence is a number")
    if not 1 <= number <= LARGEST_SEQUENCE:
        raise ValueError("sequence starts at 1")
    return number
