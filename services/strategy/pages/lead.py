"""Who leads: acknowledge, decline, name another lead."""

from __future__ import annotations

from collections.abc import Callable

from flask.typing import ResponseReturnValue

from services.strategy.domain.case import Case
from services.strategy.domain.stages import Step
from services.strategy.domain.stages import take as check_step
from services.strategy.handlers import leads
from services.strategy.pages.base import (
    CALLERS,
    CASE,
    blueprint,
    case_address,
    new_form,
    offer,
    page,
    people_who_lead,
    read_case,
    take,
)
from services.strategy.schemas.commands import AcknowledgeLeadIn, DeclineLeadIn, OverrideLeadIn
from shared.auth import current_actor, requires
from shared.events.codes import Role
from shared.web.questions import Form


@blueprint.get(f"{CASE}/lead/acknowledge")
@requires(Role.TEAM_MANAGER)
def acknowledge(ref: str) -> ResponseReturnValue:
    """Show the meeting and ask the lead to say: mine."""
    case = _with_open_meeting(ref)
    return _acknowledge_page(case)(new_form(AcknowledgeLeadIn.at_hand()))


@blueprint.post(f"{CASE}/lead/acknowledge")
@requires(Role.TEAM_MANAGER)
def acknowledge_sent(ref: str) -> ResponseReturnValue:
    """The lead says: mine."""
    return take(
        AcknowledgeLeadIn.at_hand(),
        leads.acknowledge_lead,
        again=_acknowledge_page(read_case(ref)),
        done=case_address(ref),
        ref=ref,
    )


@blueprint.get(f"{CASE}/lead/decline")
@requires(Role.TEAM_MANAGER)
def decline(ref: str) -> ResponseReturnValue:
    """Ask why the lead cannot lead; anybody else is told so before they fill in anything."""
    case = _with_open_meeting(ref)
    if not _leads(case):
        return _acknowledge_page(case)(new_form(AcknowledgeLeadIn.at_hand()))
    return _decline_page(case)(new_form(DeclineLeadIn.at_hand()))


@blueprint.post(f"{CASE}/lead/decline")
@requires(Role.TEAM_MANAGER)
def decline_sent(ref: str) -> ResponseReturnValue:
    """Decline; the next in order is assigned at once."""
    return take(
        DeclineLeadIn.at_hand(),
        leads.decline_lead,
        again=_decline_page(read_case(ref)),
        done=case_address(ref),
        ref=ref,
    )


@blueprint.get(f"{CASE}/lead/override")
@requires(*CALLERS)
def override(ref: str) -> ResponseReturnValue:
    """Ask who leads instead, and why."""
    return _override_page(_with_open_meeting(ref))(new_form(OverrideLeadIn.at_hand()))


@blueprint.post(f"{CASE}/lead/override")
@requires(*CALLERS)
def override_sent(ref: str) -> ResponseReturnValue:
    """Name another lead."""
    return take(
        OverrideLeadIn.at_hand(),
        leads.override_lead,
        again=_override_page(read_case(ref)),
        done=case_address(ref),
        ref=ref,
    )


def _with_open_meeting(ref: str) -> Case:
    case, _ = check_step(read_case(ref), Step.CHANGE_LEAD)
    return case


def _leads(case: Case) -> bool:
    meeting = case.open_meeting
    return meeting is not None and meeting.lead.person == current_actor().id


def _acknowledge_page(case: Case) -> Callable[[Form], str]:
    leads = _leads(case)
    return lambda form: page("acknowledge.html", case=case, form=form, leads=leads)


def _decline_page(case: Case) -> Callable[[Form], str]:
    return lambda form: page("decline.html", case=case, form=form)


def _override_page(case: Case) -> Callable[[Form], str]:
    def again(form: Form) -> str:
        offer(form.schema, "lead", people_who_lead())
        return page("override.html", case=case, form=form)

    return again
