"""The team directory to read: who is where, on leave, on duty, and what is wrong with the file."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from services.strategy.pages.base import READERS, blueprint, office, page
from services.strategy.queries.loads import caseloads
from shared.auth import current_actor, requires
from shared.events.codes import Role


@blueprint.get("/directory")
@requires(*READERS, Role.ADMINISTRATOR)
def directory() -> ResponseReturnValue:
    """Teams, patches, managers, deputies, workers."""
    found = office()
    current = found.directory
    return page(
        "directory.html",
        directory=current,
        faults=found.directory_file.faults,
        loads=caseloads(),
        now_at=found.clock.now(),
        administrator=current_actor().role is Role.ADMINISTRATOR,
    )
