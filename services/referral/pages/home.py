"""The first page of this service, by role: what waits at the hub, or what a partner has sent."""

from __future__ import annotations

from flask import redirect, render_template
from werkzeug.wrappers import Response

from services.referral.domain.stages import Stage
from services.referral.pages.desk import HUB, blueprint, desk
from services.referral.queries.inbox import danger_count, sent_by, waiting_count
from shared.auth import EVERYONE, current_actor, current_person, requires
from shared.events.codes import Role
from shared.web.navigation import home_of


@blueprint.get("/")
@requires(*HUB, *(role for role in EVERYONE if role not in HUB))
def home() -> str | Response:
    """Show the hub its counts and a partner their referrals; lead others to their own page."""
    role = current_actor().role
    if role in HUB:
        return render_template(
            "referral/home_hub.html",
            waiting=waiting_count(desk(), Stage.RECEIVED),
            danger=danger_count(desk()),
            untold=waiting_count(desk(), Stage.DECIDED),
        )
    if role is Role.PARTNER:
        rows = sent_by(desk(), current_actor().id)
        return render_template("referral/home_partner.html", rows=rows)
    person = current_person()
    return redirect(home_of(person) if person else "/", code=303)
