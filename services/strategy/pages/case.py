"""One case on one page: stage, clocks, lead with reasons, meetings, allocation, children."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from flask.typing import ResponseReturnValue

from services.strategy.domain.case import Case, Meeting, Stage
from services.strategy.domain.stages import Step, steps_from
from services.strategy.pages.base import CASE, READERS, VISITORS, blueprint, office, page, read_case
from services.strategy.queries import worklist
from shared.auth import current_actor, requires
from shared.events.codes import Role
from shared.ids import new_submission_id
from shared.store import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAction:
    """What to do next, in words, and where; no address when somebody else has to do it."""

    words: str
    button: str = ""
    href: str = ""


@blueprint.get(CASE)
@requires(*READERS)
def show_case(ref: str) -> ResponseReturnValue:
    """The overview of a case."""
    case, actor, limits = read_case(ref), current_actor(), office().limits
    return page(
        "case.html",
        case=case,
        me=actor.id,
        role=actor.role,
        team=worklist.team_of(case, office().directory),
        promise=worklist.allocation_promise(case, limits),
        seen_promises={
            child.child: worklist.seen_promise(case, child, limits) for child in case.children
        },
        broken_promise=worklist.promise_before_plan(case, limits),
        next_action=next_action(case, actor),
        may_call=_may_call(case, actor),
        submission_id=new_submission_id(),
    )


def next_action(case: Case, actor: Actor) -> NextAction:
    """Return the one thing to do next on a case, for the person who looks."""
    manages = actor.role is Role.TEAM_MANAGER
    if case.open_meeting:
        return _meeting_action(case, case.open_meeting, actor)
    if Step.ALLOCATE in steps_from(case.stage, case.route):
        words = "Allocate the case to a social worker today."
        return _do(words, "Allocate the case", "strategy.allocate", case, may=manages)
    if case.stage is Stage.OPENED:
        words = "Call the strategy meeting."
        may = actor.role in (Role.TEAM_MANAGER, Role.MASH_MANAGER)
        return _do(words, "Call the meeting", "strategy.call_meeting", case, may=may)
    return _visits_action(len(case.children_not_seen), actor)


def _meeting_action(case: Case, waiting: Meeting, actor: Actor) -> NextAction:
    if waiting.lead.acknowledged_at:
        words, may = "Hold the strategy meeting and record it.", actor.role is Role.TEAM_MANAGER
        return _do(words, "Record the meeting", "strategy.record_meeting", case, may=may)
    if waiting.lead.person == actor.id:
        return NextAction(words="You lead the strategy meeting. Acknowledge it.")
    return NextAction(words="The lead has to acknowledge the strategy meeting.")


def _visits_action(left: int, actor: Actor) -> NextAction:
    if left:
        children = "1 child has" if left == 1 else f"{left} children have"
        records = actor.role in VISITORS
        who = "Record each visit below." if records else "The team records each visit."
        return NextAction(words=f"{children} not been seen yet. {who}")
    return NextAction(words="Every child has been seen. Nothing more is due here.")


def _do(words: str, button: str, endpoint: str, case: Case, *, may: bool) -> NextAction:
    href = url_for(endpoint, ref=case.ref) if may else ""
    return NextAction(words=words, button=button, href=href)


def _may_call(case: Case, actor: Actor) -> bool:
    steps = steps_from(case.stage, case.route)
    calls = actor.role in (Role.TEAM_MANAGER, Role.MASH_MANAGER)
    return calls and Step.CALL_MEETING in steps and case.open_meeting is None
