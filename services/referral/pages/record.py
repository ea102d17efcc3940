"""One referral, whole, for the staff who work with it."""

from __future__ import annotations

from flask import render_template

from services.referral.pages.answers import sections_of
from services.referral.pages.desk import HUB, READERS, blueprint, desk, holds
from services.referral.queries.desk import READ_ALL, decision_due, readable_referral_of
from services.referral.queries.history import history_of
from shared.auth import current_actor, current_person, requires
from shared.events.codes import Role


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
        reads_all=bool(READ_ALL & set(roles)),
        may_decide=holds(Role.MASH_MANAGER),
    )
