"""Says "too busy, try again in a few seconds" while that can still be said at once.

A request that waits without end is worse than a refusal: whoever sent it does not know, and sends
it again. What was typed into a form is handed back in the answer, to be sent by one press.
"""

from __future__ import annotations

import random
from typing import Final

from flask import Flask, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from shared.web import unsent
from shared.web.problems import answer, wants_problem

BUSY: Final = "golden_thread.busy"
"""In the WSGI environment of a request that the server has no room for (shared/serving.py)."""
RETRY_AFTER: Final = (3, 10)
"""Seconds, by chance between these, so that those who were refused do not all return at once."""
_ALWAYS: Final = frozenset({"probes.healthz", "probes.readyz", "probes.version_page", "static"})


def register_busy(app: Flask) -> None:
    """Answer what there is no room for before anything else looks at it."""
    app.before_request(_refuse_if_busy)


def _refuse_if_busy() -> Response | None:
    if not request.environ.get(BUSY) or request.endpoint in _ALWAYS:
        return None
    g.person, g.actor = None, None
    response = _handed_back() or answer(429)
    response.headers["Retry-After"] = str(random.randint(*RETRY_AFTER))  # noqa: S311 - no secret
    return response


def _handed_back() -> Response | None:
    # A password is never put into a page, and another site's words are not either.
    if request.method != "POST" or request.endpoint == unsent.SIGN_IN:
        return None
    if wants_problem() or unsent.from_elsewhere():
        return None
    try:
        typed = unsent.typed()
    except RequestEntityTooLarge:
        return None
    return unsent.send_again(request.full_path.rstrip("?"), typed, busy=True) if typed else None
