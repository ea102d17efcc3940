"""The JSON door of audit: lines, clocks, the overview and the verification. Nothing is changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from flask_smorest import Blueprint
from marshmallow import RAISE

from services.audit import queries
from services.audit.domain.clocks import Condition
from services.audit.queries import EventsPage, Line, Overview, Reading, Verdict
from services.audit.schemas import (
    ClocksQuery,
    ClocksSchema,
    EventsQuery,
    EventsSchema,
    LineSchema,
    OverviewSchema,
    VerdictSchema,
)
from shared.auth import requires
from shared.events.codes import Role

READERS: Final = (
    Role.AUDITOR,
    Role.ADMINISTRATOR,
    Role.MASH_MANAGER,
    Role.TEAM_MANAGER,
    Role.SERVICE,
)


def api(reading: Reading) -> Blueprint:
    """Return the API of audit."""
    blueprint = Blueprint("audit_api", __name__, url_prefix="/audit/api")
    _lines(blueprint, reading)
    _figures(blueprint, reading)
    _proof(blueprint, reading)
    return blueprint


def _lines(blueprint: Blueprint, reading: Reading) -> None:
    @blueprint.get("/cases/<ref>")
    @blueprint.response(200, LineSchema)
    @requires(*READERS)
    def case_line(ref: str) -> Line:
        """Every event of a case in order, its promises, and whether it is complete."""
        return queries.line(
            ref, limits=reading.limits, names=reading.names, now=reading.clock.now()
        )

    @blueprint.get("/children/<child>")
    @blueprint.response(200, LineSchema)
    @requires(*READERS)
    def child_line(child: str) -> Line:
        """Every event that concerns a child, over all cases."""
        return queries.child_line(
            child, limits=reading.limits, names=reading.names, now=reading.clock.now()
        )


def _figures(blueprint: Blueprint, reading: Reading) -> None:
    @blueprint.get("/clocks")
    @blueprint.arguments(ClocksQuery, location="query", as_kwargs=True, unknown=RAISE)
    @blueprint.response(200, ClocksSchema)
    @requires(*READERS)
    def clocks(state: Condition | None, due_before: datetime | None) -> dict[str, Any]:
        """Promises by how they stand and when they are due, the first due first."""
        found = queries.clocks_by(now=reading.clock.now(), condition=state, due_before=due_before)
        return {"clocks": found, "more": len(found) == queries.MOST_CLOCKS}

    @blueprint.get("/overview")
    @blueprint.response(200, OverviewSchema)
    @requires(*READERS)
    def overview() -> Overview:
        """How many promises are at risk, broken, and kept today."""
        return queries.overview(reading.clock.now())


def _proof(blueprint: Blueprint, reading: Reading) -> None:
    @blueprint.get("/events")
    @blueprint.arguments(EventsQuery, location="query", as_kwargs=True, unknown=RAISE)
    @blueprint.response(200, EventsSchema)
    @requires(Role.AUDITOR, Role.ADMINISTRATOR)
    def events(after: str | None) -> EventsPage:
        """Every event as it was sealed, stream by stream, to be checked by other means."""
        return queries.sealed_events(after)

    @blueprint.get("/verify")
    @blueprint.response(200, VerdictSchema)
    @requires(Role.AUDITOR, Role.ADMINISTRATOR, Role.SERVICE)
    def verify() -> Verdict:
        """Recompute every chain and compare every service's heads; may take a while."""
        return queries.verify(reading.archive, reading.feed)
