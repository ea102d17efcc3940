"""The doors that healing needs, and the gate that keeps a restored service closed until then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Flask, Response, abort, g, jsonify, request
from flask.typing import ResponseReturnValue

from shared.auth import current_actor, requires
from shared.events.codes import Role
from shared.events.envelope import iso
from shared.messaging.copies import waiting_in_queue
from shared.restored import Phase
from shared.rules import Invalid, NotFound
from shared.streams import MOST_AT_ONCE
from shared.web.problems import answer

if TYPE_CHECKING:
    from shared.plumbing import Plumbing

_ALWAYS: Final = frozenset({"probes.healthz", "probes.version_page", "metrics.scrape", "static"})
RETRY_AFTER: Final = "10"


class NothingLost(NotFound):
    """There is no such line in the list of what a restore lost."""

    def __init__(self) -> None:
        super().__init__("Nothing is listed under this key. Look at the list again.")


def close_until_healed(app: Flask, plumbing: Plumbing) -> None:
    """Answer 503 while the service is restored and has not healed, but at the doors it needs."""
    name = plumbing.service.name

    def refuse() -> Response | None:
        if request.endpoint in _ALWAYS:
            return None
        phase = plumbing.mark.phase()
        needed = request.path.startswith((f"/{name}/feed/", f"/{name}/api/healing"))
        if phase is Phase.OPEN or (phase is Phase.UNHEALED and needed):
            return None
        g.setdefault("person", None)
        words = "This service is being restored from a back-up. Try again in a few minutes."
        response = answer(503, detail=words)
        response.headers["Retry-After"] = RETRY_AFTER
        return response

    app.before_request(refuse)


def feeds_for_healing(plumbing: Plumbing) -> Blueprint:
    """Return what a service tells another that heals: what it heard, and what it keeps."""
    name, keeper = plumbing.service.name, plumbing.service.keeper
    blueprint = Blueprint("feed_for_healing", __name__, url_prefix=f"/{name}/feed")

    @blueprint.get("/heard/<service>")
    @requires(Role.SERVICE, Role.ADMINISTRATOR)
    def heard(service: str) -> ResponseReturnValue:
        """How far this service heard each stream of another."""
        found = plumbing.service.roots.records.heard(
            f"/{service}", after_ref=request.args.get("after", ""), most=MOST_AT_ONCE
        )
        rows = [{"ref": ref, "sequence": sequence} for ref, sequence in found]
        return jsonify(heard=rows, more=len(rows) == MOST_AT_ONCE)

    @blueprint.get("/standing")
    @requires(Role.SERVICE, Role.ADMINISTRATOR)
    def standing() -> ResponseReturnValue:
        """Is it open, and how many messages does the broker hold for it?"""
        waiting = waiting_in_queue(plumbing.service.settings.amqp_url, name)
        return jsonify(open=plumbing.mark.phase() is Phase.OPEN, waiting=waiting)

    @blueprint.get("/copies/<service>")
    @requires(Role.SERVICE, Role.ADMINISTRATOR)
    def copies(service: str) -> ResponseReturnValue:
        """The last event that is kept here of each stream of another service."""
        if keeper is None:
            abort(404)
        after = request.args.get("after", "")
        found = keeper.heads(service, after_ref=after, most=MOST_AT_ONCE)
        return jsonify(heads=[asdict(each) for each in found], more=len(found) == MOST_AT_ONCE)

    @blueprint.get("/copies/<service>/<ref>")
    @requires(Role.SERVICE, Role.ADMINISTRATOR)
    def copies_of_case(service: str, ref: str) -> ResponseReturnValue:
        """Every event that is kept here of a case, of any service."""
        if keeper is None:
            abort(404)
        return jsonify(events=[each.to_wire() for each in keeper.of_case(ref)])

    return blueprint


def healing(plumbing: Plumbing) -> Blueprint:
    """Return what people are told of a restore: what came back, and what is to be entered again."""
    blueprint = Blueprint("healing", __name__, url_prefix=f"/{plumbing.service.name}/api/healing")

    @blueprint.get("")
    @requires(Role.ADMINISTRATOR, Role.AUDITOR)
    def healed() -> ResponseReturnValue:
        """How far the last restore has come, and what of it somebody has to enter again."""
        return jsonify(standing_of(plumbing))

    @blueprint.post("")
    @requires(Role.ADMINISTRATOR)
    def heal() -> ResponseReturnValue:
        """Heal again, with what others hold by now. A closed service is healing by itself."""
        if plumbing.mark.phase() is Phase.OPEN:
            plumbing.heal()
        return jsonify(standing_of(plumbing))

    @blueprint.post("/settled")
    @requires(Role.ADMINISTRATOR)
    def settled() -> ResponseReturnValue:
        """Note that what was lost with one event has been entered again. Body: its `key`."""
        asked = request.get_json(silent=True)
        if not isinstance(asked, dict) or not isinstance(asked.get("key"), str):
            raise Invalid("Send an object with the key of what was entered again", field="key")
        settle(plumbing, asked["key"])
        return jsonify(standing_of(plumbing))

    return blueprint


def settle(plumbing: Plumbing, key: str) -> None:
    """Note for both doors that whoever asks says this line is entered again. Raises NothingLost."""
    at = plumbing.service.clock.now()
    if not plumbing.lost.settle(key, by=current_actor().id, at=at):
        raise NothingLost


def standing_of(plumbing: Plumbing) -> Mapping[str, Any]:
    """Return what the page and its JSON tell of the last restore: references only, no words."""
    told = plumbing.mark.told()
    return {
        "phase": plumbing.mark.phase().value,
        "backup": told.get("backup"),
        "restored_at": iso(told["at"]) if "at" in told else None,
        "healed_at": iso(told["healed_at"]) if "healed_at" in told else None,
        "records": told.get("records", 0),
        "events": told.get("events", 0),
        "put_aside": told.get("put_aside", 0),
        "wounds": list(told.get("wounds", ())),
        "enter_again": [{**asdict(each), "at": iso(each.at)} for each in plumbing.lost.all()],
    }
