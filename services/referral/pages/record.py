"""One referral, whole, for the staff who work with it."""

from __future__ import annotations

from flask import render_template

from services.referral.pages.answers import sections_of
from services.referral.pages.desk import HUB, READERS, blueprint, desk, holds
from services.referral.queries.desk import decision_due, referral_of
from services.referral.queries.history import history_of
from shared.auth import current_actor, requires
from shared.events.codes import Role


@blueprint.get("/referrals/<ref>")
@requires(*READERS)
def show(ref: str) -> str:
    """Show everything that was told, what the hub may know from before, and what was decided."""
    referral = referral_of(desk(), ref)
    return render_template(
        "referral/record.html",
        referral=referral,
        due=decision_due(desk(), referral),
        history=history_of(desk(), referral),
        sections=sections_of(referral),
        hub=current_actor().role in HUB,
        may_decide=holds(Role.MASH_MANAGER),
    )
