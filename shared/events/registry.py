"""The registry: every event type and version, its class and its schema; the only (de)serialiser.

The schema of an event is derived from its dataclass, so that the contract has one home. An event
version is never edited: a changed event is a new class with the next version and an upgrade here.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from marshmallow import Schema, ValidationError, post_load, validate
from marshmallow import fields as kinds

from shared.events import audit, referral, strategy
from shared.events.compiled import Doubtful, codec_of
from shared.events.envelope import Envelope, MalformedEvent, iso
from shared.events.facts import Fact, TextKind

PUBLISHED: Final[Mapping[str, tuple[type[Fact], ...]]] = {
    "/referral": (
        referral.ReferralReceived,
        referral.ChildMatched,
        referral.ThresholdDecided,
        referral.ReferrerInformed,
        referral.ReferralSentAgain,
    ),
    "/strategy": (
        strategy.CaseOpened,
        strategy.MeetingCalled,
        strategy.LeadAssigned,
        strategy.LeadAcknowledged,
        strategy.LeadDeclined,
        strategy.LeadReassigned,
        strategy.MeetingHeld,
        strategy.MeetingNotQuorate,
        strategy.MedicalDecided,
        strategy.CaseAllocated,
        strategy.VisitAttempted,
        strategy.ChildSeen,
    ),
    "/audit": (audit.ClockAtRisk, audit.ClockBreached, audit.ClockMet),
}
"""Which service publishes which facts, in the order of the line."""

REGISTRY: Final[Mapping[tuple[str, int], type[Fact]]] = {
    (fact.type, fact.version): fact for facts in PUBLISHED.values() for fact in facts
}

UPGRADES: Final[Mapping[type[Fact], Callable[[Any], Fact]]] = {}
"""Old version -> a function to the next one. Empty while every event is at its first version."""


class UnknownEvent(MalformedEvent):
    """An event that this release does not know; a newer one will."""


class UnknownType(UnknownEvent):
    """An event whose type this release does not know."""


class UnknownVersion(UnknownEvent):
    """An event of a known type, in a version this release cannot read."""


def is_known(event_type: str, version: int) -> bool:
    """Does this release know the type in this version?"""
    return (event_type, version) in REGISTRY


def data_of(fact: Fact) -> dict[str, Any]:
    """Return the `data` of an event. Raises ValidationError if the fact holds what it may not."""
    with suppress(Doubtful):
        plain: dict[str, Any] = codec_of(type(fact)).write(fact)
        return plain
    schema = schema_of(type(fact))
    dumped: dict[str, Any] = schema.dump(fact)
    if faults := schema.validate(dumped):
        raise ValidationError(faults)
    return dumped


def fact_of(envelope: Envelope) -> Fact:
    """Return the fact in its newest version. Raises UnknownEvent or MalformedEvent."""
    fact_class = REGISTRY.get((envelope.type, envelope.version))
    if fact_class is None:
        unknown = UnknownVersion if is_known(envelope.type, 1) else UnknownType
        raise unknown(f"unknown event {envelope.type} version {envelope.version}")
    fact = _read(fact_class, envelope)
    while upgrade := UPGRADES.get(type(fact)):
        fact = upgrade(fact)
    return fact


def _read(fact_class: type[Fact], envelope: Envelope) -> Fact:
    at = envelope.occurred_at
    with suppress(Doubtful):
        plain: Fact = codec_of(fact_class).read({**envelope.data, "occurred_at": at})
        return plain
    try:
        fact: Fact = schema_of(fact_class).load({**envelope.data, "occurred_at": at and iso(at)})
    except ValidationError as fault:
        messages: dict[str, Any] = fault.normalized_messages()  # type: ignore[no-untyped-call]
        named = ", ".join(sorted(map(str, messages)))
        raise MalformedEvent(f"{envelope.type}: wrong or missing: {named}") from None
    return fact


def schema_of(shape: type[Any]) -> Schema:
    """Return the marshmallow schema of an event class or of a part of one.

    Unknown fields are refused. `occurred_at` is loaded from the envelope and never dumped.
    """
    if shape not in _SCHEMAS:
        _SCHEMAS[shape] = _derive(shape)
    return _SCHEMAS[shape]


_SCHEMAS: dict[type[Any], Schema] = {}


def _derive(shape: type[Any]) -> Schema:
    hints = get_type_hints(shape, include_extras=True)
    members: dict[str, Any] = {}
    for each in fields(shape):
        needed = each.default is MISSING and each.default_factory is MISSING
        members[each.name] = _field(hints[each.name], required=needed)
    if issubclass(shape, Fact):
        members["occurred_at"] = kinds.AwareDateTime(load_only=True, allow_none=True)

    def build(_: Schema, loaded: dict[str, Any], **__: Any) -> Any:
        return shape(**loaded)

    members["build"] = post_load(build)
    made: Schema = type(f"{shape.__name__}Schema", (Schema,), members)()
    return made


class _Instant(kinds.AwareDateTime):
    """A time as the contract writes it."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kw: Any) -> Any:
        return None if value is None else iso(value)


class _Tuple(kinds.List[Any]):
    """A list on the wire, a tuple in the fact."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kw: Any) -> Any:
        return tuple(super()._deserialize(value, attr, data, **kw))


_PLAIN: Final[Mapping[Any, Callable[..., kinds.Field[Any]]]] = {
    int: lambda **how: kinds.Integer(strict=True, **how),
    bool: kinds.Boolean,
    datetime: _Instant,
}


def _field(hint: Any, *, required: bool) -> kinds.Field[Any]:
    how: dict[str, Any] = {"required": required}
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (part for part in get_args(hint) if part is not type(None))
        how["allow_none"] = True
    origin = get_origin(hint)
    if origin is Annotated:
        (kind,) = (note for note in get_args(hint)[1:] if isinstance(note, TextKind))
        # `$` alone would let a line break pass at the end.
        return kinds.String(validate=validate.Regexp(rf"^(?:{kind.pattern})$(?!\n)"), **how)
    if origin is tuple:
        return _Tuple(_field(get_args(hint)[0], required=True), **how)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return kinds.Enum(hint, by_value=True, **how)
    if isinstance(hint, type) and is_dataclass(hint):
        return kinds.Nested(schema_of(hint), **how)
    if hint in _PLAIN:
        return _PLAIN[hint](**how)
    raise TypeError(f"{hint} may not travel in an event: use a kind of shared.events.facts")
