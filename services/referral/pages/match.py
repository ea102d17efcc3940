"""Confirming that a child is one the hub knows: a person looks, and presses one button."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from services.referral.domain.commands import MatchChild
from services.referral.domain.errors import KnownChildIsNotOnThatCase
from services.referral.handlers import match_child
from services.referral.pages.answers import title_of
from services.referral.pages.desk import HUB, blueprint, desk, typed_into
from services.referral.queries.desk import referral_of
from services.referral.queries.history import history_of
from services.referral.schemas import MatchIn
from shared.auth import current_actor, requires

PRESS_AGAIN = "Go back to the referral and press the button of the earlier referral again."
THEN = {"match": "referral.match", "record": "referral.show", "decision": "referral.decision"}


@blueprint.get("/referrals/<ref>/match")
@requires(*HUB)
def match(ref: str) -> str:
    """Show possible earlier referrals of each child."""
    return render_template("referral/match.html", **_shown(ref))


@blueprint.post("/referrals/<ref>/match")
@requires(*HUB)
def match_sent(ref: str) -> Response:
    """Record the match and go back to where the button was pressed."""
    schema = MatchIn.at_hand()
    try:
        command = MatchChild(ref=ref, **schema.load(typed_into(schema, ignore=("then",))))
    except ValidationError:
        # Its fields are hidden: there is nothing to type, only a button to press again.
        raise KnownChildIsNotOnThatCase(PRESS_AGAIN) from None
    match_child(command, referrals=desk().referrals, by=current_actor())
    then = THEN.get(request.form.get("then", ""), "referral.match")
    return redirect(url_for(then, ref=ref), code=303)


def _shown(ref: str) -> dict[str, object]:
    referral = referral_of(desk(), ref)
    titles = {
        child.ref: title_of(child, number)
        for number, child in enumerate(referral.children, start=1)
    }
    return {"referral": referral, "history": history_of(desk(), referral), "titles": titles}
