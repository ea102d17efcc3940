"""The doors of the plumbing: a service's feed, and how the service fares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, abort, jsonify, request
from flask.typing import ResponseReturnValue

from shared.auth import requires
from shared.events.codes import Role
from shared.events.envelope import iso
from shared.messaging.feed import LONG_AGO
from shared.rules import Invalid
from shared.streams import MOST_AT_ONCE, Head
from shared.web.healing import close_until_healed, feeds_for_healing, healing
from shared.web.metrics import metrics
from shared.web.operations import operations
from shared.web.parked import parked
from shared.web.standing import show_how_it_fares

if TYPE_CHECKING:
    from shared.plumbing import Plumbing


def add_plumbing(app: Flask, plumbing: Plumbing) -> None:
    """Register the feed, the operations and the metrics of a service on its application."""
    close_until_healed(app, plumbing)
    app.register_blueprint(feeds_for_healing(plumbing))
    app.register_blueprint(healing(plumbing))
    show_how_it_fares(app, plumbing)
    app.register_blueprint(_feed(plumbing))
    app.register_blueprint(parked(plumbing))
    app.register_blueprint(operations(plumbing))
    app.register_blueprint(metrics(plumbing))


def _feed(plumbing: Plumbing) -> Blueprint:
    name = plumbing.service.name
    blueprint = Blueprint("feed", __name__, url_prefix=f"/{name}/feed")

    @blueprint.get("/heads")
    @requires(Role.SERVICE, Role.ADMINISTRATOR)
    def heads() -> ResponseReturnValue:
        """The heads of the streams that changed since a time, oldest first."""
        found = plumbing.streams.heads(since=_since(), after_ref=request.args.get("after", ""))
        return jsonify(heads=[_head(each) for each in found], more=len(found) == MOST_AT_ONCE)

    @blueprint.get("/heads-of")
    @requires(Role.SERVICE, Role.ADMINISTRATOR)
    def heads_of() -> ResponseReturnValue:
        """How long the streams that are named are; one that is not here is left out."""
        return jsonify(heads=plumbing.streams.heads_of(request.args.getlist("stream")))

    @blueprint.get("/clock")
    @requires(Role.SERVICE, Role.ADMINISTRATOR)
    def clock() -> ResponseReturnValue:
        """What time it is here, so that clocks that differ are noticed."""
        return jsonify(now=iso(plumbing.service.clock.now()))

    @blueprint.get("/<stream>")
    @requires(Role.SERVICE, Role.ADMINISTRATOR)
    def stream(stream: str) -> ResponseReturnValue:
        """The events of one stream beyond `after`, in order, as they were sealed."""
        service, _, ref = stream.partition(":")
        if service != name:
            abort(404)
        events = plumbing.streams.read(ref, after=_whole_number("after"))
        return jsonify(events=events, more=len(events) == MOST_AT_ONCE)

    return blueprint


def _since() -> datetime:
    text = request.args.get("since")
    if not text:
        return LONG_AGO
    try:
        since = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("since must be a time, such as 2026-11-20T09:00:00Z", field="since") from None
    if since.tzinfo is None:
        raise Invalid("since must say its zone, such as 2026-11-20T09:00:00Z", field="since")
    return since


def _whole_number(name: str) -> int:
    text = request.args.get(name, "0")
    if not text.isdigit():
        raise Invalid(f"{name} must be a whole number", field=name)
    return int(text)


def _head(head: Head) -> Mapping[str, Any]:
    return {
        "stream": head.stream,
        "sequence": head.sequence,
        "hash": head.hash,
        "changed_at": iso(head.changed_at),
    }
