"""The security headers of every answer, error pages and static files included."""

from __future__ import annotations

import re
import secrets
from typing import Final

from flask import Flask, Response, g, request

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_ONE_YEAR: Final = 365 * 24 * 60 * 60

_FIXED: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def register_headers(app: Flask, *, embedded: bool) -> None:
    """Name every request and put the headers on every answer."""

    def begin() -> None:
        offered = request.headers.get("X-Request-Id", "")
        g.request_id = offered if _REQUEST_ID.fullmatch(offered) else secrets.token_hex(8)
        g.csp_nonce = secrets.token_urlsafe(18)

    def finish(response: Response) -> Response:
        response.headers.update(_FIXED)
        response.headers["Content-Security-Policy"] = content_security_policy(g.csp_nonce)
        response.headers["X-Request-Id"] = g.request_id
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        if not embedded:
            response.headers["Strict-Transport-Security"] = (
                f"max-age={_ONE_YEAR}; includeSubDomains"
            )
        return response

    app.before_request(begin)
    app.after_request(finish)


def content_security_policy(nonce: str) -> str:
    """Only our own files; no inline style; the one inline script carries the nonce."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
