"""One referral, whole, for the staff who work with it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from flask import render_template

from services.referral.domain.referral import Referral
from services.referral.pages.answers import sections_of
from services.referral.pages.desk import HUB, READERS, blueprint, desk, holds, name_of
from services.referral.queries.desk import (
    READ_ALL,
    came_to_social_care,
    decision_due,
    readable_referral_of,
)
from services.referral.queries.history import history_of
from shared.auth import current_actor, current_person, requires
from shared.events.codes import Role

CASE_READERS: Final = frozenset({Role.TEAM_MANAGER, Role.SOCIAL_WORKER, Role.MASH_MANAGER})


@blueprint.get("/referrals/<ref>")
@requires(*READERS)
def show(ref: str) -> str:
    """Show everything that was told, what the hub may know from before, and what was decided."""
    person = current_person()
    roles = person.roles if person else (current_actor().role,)
    referral = readable_referral_of(desk(), ref, roles=roles)
    return render_template(
        "referral/record.html",
        referral=referral,
        due=decision_due(desk(), referral),
        history=history_of(desk(), referral),
        sections=sections_of(referral),
        hub=current_actor().role in HUB,
        decided_by=name_of(referral.decision.decided_by) if referral.decision else None,
        case_address=_case_address(referral, roles),
        reads_all=bool(READ_ALL & set(roles)),
        may_decide=holds(Role.MASH_MANAGER),
    )


def _case_address(referral: Referral, roles: Collection[Role]) -> str | None:
    """The case in strategy, where there is one and this person may open it."""
    if not (CASE_READERS & set(roles) and came_to_social_care(referral)):
        return None
    return f"/strategy/cases/{referral.ref}"
