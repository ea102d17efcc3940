"""Recording that the referrer was told what was decided and why."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from services.referral.domain.commands import InformReferrer
from services.referral.handlers import inform_referrer
from services.referral.pages.desk import HUB, again, blueprint, desk, typed_into
from services.referral.queries.desk import referral_of
from services.referral.schemas import FeedbackIn
from shared.auth import current_actor, requires
from shared.rules import RuleBroken
from shared.web.questions import Form

TEMPLATE = "referral/feedback.html"


@blueprint.get("/referrals/<ref>/feedback")
@requires(*HUB)
def feedback(ref: str) -> str:
    """Ask how and when the referrer was told; the manager's words are there to be read out."""
    referral = referral_of(desk(), ref)
    now = desk().clock.now()
    values = {"informed_at": now.isoformat()}
    if referral.decision is not None:
        values["what_was_said"] = referral.decision.feedback
    form = Form(FeedbackIn.at_hand(now=now), values=values)
    return render_template(TEMPLATE, form=form, referral=referral)


@blueprint.post("/referrals/<ref>/feedback")
@requires(*HUB)
def feedback_sent(ref: str) -> Response:
    """Record it, or show the form again with what was typed."""
    referral = referral_of(desk(), ref)
    schema = FeedbackIn.at_hand(now=desk().clock.now())
    typed = typed_into(schema)
    try:
        command = InformReferrer(ref=ref, **schema.load(typed))
        inform_referrer(command, referrals=desk().referrals, by=current_actor())
    except (ValidationError, RuleBroken) as fault:
        return again(TEMPLATE, schema, typed, fault, referral=referral)
    return redirect(url_for("referral.show", ref=ref), code=303)
