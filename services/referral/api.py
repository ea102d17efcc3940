"""The JSON door: load the schema, handle the command, show the answer."""

from __future__ import annotations

from typing import Any, cast

from flask import current_app, request, url_for
from flask_smorest import Blueprint
from marshmallow import Schema

from services.referral import handlers
from services.referral.domain.commands import (
    DecideThreshold,
    InformReferrer,
    MatchChild,
    ReceiveReferral,
)
from services.referral.domain.referral import Referral
from services.referral.queries.desk import Desk, decision_due, own_referral_of, readable_referral_of
from services.referral.queries.history import history_of
from services.referral.queries.inbox import InboxRow, Wanted, inbox
from services.referral.schemas import DecisionIn, FeedbackIn, InboxQuery, MatchIn, ReferralIn
from services.referral.schemas.asking import filters_in
from services.referral.schemas.orders import DECIDERS, HUB, ORDERS, SENDERS
from services.referral.schemas.shown import (
    InboxOut,
    ReceivedOut,
    ReferralOut,
    StandingOut,
)
from shared.auth import current_actor, current_person, requires
from shared.events.codes import Door, Role
from shared.orders import HeadOut, OrderIn, OrderOut
from shared.states import plain
from shared.web.imports import BulkDoor

blueprint = Blueprint(
    "referral_api",
    __name__,
    url_prefix="/referral/api",
    description="Referrals to the multi-agency safeguarding hub",
)


Answer = tuple[dict[str, Any], int, dict[str, str]]


def desk() -> Desk:
    """Return what the views of this service work with."""
    return cast(Desk, current_app.extensions["referral"])


def body_of(schema: type | Schema) -> dict[str, Any]:
    """Describe a request body for the API's description; the view loads it, with the time."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


@blueprint.route("/referrals", methods=["POST"])
@requires(*SENDERS)
@blueprint.doc(requestBody=body_of(ReferralIn))
@blueprint.response(201, ReceivedOut)
def receive() -> Answer:
    """Send a referral. The same submission_id with the same body again answers 200, the same."""
    loaded = ReferralIn.at_hand(now=desk().clock.now()).load(request.get_json())
    received = handlers.receive_referral(
        ReceiveReferral(door=Door.API, **loaded),
        referrals=desk().referrals,
        secret=desk().secret,
        by=current_actor(),
    )
    referral = _state(received.root.state)
    address = url_for("referral_api.show", ref=referral.ref)
    return _received(referral), 201 if received.first_time else 200, {"Location": address}


@blueprint.route("/referrals/<ref>", methods=["GET"])
@requires(*HUB, Role.TEAM_MANAGER, Role.SOCIAL_WORKER, Role.AUDITOR, Role.PARTNER)
@blueprint.response(200, ReferralOut)
def show(ref: str) -> dict[str, Any]:
    """Read a referral. Whoever sent it sees where it stands; staff see all of it.

    Social workers and team managers read it once it was decided to come to social care.
    """
    actor = current_actor()
    if actor.role is Role.PARTNER:
        return _standing(own_referral_of(desk(), ref, person=actor.id))
    person = current_person()
    roles = person.roles if person else (actor.role,)
    return _whole(readable_referral_of(desk(), ref, roles=roles))


@blueprint.route("/referrals/<ref>/decision", methods=["POST"])
@requires(*DECIDERS)
@blueprint.doc(requestBody=body_of(DecisionIn))
@blueprint.response(200, StandingOut)
def decide(ref: str) -> dict[str, Any]:
    """Decide the threshold, once. A second decision answers 409."""
    command = DecideThreshold(ref=ref, **DecisionIn.at_hand().load(request.get_json()))
    root = handlers.decide_threshold(
        command, referrals=desk().referrals, guidance=desk().guidance, by=current_actor()
    )
    return _standing(_state(root.state))


@blueprint.route("/referrals/<ref>/matches", methods=["POST"])
@requires(*HUB)
@blueprint.doc(requestBody=body_of(MatchIn))
@blueprint.response(200, ReferralOut)
def match(ref: str) -> dict[str, Any]:
    """Confirm that a child is a child of an earlier referral."""
    command = MatchChild(ref=ref, **MatchIn.at_hand().load(request.get_json()))
    root = handlers.match_child(command, referrals=desk().referrals, by=current_actor())
    return _whole(_state(root.state))


@blueprint.route("/referrals/<ref>/feedback", methods=["POST"])
@requires(*HUB)
@blueprint.doc(requestBody=body_of(FeedbackIn))
@blueprint.response(200, StandingOut)
def tell(ref: str) -> dict[str, Any]:
    """Record that the referrer was told the outcome."""
    loaded = FeedbackIn.at_hand(now=desk().clock.now()).load(request.get_json())
    root = handlers.inform_referrer(
        InformReferrer(ref=ref, **loaded), referrals=desk().referrals, by=current_actor()
    )
    return _standing(_state(root.state))


@blueprint.route("/imports", methods=["POST"])
@requires(Role.ADMINISTRATOR)
@blueprint.doc(requestBody=body_of(OrderIn(many=True)))
@blueprint.response(200, OrderOut(many=True))
def enter() -> list[dict[str, Any]]:
    """Enter steps of histories, at most 500: receive, match, decide, tell.

    Each is judged by its schema and the rules as of the time at which it happened, in the role of
    whoever did it. The same order again is taken once. `mash import` sends files.
    """
    with_these = desk()
    door = BulkDoor(
        kinds=ORDERS,
        accounts=current_app.extensions["referral_accounts"],
        carry_out=lambda entries: handlers.enter_history(
            entries,
            referrals=with_these.referrals,
            guidance=with_these.guidance,
            limits=with_these.limits,
            secret=with_these.secret,
        ),
    )
    return door.take(request.get_json(), by=current_actor(), now=with_these.clock.now())


@blueprint.route("/imports/<ref>", methods=["GET"])
@requires(Role.ADMINISTRATOR)
@blueprint.response(200, HeadOut)
def head_of(ref: str) -> dict[str, Any]:
    """Say how many events a referral has: whoever imports waits until others heard as many."""
    return {"case": ref, "events": desk().referrals.load(ref).version}


@blueprint.route("/inbox", methods=["GET"])
@requires(*HUB)
@blueprint.response(200, InboxOut)
def show_inbox() -> dict[str, Any]:
    """Read a page of the duty inbox: filters waiting, source, page.

    What waits for a decision comes in the order immediate danger, not sure, the rest, each by
    when the decision is due. Other lists are newest first.
    """
    found = inbox(desk(), Wanted(**InboxQuery().load(filters_in(request.args.to_dict(flat=False)))))
    return {
        "total": found.total,
        "page": found.page,
        "pages": found.pages,
        "last_decided_at": plain(found.last_decided_at),
        "referrals": [_row(row) for row in found.rows],
    }


def _state(state: Referral | None) -> Referral:
    # A command that succeeded left a state behind; this says so to the type checker.
    if state is None:
        raise LookupError("a command left no state: look at its rule")
    return state


def _received(referral: Referral) -> dict[str, Any]:
    return {
        "reference": referral.ref,
        "received_at": plain(referral.received_at),
        "decision_due": plain(decision_due(desk(), referral).due_at),
        "children": [child.ref for child in referral.children],
    }


def _standing(referral: Referral) -> dict[str, Any]:
    decision, informing = referral.decision, referral.informing
    return {
        "reference": referral.ref,
        "stage": referral.stage.value,
        "received_at": plain(referral.received_at),
        "decision_due": plain(decision_due(desk(), referral).due_at),
        "outcome": plain(decision.outcome) if decision else None,
        "decided_at": plain(decision.decided_at) if decision else None,
        "decided_by": decision.decided_by if decision else None,
        "feedback": decision.feedback if decision else None,
        "informed_at": plain(informing.informed_at) if informing else None,
    }


def _whole(referral: Referral) -> dict[str, Any]:
    """Show a referral; earlier ones that it may belong to are for the hub alone, as on its page."""
    report = plain(referral.report)
    whole = {
        **_standing(referral),
        "children": [{"reference": child.ref, **plain(child.told)} for child in referral.children],
        "report": {name: value for name, value in report.items() if name != "children"},
        "decision": plain(referral.decision),
        "matches": plain(referral.matches),
    }
    if current_actor().role in HUB:
        history = history_of(desk(), referral)
        whole["possible_earlier_referrals"] = plain(history.earlier)
        whole["number_in_12_months"] = history.number_in_12_months
    return whole


def _row(row: InboxRow) -> dict[str, Any]:
    shown: dict[str, Any] = plain(row)
    due = shown.pop("due")
    return {"reference": shown.pop("ref"), "decision_due": due["due_at"], **shown}
