"""The JSON door: load the schema, handle the command, show the case as it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import current_app, request
from flask_smorest import Blueprint
from marshmallow import Schema

from services.strategy.domain.broken import CaseNotHeardOf
from services.strategy.domain.case import Case
from services.strategy.handlers import leads, work
from services.strategy.handlers.desk import Desk
from services.strategy.handlers.importing import enter_history
from services.strategy.queries import worklist as lists
from services.strategy.queries.office import Office
from services.strategy.schemas import commands as bodies
from services.strategy.schemas.orders import CALLERS, LEADERS, ORDERS, VISITORS
from services.strategy.schemas.shown import CaseOut, ReloadOut, WorklistOut
from shared.auth import current_actor, requires
from shared.events.codes import Role
from shared.orders import OrderIn, OrderOut
from shared.rules import Invalid
from shared.states import plain
from shared.web.imports import BulkDoor

blueprint = Blueprint(
    "strategy_api",
    __name__,
    url_prefix="/strategy/api",
    description="Strategy meetings, leads, allocation and visits",
)

READERS = (*CALLERS, Role.SOCIAL_WORKER, Role.AUDITOR)
CASE = "/cases/<ref>"
CHILD = f"{CASE}/children/<child>"


def desk() -> Desk:
    """Return what the handlers of this service work with."""
    return cast(Desk, current_app.extensions["strategy.desk"])


def office() -> Office:
    """Return what the views of this service read with."""
    return cast(Office, current_app.extensions["strategy.office"])


def body_of(schema: type | Schema) -> dict[str, Any]:
    """Describe a request body for the API's description; the view loads it."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _carry_out(schema: Any, handle: Callable[..., Any], **where: str) -> dict[str, Any]:
    command = bodies.command_from(schema, request.get_json(), **where)
    root = handle(command, desk=desk(), by=current_actor())
    return case_out(root.state)


@blueprint.route(CASE, methods=["GET"])
@requires(*READERS)
@blueprint.response(200, CaseOut)
def show(ref: str) -> dict[str, Any]:
    """Read a case: its stage, meetings, allocation, children and clocks."""
    return case_out(office().case_for(ref, by=current_actor()))


@blueprint.route("/worklist", methods=["GET"])
@requires(*CALLERS)
@blueprint.response(200, WorklistOut)
def show_worklist() -> dict[str, Any]:
    """Read what waits for the person who asks, the most pressing first."""
    found = office().worklist_of(current_actor())
    parts = ("to_call", "to_acknowledge", "to_lead", "to_allocate", "not_seen")
    return {part: [_item(each) for each in getattr(found, part)] for part in parts}


@blueprint.route(f"{CASE}/meeting", methods=["POST"])
@requires(*CALLERS)
@blueprint.doc(requestBody=body_of(bodies.CallMeetingIn))
@blueprint.response(200, CaseOut)
def call_meeting(ref: str) -> dict[str, Any]:
    """Call a strategy meeting; its lead is assigned at once."""
    return _carry_out(bodies.CallMeetingIn.at_hand(), leads.call_meeting, ref=ref)


@blueprint.route(f"{CASE}/lead/acknowledge", methods=["POST"])
@requires(*LEADERS)
@blueprint.doc(requestBody=body_of(bodies.AcknowledgeLeadIn))
@blueprint.response(200, CaseOut)
def acknowledge(ref: str) -> dict[str, Any]:
    """The lead says: mine."""
    return _carry_out(bodies.AcknowledgeLeadIn.at_hand(), leads.acknowledge_lead, ref=ref)


@blueprint.route(f"{CASE}/lead/decline", methods=["POST"])
@requires(*LEADERS)
@blueprint.doc(requestBody=body_of(bodies.DeclineLeadIn))
@blueprint.response(200, CaseOut)
def decline(ref: str) -> dict[str, Any]:
    """The lead cannot lead; the next in order is assigned at once."""
    return _carry_out(bodies.DeclineLeadIn.at_hand(), leads.decline_lead, ref=ref)


@blueprint.route(f"{CASE}/lead/override", methods=["POST"])
@requires(*CALLERS)
@blueprint.doc(requestBody=body_of(bodies.OverrideLeadIn))
@blueprint.response(200, CaseOut)
def override(ref: str) -> dict[str, Any]:
    """Name another lead, with a reason."""
    return _carry_out(bodies.OverrideLeadIn.at_hand(), leads.override_lead, ref=ref)


@blueprint.route(f"{CASE}/meeting/record", methods=["POST"])
@requires(*LEADERS)
@blueprint.doc(requestBody=body_of(bodies.RecordMeetingIn))
@blueprint.response(200, CaseOut)
def record(ref: str) -> dict[str, Any]:
    """Record the meeting: attendance, section 47, paediatric decisions."""
    return _carry_out(bodies.RecordMeetingIn.at_hand(), work.record_meeting, ref=ref)


@blueprint.route(f"{CASE}/allocation", methods=["POST"])
@requires(*LEADERS)
@blueprint.doc(requestBody=body_of(bodies.AllocateIn))
@blueprint.response(200, CaseOut)
def allocate(ref: str) -> dict[str, Any]:
    """Allocate the case to a social worker, once. A second allocation answers 409."""
    return _carry_out(bodies.AllocateIn.at_hand(), work.allocate_case, ref=ref)


@blueprint.route(f"{CHILD}/attempts", methods=["POST"])
@requires(*VISITORS)
@blueprint.doc(requestBody=body_of(bodies.AttemptIn))
@blueprint.response(200, CaseOut)
def attempt(ref: str, child: str) -> dict[str, Any]:
    """Record a visit that did not see the child."""
    return _carry_out(bodies.AttemptIn.at_hand(), work.record_attempt, ref=ref, child=child)


@blueprint.route(f"{CHILD}/seen", methods=["POST"])
@requires(*VISITORS)
@blueprint.doc(requestBody=body_of(bodies.SeenIn))
@blueprint.response(200, CaseOut)
def seen(ref: str, child: str) -> dict[str, Any]:
    """Record that the child was seen."""
    return _carry_out(bodies.SeenIn.at_hand(), work.record_child_seen, ref=ref, child=child)


@blueprint.route("/imports", methods=["POST"])
@requires(Role.ADMINISTRATOR)
@blueprint.doc(requestBody=body_of(OrderIn(many=True)))
@blueprint.response(200, OrderOut(many=True))
def enter() -> list[dict[str, Any]]:
    """Enter steps of histories, at most 500: from call-meeting to see.

    Each is judged by its schema and the rules as of the time at which it happened, in the role of
    whoever did it. The same order again is taken once. What this service has not heard of yet is
    answered not-yet, with how many events of the referral it has heard.
    """
    door = BulkDoor(
        kinds=ORDERS,
        accounts=current_app.extensions["strategy.accounts"],
        carry_out=lambda entries: enter_history(entries, desk=desk()),
        not_opened=CaseNotHeardOf,
    )
    return door.take(request.get_json(), by=current_actor(), now=desk().cases.clock.now())


@blueprint.route("/directory/reload", methods=["POST"])
@requires(Role.ADMINISTRATOR)
@blueprint.response(200, ReloadOut)
def reload_directory() -> dict[str, Any]:
    """Read the directory file again. With faults the last good one stays in force."""
    faults = office().directory_file.reload()
    if faults:
        raise Invalid("The last good directory stays in force. " + " ".join(faults))
    return {"faults": []}


def case_out(case: Case) -> dict[str, Any]:
    """Return a case as programs see it."""
    limits = office().limits
    shown: dict[str, Any] = plain(case)
    del shown["submissions"]
    return {
        **shown,
        "reference": case.ref,
        "team": lists.team_of(case, office().directory),
        "children": [
            {
                **plain(child),
                "first_seen_at": plain(child.first_seen_at),
                "promise": plain(lists.seen_promise(case, child, limits)),
            }
            for child in case.children
        ],
        "allocation_promise": plain(lists.allocation_promise(case, limits)),
    }


def _item(item: lists.Item) -> dict[str, Any]:
    meeting = item.case.open_meeting
    return {
        "reference": item.case.ref,
        "stage": item.case.stage.value,
        "team": item.team,
        "child": item.child.child if item.child else None,
        "lead": meeting.lead.person if meeting else None,
        "due_at": plain(item.due_at),
    }
