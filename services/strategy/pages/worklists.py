"""Where work begins: the team manager's worklist and the social worker's visits."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from services.strategy.pages.base import CALLERS, READERS, blueprint, office, page
from shared.auth import current_actor, current_person, requires
from shared.events.codes import Role
from shared.web.navigation import home_of


@blueprint.get("/")
@requires(*READERS, Role.ADMINISTRATOR)
def start() -> ResponseReturnValue:
    """Go to where this person's work begins."""
    person = current_person()
    return redirect(home_of(person) if person else url_for("strategy.worklist"), code=303)


@blueprint.get("/worklist")
@requires(*CALLERS)
def worklist() -> ResponseReturnValue:
    """What waits for this manager's teams, the most pressing first."""
    actor = current_actor()
    found = office().worklist_of(actor)
    return page("worklist.html", work=found, me=actor.id, manager=actor.role is Role.TEAM_MANAGER)


@blueprint.get("/my-visits")
@requires(Role.SOCIAL_WORKER)
def my_visits() -> ResponseReturnValue:
    """The children of this social worker's cases, those not yet seen first."""
    items = office().visits_of(current_actor())
    return page(
        "my_visits.html",
        to_see=[item for item in items if item.child and not item.child.visits],
        seen=[item for item in items if item.child and item.child.visits],
    )
