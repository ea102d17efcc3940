"""What a held event is, and how it is written down; `shared.messaging.held` keeps them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from shared.events.envelope import Envelope, MalformedEvent, canonical, parse
from shared.messaging.causes import Cause
from shared.rules import RuleBroken

FIRST_DELAY: Final = timedelta(seconds=1)
TRIES_BEFORE_PARKING: Final = 8
"""1 + 2 + 4 + … seconds: about four minutes before a person is asked."""
LONGEST_DELAY: Final = FIRST_DELAY * 2 ** (TRIES_BEFORE_PARKING - 1)


PATIENT: Final = frozenset({Cause.SOURCE_AWAY})
"""Causes that end by themselves, without a person: tried for as long as it takes."""


class Kind(StrEnum):
    """What happens next with a held event."""

    RETRY = "retry"
    PARKED = "parked"
    WAITING = "waiting"
    SET_ASIDE = "set-aside"


class NeverSetAside(RuleBroken):
    """An event of the source's own is part of a case: it is handled, sooner or later."""

    code = "never-set-aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A held event. `stream` is None for a body that could not be read at all; `own` says whether
    the source wrote it, so that the later events of its stream wait for it."""

    key: str
    stream: str | None
    sequence: int
    type: str
    version: int
    own: bool
    kind: Kind
    cause: Cause
    reason: str
    tries: int
    body: bytes
    held_at: datetime
    retry_at: datetime


def key_of(event: Envelope) -> str:
    """Return the key under which an event is held: its place and its content."""
    return f"{event.key}#{_digest(canonical(event.to_wire()))}"


def key_of_body(body: bytes) -> str:
    """Return the key under which a message is held: that of its event, if it is one."""
    try:
        return key_of(parse(body))
    except MalformedEvent:
        return f"unreadable#{_digest(body)}"


def fixed_part(event: Envelope) -> dict[str, Any]:
    """Return what never changes of a held event, as it is stored."""
    return {
        "stream": event.stream,
        "sequence": event.sequence,
        "type": event.type,
        "version": event.version,
        "body": canonical(event.to_wire()),
    }


def changing_part(lane: str, kind: Kind, cause: Cause, reason: str) -> dict[str, Any]:
    """Return what is written anew each time that an event is held."""
    return {"lane": lane, "kind": kind, "cause": cause, "reason": reason[:300], "tries": 0}


def is_due(now: datetime) -> dict[str, Any]:
    """Return the choice of what is due: no try is further away than the longest delay, unless
    our clock was set back meanwhile."""
    set_back = {"retry_at": {"$gt": now + LONGEST_DELAY}}
    return {"$or": [{"retry_at": {"$lte": now}}, set_back]}


def unreadable_part(body: bytes) -> dict[str, Any]:
    """Return what never changes of a held message that is no event."""
    return {"stream": None, "sequence": 0, "type": "unreadable", "version": 0, "body": body}


def held_from(found: Mapping[str, Any]) -> Held:
    """Return a held event as it was stored."""
    kept = {each.name: found[each.name] for each in fields(Held) if each.name in found}
    codes = {"kind": Kind(found["kind"]), "cause": Cause(found["cause"])}
    return Held(**{**kept, **codes, "key": found["_id"], "body": bytes(found["body"])})


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]
