"""Stands before every view: who is asking, did they mean it (CSRF), may they. Deny by default."""

from __future__ import annotations

import hmac
import re
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, make_response, redirect, request, session, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from shared.auth import Accounts, Person, allowed_roles, sha256
from shared.events.codes import Role
from shared.events.seal import Actor
from shared.web import unsent
from shared.web.problems import answer, wants_problem

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
STRANGERS_LIMIT: Final = 256 * 1024
KNOWN_LIMIT: Final = 2 * 1024 * 1024
"""A signed-in person's form may be this large, so that a text that is far too long is answered by
its own form, with the text kept, and not by a bare refusal that loses it."""

_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")
_SIGNED_IN = "person"


class Guard:
    """The one check before every request of one app."""

    def __init__(self, app: Flask, *, accounts: Accounts, service_token: str | None) -> None:
        self._app = app
        self._accounts = accounts
        self._service_digest = sha256(service_token) if service_token else None
        self._csrf = CSRFProtect()
        app.config["WTF_CSRF_CHECK_DEFAULT"] = False
        self._csrf.init_app(app)
        app.register_error_handler(CSRFError, _forged)
        app.before_request(self.check)

    def check(self) -> AnyResponse | None:
        """Let the request through (None) or answer it."""
        g.person, g.actor = None, None
        by_token = "Authorization" in request.headers
        held = self._token_roles() if by_token else self._session_roles()
        if request.endpoint is None or request.routing_exception is not None:
            return None
        roles = allowed_roles(self._app, request.endpoint, method=request.method)
        if roles is None:
            abort(403, "This address is closed: nobody has said yet who may use it.")
        if not roles:
            if not by_token:
                self._confirm_intent()
            return None
        if held is None:
            return _ask_to_sign_in()
        if not by_token:
            self._confirm_intent()
        accepted = next((role for role in held if role in roles), None)
        if accepted is None:
            abort(403)
        g.actor = Actor(id=g.person.id if g.person else "service", role=accepted)
        return None

    def _token_roles(self) -> tuple[Role, ...] | None:
        kind, _, token = request.headers["Authorization"].partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            return None
        digest = sha256(token.strip())
        if self._service_digest and hmac.compare_digest(digest, self._service_digest):
            return (Role.SERVICE,)
        return self._remember(self._accounts.by_token(token.strip()))

    def _session_roles(self) -> tuple[Role, ...] | None:
        id = session.get(_SIGNED_IN)
        return self._remember(self._accounts.person(id) if isinstance(id, str) else None)

    def _remember(self, person: Person | None) -> tuple[Role, ...] | None:
        g.person = person
        if person is not None:
            # Whoever is known gets a far too long text back with its field named.
            request.max_content_length = KNOWN_LIMIT
            request.max_form_memory_size = KNOWN_LIMIT
        return person.roles if person else None

    def _confirm_intent(self) -> None:
        """A browser sends cookies whoever wrote the form: an unsafe request shows its token."""
        if request.method in SAFE:
            return
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise CSRFError("This request came from another site.")
        self._csrf.protect()


def sign_in(person: Person) -> None:
    """Start a new session for this person; nothing of the old one is carried over."""
    session.clear()
    session[_SIGNED_IN] = person.id
    session.permanent = True


def sign_out() -> None:
    """Forget who was signed in."""
    session.clear()


def local_path(target: str | None) -> str | None:
    """The target, if it is a path on this site: never a way to another one."""
    if not target or _CONTROL.search(target) or not target.startswith("/"):
        return None
    if target.startswith("//"):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def _ask_to_sign_in() -> AnyResponse:
    if wants_problem():
        return answer(401)
    here = request.full_path.rstrip("?")
    if request.method in SAFE:
        return redirect(url_for("web.sign_in_page", next=here), code=303)
    if unsent.from_elsewhere():
        raise CSRFError("This request came from another site.")
    page = unsent.sign_in_form(next=local_path(here), unsent=unsent.typed())
    return make_response(page, 401)


def _handed_back() -> Response | None:
    """What somebody who is signed in typed before their session changed, to be sent again."""
    if g.person is None or wants_problem() or unsent.from_elsewhere():
        return None
    if request.endpoint == unsent.SIGN_IN:
        address, fields = local_path(request.args.get("next")), unsent.carried()
        return unsent.send_again(address, fields) if address and fields else None
    address = local_path(request.full_path.rstrip("?"))
    is_ours = request.blueprint == "web"  # signing out: nothing was typed
    return unsent.send_again(address, unsent.typed()) if address and not is_ours else None


def _forged(error: CSRFError) -> Response:
    handed_back = _handed_back()
    if handed_back is not None:
        return handed_back
    detail = (
        "Nothing was saved. Go back, load the page again and send it again. "
        "If you signed in or out in another tab, that is why."
    )
    if wants_problem():
        detail = "Send the header X-CSRFToken, or use a bearer token instead of a session."
    return answer(400, title="We could not check that you sent this", detail=detail)
