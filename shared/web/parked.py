"""The JSON door of what is held: parked events by cause, trying them again, setting one aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from shared.auth import current_actor, requires
from shared.events.codes import Role
from shared.events.envelope import iso
from shared.messaging.causes import Cause
from shared.messaging.holding import Held
from shared.rules import Invalid
from shared.watch.care import Care, Chosen
from shared.watch.report import Parked, parked_by_cause

if TYPE_CHECKING:
    from shared.plumbing import Plumbing


def parked(plumbing: Plumbing) -> Blueprint:
    """Return the door of what is parked."""
    name = plumbing.service.name
    blueprint = Blueprint("parked", __name__, url_prefix=f"/{name}/api/parked")
    care = Care(plumbing.held, plumbing.watch.deeds)

    @blueprint.get("")
    @requires(Role.ADMINISTRATOR, Role.AUDITOR)
    def show_parked() -> ResponseReturnValue:
        """What waits for a person, by cause and oldest first, and how much is held in all."""
        groups = parked_by_cause(plumbing.held)
        return jsonify(
            parked=[held_as_json(each) for group in groups for each in group.events],
            causes=[cause_as_json(group) for group in groups],
            held=plumbing.held.counts(),
        )

    @blueprint.post("/replay")
    @requires(Role.ADMINISTRATOR)
    def replay() -> ResponseReturnValue:
        """Make parked events due again: all, or those of a `stream`, a `cause` or a `key`."""
        asked = _object({"stream", "cause", "key"})
        return jsonify(replayed=care.replay(chosen_from(asked), by=current_actor()))

    @blueprint.post("/set-aside")
    @requires(Role.ADMINISTRATOR)
    def set_aside() -> ResponseReturnValue:
        """Put away for ever, with a reason, what no service wrote: a `key` and a `reason`."""
        asked = _object({"key", "reason"})
        care.set_aside(str(asked.get("key", "")), str(asked.get("reason", "")), by=current_actor())
        return jsonify(set_aside=1)

    return blueprint


def chosen_from(asked: Mapping[str, Any]) -> Chosen:
    """Return what a person chose to replay. Raises Invalid for a cause that there is not."""
    cause = asked.get("cause") or None
    if cause is not None and cause not in set(Cause):
        raise Invalid(f"The cause is one of {', '.join(Cause)}", field="cause")
    return Chosen(
        stream=asked.get("stream") or None,
        cause=Cause(cause) if cause else None,
        key=asked.get("key") or None,
    )


def _object(known: set[str]) -> dict[str, Any]:
    asked = request.get_json(silent=True) or {}
    right = isinstance(asked, dict) and all(isinstance(each, str) for each in asked.values())
    if not right or set(asked) - known:
        raise Invalid(f"Send an object with text for: {', '.join(sorted(known))}", field="stream")
    return dict(asked)


def cause_as_json(group: Parked) -> Mapping[str, Any]:
    """Return a cause, what it means and what to do, and how much is parked of it."""
    return {
        "cause": group.cause.value,
        "what": group.explanation.what,
        "to_do": group.explanation.to_do,
        "count": len(group.events),
        "since": iso(group.events[0].held_at),
    }


def held_as_json(held: Held) -> Mapping[str, Any]:
    """Return a held event without its content."""
    return {
        "key": held.key,
        "stream": held.stream,
        "sequence": held.sequence,
        "type": held.type,
        "cause": held.cause.value,
        "reason": held.reason,
        "tries": held.tries,
        "held_at": iso(held.held_at),
        "may_be_set_aside": not held.own,
    }
