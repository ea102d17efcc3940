"""Keeps what was typed when its form cannot be taken yet, so that nobody types it twice.

It travels in the page itself, as hidden fields: never in an address, a cookie or a log.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flask import Response, make_response, render_template, request

Typed = list[tuple[str, str]]

SIGN_IN: Final = "web.sign_in_sent"
_CARRIED: Final = "unsent-"
"""Begins the names of what a sign-in form carries: its own fields cannot be mistaken for these."""
_PROOF: Final = "csrf_token"
_OURS: Final = frozenset({None, "none", "same-origin"})


def from_elsewhere() -> bool:
    """Did another site's page send this? (A browser too old to say is not taken for one.)"""
    return request.headers.get("Sec-Fetch-Site") not in _OURS


def typed() -> Typed:
    """Everything a page's form sent, without the proof that it was ours."""
    return [(name, value) for name, value in request.form.items(multi=True) if name != _PROOF]


def carried() -> Typed:
    """What a sign-in form carries for another form."""
    return [
        (name.removeprefix(_CARRIED), value) for name, value in typed() if name.startswith(_CARRIED)
    ]


def sign_in_form(
    faults: Iterable[dict[str, Any]] = (), *, name: str = "", next: str | None, unsent: Typed
) -> str:
    """The sign-in page; `unsent` is sent to `next` once somebody has signed in."""
    carry = [(f"{_CARRIED}{field}", value) for field, value in unsent]
    return render_template(
        "sign_in.html", error_list=list(faults), name=name, next=next, unsent=carry
    )


def send_again(address: str, unsent: Typed, *, busy: bool = False) -> Response:
    """A page that sends the same to the same address, with a fresh proof, by one press.

    `busy` says why: nobody could look at it, rather than that the session had changed.
    """
    page = render_template("unsent.html", address=address, unsent=unsent, busy=busy)
    return make_response(page, 429 if busy else 400)
