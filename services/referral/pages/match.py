"""Confirming that a child is one the hub knows: a person looks, and presses one button."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from services.referral.domain.commands import MatchChild
from services.referral.handlers import match_child
from services.referral.pages.answers import title_of
from services.referral.pages.desk import HUB, again, blueprint, desk, typed_into
from services.referral.queries.desk import referral_of
from services.referral.queries.history import history_of
from services.referral.schemas import MatchIn
from shared.auth import current_actor, requires
from shared.rules import RuleBroken
from shared.web.questions import Form

TEMPLATE = "referral/match.html"
THEN = {"match": "referral.match", "record": "referral.show", "decision": "referral.decision"}


@blueprint.get("/referrals/<ref>/match")
@requires(*HUB)
def match(ref: str) -> str:
    """Show possible earlier referrals of each child."""
    return render_template(TEMPLATE, form=Form(MatchIn()), **_shown(ref))


@blueprint.post("/referrals/<ref>/match")
@requires(*HUB)
def match_sent(ref: str) -> Response:
    """Record the match and go back to where the button was pressed."""
    schema = MatchIn()
    typed = typed_into(schema, ignore=("then",))
    try:
        command = MatchChild(ref=ref, **schema.load(typed))
        match_child(command, referrals=desk().referrals, by=current_actor())
    except (ValidationError, RuleBroken) as fault:
        return again(TEMPLATE, schema, typed, fault, **_shown(ref))
    then = THEN.get(request.form.get("then", ""), "referral.match")
    return redirect(url_for(then, ref=ref), code=303)


def _shown(ref: str) -> dict[str, object]:
    referral = referral_of(desk(), ref)
    titles = {
        child.ref: title_of(child, number)
        for number, child in enumerate(referral.children, start=1)
    }
    return {"referral": referral, "history": history_of(desk(), referral), "titles": titles}
