"""The pages of audit, one module a journey."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from services.audit.pages import cases, timeline
from services.audit.queries import Reading

PREFIX: Final = "/audit"


def pages(reading: Reading) -> Blueprint:
    """Return the pages of audit."""
    blueprint = Blueprint("audit", __name__, url_prefix=PREFIX)
    cases.add(blueprint, reading)
    timeline.add(blueprint, reading)
    return blueprint
