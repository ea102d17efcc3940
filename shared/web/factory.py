"""Makes the Flask app of a service: the same doors, guards and manners for every one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flask_smorest
from flask import Blueprint, Flask, redirect
from werkzeug.wrappers import Response as AnyResponse

from shared.auth import Accounts, public
from shared.web.api import register_api
from shared.web.bodies import JsonRequest
from shared.web.busy import register_busy
from shared.web.guard import STRANGERS_LIMIT, Guard
from shared.web.headers import register_headers
from shared.web.pages import probes, sign_in_pages, static_file
from shared.web.problems import register_problems
from shared.web.templating import register_templates

if TYPE_CHECKING:
    from shared.clock import Clock
    from shared.settings import Settings

SERVICES = Path(__file__).parents[2] / "services"


def create_web(
    service: str,
    settings: Settings,
    *,
    accounts: Accounts,
    clock: Clock,
    blueprints: Iterable[Blueprint],
    api_blueprints: Iterable[flask_smorest.Blueprint],
    readiness: Callable[[], list[str]],
    version: str,
    templates: Path | None = None,
) -> Flask:
    """The app of one service. Every address begins with the service's name.

    The blueprints bring their own full prefix. `templates` is only for a service that does not
    live in `services/`.
    """
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.request_class = JsonRequest
    app.config |= _config(service, settings)
    app.url_value_preprocessor(references_in_capitals)
    register_headers(app, embedded=settings.mode == "embedded")
    register_busy(app)
    Guard(app, accounts=accounts, service_token=settings.service_token)
    register_problems(app)
    folder = templates or SERVICES / service / "templates"
    demo = settings.demo_clock_file is not None
    register_templates(app, folder=folder, clock=clock, demo=demo)
    prefix = f"/{service}"
    app.register_blueprint(sign_in_pages(accounts), url_prefix=prefix)
    checks = probes(service, version=version, readiness=readiness)
    app.register_blueprint(checks, url_prefix=prefix)
    app.add_url_rule(f"{prefix}/static/<path:filename>", "static", static_file)
    app.add_url_rule("/", "bare_address", _to(f"{prefix}/"))
    register_api(app, api_blueprints, version=version)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


def _config(service: str, settings: Settings) -> dict[str, object]:
    server = settings.mode == "server"
    return {
        "SERVICE": service,
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": STRANGERS_LIMIT,
        "MAX_FORM_MEMORY_SIZE": STRANGERS_LIMIT,
        # __Host-: the browser itself refuses it without Secure or from a neighbouring address.
        "SESSION_COOKIE_NAME": "__Host-golden-thread" if server else "golden-thread",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": server,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        # A form left open over lunch must still send what was typed into it.
        "WTF_CSRF_TIME_LIMIT": None,
        # Our own Referrer-Policy is no-referrer, so there is no referrer to compare.
        "WTF_CSRF_SSL_STRICT": False,
    }


def _to(address: str) -> Callable[[], AnyResponse]:
    @public
    def bare_address() -> AnyResponse:
        return redirect(address)

    return bare_address


def references_in_capitals(_endpoint: str | None, where: dict[str, Any] | None) -> None:
    """Take a reference as it is read out or typed: in small letters too."""
    for name in {"ref", "child"}.intersection(where or {}):
        where[name] = where[name].upper()  # type: ignore[index]
