"""Where work begins: the team manager's worklist and the social worker's visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from services.strategy.pages.base import CALLERS, READERS, blueprint, office, page
from services.strategy.queries.worklist import Item, Worklist
from shared.auth import current_actor, current_person, requires
from shared.events.codes import Role
from shared.web.navigation import home_of

LINES: Final = 50
"""Lines of one part on one page, the most pressing first: nobody does more in a day, and a page of
thousands takes the server seconds and a phone longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The lines of one part of the worklist that a page shows."""

    name: str
    items: Sequence[Item]
    first: int
    """The number of the first line shown, from 1."""
    total: int

    @classmethod
    def of(cls, name: str, items: Sequence[Item], number: int) -> Part:
        """Return a page of a part; a number that there is none of means the next there is."""
        last = max(1, -(-len(items) // LINES))
        start = (min(max(number, 1), last) - 1) * LINES
        return cls(name=name, items=items[start : start + LINES], first=start + 1, total=len(items))

    @property
    def last(self) -> int:
        """The number of the last line shown."""
        return self.first + len(self.items) - 1

    @property
    def before(self) -> int | None:
        """The page of what is more pressing, if there is one."""
        return (self.first - 1) // LINES or None

    @property
    def after(self) -> int | None:
        """The page of what is less pressing, if there is one."""
        return (self.first - 1) // LINES + 2 if self.last < self.total else None


@blueprint.get("/")
@requires(*READERS, Role.ADMINISTRATOR)
def start() -> ResponseReturnValue:
    """Go to where this person's work begins."""
    person = current_person()
    return redirect(home_of(person) if person else url_for("strategy.worklist"), code=303)


@blueprint.get("/worklist")
@requires(*CALLERS)
def worklist() -> ResponseReturnValue:
    """What waits for this manager's teams, the most pressing first.

    Each part has pages of its own: `?not_seen=2` shows its second, of the others the first.
    """
    actor = current_actor()
    found = office().worklist_of(actor)
    parts = {
        name: Part.of(name, getattr(found, name), request.args.get(name, 1, type=int))
        for name in Worklist.__slots__
    }
    return page(
        "worklist.html",
        parts=parts,
        empty=found.empty,
        me=actor.id,
        manager=actor.role is Role.TEAM_MANAGER,
    )


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
