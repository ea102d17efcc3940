"""The threshold decision page: the evidence and the guidance in front of the manager."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from services.referral.domain.commands import DecideThreshold
from services.referral.domain.errors import ADecisionIsMadeOnce
from services.referral.domain.referral import Referral
from services.referral.handlers import decide_threshold
from services.referral.pages.answers import evidence_of
from services.referral.pages.desk import again, blueprint, desk, name_of, typed_into
from services.referral.queries.desk import decision_due, referral_of
from services.referral.queries.history import history_of
from services.referral.schemas import DecisionIn
from shared.auth import current_actor, requires
from shared.events.codes import Role
from shared.rules import RuleBroken
from shared.web.questions import Form

TEMPLATE = "referral/decision.html"


@blueprint.get("/referrals/<ref>/decision")
@requires(Role.MASH_MANAGER)
def decision(ref: str) -> str | Response:
    """Show the evidence, the history and the form; what is decided is shown on the record."""
    referral = referral_of(desk(), ref)
    if referral.decision is not None:
        return redirect(url_for("referral.show", ref=ref), code=303)
    guidance = desk().guidance_in_force(desk().clock.now())
    form = Form(DecisionIn.at_hand(), values={"guidance_version": guidance.version})
    return render_template(TEMPLATE, form=form, **_evidence(referral))


@blueprint.post("/referrals/<ref>/decision")
@requires(Role.MASH_MANAGER)
def decision_sent(ref: str) -> Response:
    """Record the decision, or show the form again with what was typed."""
    referral = referral_of(desk(), ref)
    schema = DecisionIn.at_hand()
    typed = typed_into(schema)
    try:
        command = DecideThreshold(ref=ref, **schema.load(typed))
        decide_threshold(
            command, referrals=desk().referrals, guidance=desk().guidance, by=current_actor()
        )
    except ADecisionIsMadeOnce as fault:
        named = ADecisionIsMadeOnce(by=name_of(fault.by), made=fault.made)
        return again(TEMPLATE, schema, typed, named, **_evidence(referral))
    except (ValidationError, RuleBroken) as fault:
        return again(TEMPLATE, schema, typed, fault, **_evidence(referral))
    return redirect(url_for("referral.show", ref=ref), code=303)


def _evidence(referral: Referral) -> dict[str, Any]:
    return {
        "referral": referral,
        "due": decision_due(desk(), referral),
        "history": history_of(desk(), referral),
        "sections": evidence_of(referral),
        "issues": desk().guidance,
        "guidance": desk().guidance_in_force(desk().clock.now()),
    }
