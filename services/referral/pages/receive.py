"""Sending a referral: is the child in danger now, then the urgent short form or the full one."""

from __future__ import annotations

from typing import Any, Final

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from services.referral.domain.commands import ReceiveReferral
from services.referral.domain.errors import SubmissionUsedForAnother
from services.referral.handlers import receive_referral
from services.referral.pages.desk import SENDERS, again, blueprint, desk
from services.referral.queries.desk import decision_due, own_referral_of
from services.referral.schemas import ReferralIn
from shared.auth import current_actor, current_person, requires
from shared.events.codes import Danger, Door, Role
from shared.ids import new_submission_id
from shared.rules import RuleBroken
from shared.web.forms import form_to_dict
from shared.web.questions import Form

ADD: Final = "add_child"
REMOVE: Final = "remove_child"
SWITCH: Final = "switch_form"
BUTTONS: Final = (ADD, REMOVE, SWITCH, "send")
FORM: Final = "referral/form.html"
ASK_DANGER: Final = "Select whether the child is in immediate danger now"


@blueprint.get("/referrals/new")
@requires(*SENDERS)
def start() -> str | Response:
    """Ask about danger first, and lead to the form that fits."""
    answer = request.args.get("immediate_danger")
    if answer in (Danger.YES, Danger.NOT_SURE):
        return redirect(url_for("referral.urgent_form", danger=answer), code=303)
    if answer == Danger.NO:
        return redirect(url_for("referral.full_form", danger=answer), code=303)
    faults = {"immediate_danger": [ASK_DANGER]} if "start" in request.args else {}
    return render_template("referral/start.html", form=Form(_schema(), errors=faults))


@blueprint.get("/referrals/new/full")
@requires(*SENDERS)
def full_form() -> str:
    """Show the full form."""
    return _empty_form(urgent=False)


@blueprint.get("/referrals/new/urgent")
@requires(*SENDERS)
def urgent_form() -> str:
    """Show the urgent short form."""
    return _empty_form(urgent=True)


@blueprint.post("/referrals/new/full")
@requires(*SENDERS)
def full_form_sent() -> Response:
    """Take in the full form."""
    return _sent(urgent=False)


@blueprint.post("/referrals/new/urgent")
@requires(*SENDERS)
def urgent_form_sent() -> Response:
    """Take in the urgent short form."""
    return _sent(urgent=True)


@blueprint.get("/referrals/<ref>/sent")
@requires(*SENDERS)
def sent(ref: str) -> str:
    """Say what happens next, and later what was decided; to whoever sent it."""
    referral = own_referral_of(desk(), ref, person=current_actor().id)
    due = decision_due(desk(), referral)
    return render_template("referral/sent.html", referral=referral, due=due)


def _schema() -> ReferralIn:
    return ReferralIn(now=desk().clock.now())


def _empty_form(*, urgent: bool) -> str:
    values: dict[str, Any] = {"submission_id": new_submission_id(), "children": [{}]}
    if (danger := request.args.get("danger")) in list(Danger):
        values["immediate_danger"] = danger
    person = current_person()
    if person is not None and Role.PARTNER in person.roles:
        values |= {"ref_name": person.name, "ref_agency": person.agency or ""}
    return render_template(FORM, form=Form(_schema(), values=values), urgent=urgent)


def _sent(*, urgent: bool) -> Response:
    schema = _schema()
    typed = _typed(schema, urgent=urgent)
    if {ADD, REMOVE, SWITCH} & set(request.form):
        return Response(
            render_template(FORM, form=Form(schema, values=typed), urgent=urgent),
            content_type="text/html; charset=utf-8",
        )
    try:
        command = ReceiveReferral(door=Door.PAGE, **schema.load(typed))
        received = receive_referral(
            command, referrals=desk().referrals, secret=desk().secret, by=current_actor()
        )
    except SubmissionUsedForAnother as fault:
        return _to_send_as_new(fault, schema, typed, urgent=urgent)
    except (ValidationError, RuleBroken) as fault:
        return again(FORM, schema, typed, fault, urgent=urgent)
    return redirect(url_for("referral.sent", ref=received.root.ref), code=303)


def _to_send_as_new(
    fault: SubmissionUsedForAnother, schema: ReferralIn, typed: dict[str, Any], *, urgent: bool
) -> Response:
    """Show the form again as a new submission: with the old one every send would be refused."""
    may_see = fault.sent_by == current_actor().id
    earlier = fault.earlier if may_see else None
    told = RuleBroken(
        f"This form was already sent{f' as {earlier}' if earlier else ''}. "
        "If you send again it is a new referral."
    )
    typed["submission_id"] = new_submission_id()
    return again(FORM, schema, typed, told, urgent=urgent, earlier=earlier)


def _typed(schema: ReferralIn, *, urgent: bool) -> dict[str, Any]:
    form: MultiDict[str, str] = request.form
    if REMOVE in form:
        gone = f"children-{form[REMOVE]}-"
        kept = [pair for pair in form.items(multi=True) if not pair[0].startswith(gone)]
        form = MultiDict(kept)
    typed = form_to_dict(form, schema, ignore=BUTTONS)
    typed["urgent"] = "yes" if urgent else "no"
    children = typed.setdefault("children", [])
    if ADD in form or not children:
        children.append({})
    return typed
