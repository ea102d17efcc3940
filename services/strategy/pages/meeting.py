"""Calling a strategy meeting, and recording what it came to."""

from __future__ import annotations

from collections.abc import Callable

from flask.typing import ResponseReturnValue

from services.strategy.domain.case import Case, CaseChild
from services.strategy.domain.meeting import CORE
from services.strategy.domain.stages import Step
from services.strategy.domain.stages import take as check_step
from services.strategy.handlers.leads import call_meeting as handle_call
from services.strategy.handlers.work import record_meeting as handle_record
from services.strategy.pages.base import (
    CALLERS,
    CASE,
    blueprint,
    case_address,
    new_form,
    offer,
    office,
    page,
    people_who_lead,
    read_case,
    take,
    today,
)
from services.strategy.schemas.commands import CallMeetingIn, RecordMeetingIn
from shared.auth import current_actor, requires
from shared.events.codes import Agency, Role
from shared.web.labels import code_words
from shared.web.questions import Form


@blueprint.get(f"{CASE}/meeting")
@requires(*CALLERS)
def call_meeting(ref: str) -> ResponseReturnValue:
    """Ask when, how and who."""
    case = read_case(ref)
    check_step(case, Step.CALL_MEETING)
    invited = [*CORE, *([Agency.PAEDIATRICIAN] if case.physical_harm_alleged else [])]
    values = {"invited": invited, "starts_at": today()}
    return _call_page(case)(new_form(CallMeetingIn.at_hand(), values))


@blueprint.post(f"{CASE}/meeting")
@requires(*CALLERS)
def call_meeting_sent(ref: str) -> ResponseReturnValue:
    """Call the meeting; its lead is assigned at once."""
    again = _call_page(read_case(ref))
    return take(CallMeetingIn.at_hand(), handle_call, again=again, done=case_address(ref), ref=ref)


def _call_page(case: Case) -> Callable[[Form], str]:
    return lambda form: page("call_meeting.html", case=case, form=form)


@blueprint.get(f"{CASE}/meeting/record")
@requires(Role.TEAM_MANAGER)
def record_meeting(ref: str) -> ResponseReturnValue:
    """Ask who took part, what was decided and, for alleged injury, about each child."""
    case = read_case(ref)
    check_step(case, Step.RECORD_MEETING)
    meeting = case.meetings[-1]
    begun = meeting.starts_at <= office().clock.now()
    values = {
        "held_at": meeting.starts_at if begun else today(),
        "attendance": [{"agency": agency} for agency in meeting.invited],
        "medicals": [{"child": child.child} for child in _asked_about(case)],
    }
    return _record_page(case)(new_form(RecordMeetingIn.at_hand(), values))


@blueprint.post(f"{CASE}/meeting/record")
@requires(Role.TEAM_MANAGER)
def record_meeting_sent(ref: str) -> ResponseReturnValue:
    """Record the meeting."""
    again = _record_page(read_case(ref))
    return take(
        RecordMeetingIn.at_hand(), handle_record, again=again, done=case_address(ref), ref=ref
    )


def _asked_about(case: Case) -> tuple[CaseChild, ...]:
    return case.children if case.physical_harm_alleged else ()


def _say_whose(form: Form) -> None:
    """The same words for every row of a list would not say which row: name agency and child."""
    for rows, field, told_by, words in (
        ("attendance", "presence", "agency", "Select how each agency took part: {}"),
        ("medicals", "decision", "child", "Select whether a paediatrician must see {}"),
    ):
        faults = form.errors.get(rows)
        for number, fault in faults.items() if isinstance(faults, dict) else ():
            if isinstance(fault, dict) and field in fault:
                whose = form.question(f"{rows}-{number}-{told_by}").value
                fault[field] = [words.format(_agency_words(whose))]


def _agency_words(code: str) -> str:
    return code_words(code, "Agency").lower() if code in set(Agency) else code


def _record_page(case: Case) -> Callable[[Form], str]:
    def again(form: Form) -> str:
        _say_whose(form)
        offer(form.schema, "medicals-approved_by", people_who_lead())
        leads = bool(case.meetings) and case.meetings[-1].lead.person == current_actor().id
        return page("record_meeting.html", case=case, form=form, leads=leads)

    return again
