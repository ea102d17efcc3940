"""The referral service as another WSGI server loads it; `shared/run.py` serves it by waitress."""

from __future__ import annotations

from flask import Flask

from services.referral.app import build
from shared import logs
from shared.clock import SystemClock
from shared.plumbing import plumb
from shared.run import settle_memory, web_app
from shared.settings import Settings


def make() -> Flask:
    """Build the application, its relay running beside it."""
    settings = Settings.from_env()
    logs.set_up("referral", "web", settings.log_level)
    plumbing = plumb(build(settings, SystemClock()))
    settle_memory()
    return web_app(plumbing)
