"""The pages and probes every service has: sign in, sign out, health, readiness, version, files."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Response,
    g,
    jsonify,
    redirect,
    request,
    send_from_directory,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from shared.auth import Accounts, Person, public
from shared.web.guard import local_path, sign_in, sign_out
from shared.web.navigation import home_of
from shared.web.standing import standing_alarms
from shared.web.templating import STATIC
from shared.web.unsent import carried, send_again, sign_in_form

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

log = logging.getLogger(__name__)
LONGEST_SECRET = 1000
_A_WEEK = 7 * 24 * 60 * 60


def sign_in_pages(accounts: Accounts) -> Blueprint:
    """Signing in and out. One sign-in serves all services: they share the session cookie."""
    blueprint = Blueprint("web", __name__)

    @blueprint.get("/sign-in")
    @public
    def sign_in_page() -> ResponseReturnValue:
        if g.person is not None:
            return redirect(_after(g.person), code=303)
        return sign_in_form(next=local_path(request.args.get("next")), unsent=[])

    @blueprint.post("/sign-in")
    @public
    def sign_in_sent() -> ResponseReturnValue:
        name, password = request.form.get("name", "").strip(), request.form.get("password", "")
        faults = _faults(name, password)
        person = None if faults else accounts.check(name, password[:LONGEST_SECRET])
        if person is not None:
            sign_in(person)
            log.info("signed in", extra={"actor": person.id})
            unsent, address = carried(), local_path(request.args.get("next"))
            if unsent and address:
                g.person = person
                return send_again(address, unsent)
            return redirect(_after(person), code=303)
        if not faults:
            log.warning("sign-in refused")
            words = "Enter a sign-in name and password that belong together. Check both"
            faults = [{"text": words, "href": "#name"}]
        after = local_path(request.args.get("next"))
        return sign_in_form(faults, name=name, next=after, unsent=carried()), 422

    @blueprint.post("/sign-out")
    @public
    def sign_out_sent() -> AnyResponse:
        sign_out()
        return redirect(url_for("web.sign_in_page"), code=303)

    return blueprint


def probes(service: str, *, version: str, readiness: Callable[[], list[str]]) -> Blueprint:
    """What the machinery around a service asks it. Nothing personal in any answer."""
    blueprint = Blueprint("probes", __name__)

    @blueprint.get("/healthz")
    @public
    def healthz() -> Response:
        return jsonify({"status": "up"})

    @blueprint.get("/readyz")
    @public
    def readyz() -> tuple[Response, int]:
        try:
            reasons = readiness()
        except Exception as error:  # any fault at all means "not ready", and must not be a 500
            log.error("readiness check failed", extra={"error": type(error).__name__})
            reasons = [f"the check itself failed: {type(error).__name__}"]
        status = "not ready" if reasons else "ready"
        # With the broker away, say, referrals are accepted all the same: that is ready.
        titles = () if reasons else (alarm.rule.title for alarm in standing_alarms())
        said = {"status": status, "reasons": reasons, "degraded": [*dict.fromkeys(titles)]}
        return jsonify(said), 503 if reasons else 200

    @blueprint.get("/version")
    @public
    def version_page() -> Response:
        return jsonify({"service": service, "version": version})

    return blueprint


@public
def static_file(filename: str) -> Response:
    """One of the files that every page uses; its address changes with its content."""
    named_by_content = "v" in request.args
    return send_from_directory(STATIC, filename, max_age=_A_WEEK if named_by_content else None)


def _faults(name: str, password: str) -> list[dict[str, Any]]:
    faults = []
    if not name:
        faults.append({"text": "Enter your sign-in name", "href": "#name"})
    if not password:
        faults.append({"text": "Enter your password", "href": "#password"})
    return faults


def _after(person: Person) -> str:
    return local_path(request.args.get("next")) or home_of(person)
