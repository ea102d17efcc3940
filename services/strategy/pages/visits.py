"""Recording a visit from a phone: the child was seen, or was not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import request
from flask.typing import ResponseReturnValue

from services.strategy.domain.broken import ChildNotOnCase
from services.strategy.domain.case import Case
from services.strategy.domain.visits import check_may_visit, child_on
from services.strategy.handlers.work import record_attempt, record_child_seen
from services.strategy.pages.base import (
    CASE,
    VISITORS,
    blueprint,
    case_address,
    new_form,
    offer,
    office,
    page,
    read_case,
    take,
    today,
)
from services.strategy.queries import worklist
from services.strategy.schemas.commands import AttemptIn, SeenIn
from shared.auth import current_actor, requires
from shared.events.codes import Role
from shared.web.forms import form_to_dict
from shared.web.questions import Form

VISIT = f"{CASE}/children/<child>/visit"
CHOSEN: Final = "child"
"""The question of a visit sent for a child who is not on the case."""
WRONG_CHILD: Final = "This child is not on this case. Choose one of the children on this case"


class VisitForm(Form):
    """A visit's form. For a child who is not on the case it asks first which child it is."""

    wrong_child = ""

    @property
    def error_list(self) -> list[dict[str, str]]:
        """The error summary, in the order of the page."""
        wrong = [{"text": self.wrong_child, "href": f"#{CHOSEN}"}] if self.wrong_child else []
        return [*wrong, *super().error_list]


@blueprint.get(VISIT)
@requires(*VISITORS)
def visit(ref: str, child: str) -> ResponseReturnValue:
    """Ask the one question first: was the child seen?"""
    case = _case_to_visit(ref)
    found = child_on(case, child)
    promise = worklist.seen_promise(case, found, office().limits)
    return page("visit.html", case=case, child=found, promise=promise)


@blueprint.get(f"{VISIT}/seen")
@requires(*VISITORS)
def seen(ref: str, child: str) -> ResponseReturnValue:
    """Ask when, alone or not, and what the child said."""
    again = _form_page("seen.html", *_child_to_visit(ref, child))
    return again(new_form(SeenIn.at_hand(), {"seen_at": today(), "visited_by": _went(ref)}))


@blueprint.post(f"{VISIT}/seen")
@requires(*VISITORS)
def seen_sent(ref: str, child: str) -> ResponseReturnValue:
    """Record that the child was seen."""
    return _take(SeenIn.at_hand(), record_child_seen, "seen.html", ref=ref, child=child)


@blueprint.get(f"{VISIT}/attempt")
@requires(*VISITORS)
def attempt(ref: str, child: str) -> ResponseReturnValue:
    """Ask why the child was not seen and when the next attempt is."""
    again = _form_page("attempt.html", *_child_to_visit(ref, child))
    values = {"attempted_at": today(), "next_attempt_at": today(), "visited_by": _went(ref)}
    return again(new_form(AttemptIn.at_hand(), values))


@blueprint.post(f"{VISIT}/attempt")
@requires(*VISITORS)
def attempt_sent(ref: str, child: str) -> ResponseReturnValue:
    """Record the visit that did not see the child."""
    return _take(AttemptIn.at_hand(), record_attempt, "attempt.html", ref=ref, child=child)


def _case_to_visit(ref: str) -> Case:
    case = read_case(ref)
    check_may_visit(case, directory=office().directory, by=current_actor())
    return case


def _child_to_visit(ref: str, child: str) -> tuple[Case, str]:
    case = _case_to_visit(ref)
    return case, child_on(case, child).child


def _went(ref: str) -> str | None:
    """A manager most likely records for the worker who carries the case."""
    allocation = read_case(ref).allocation
    if current_actor().role is not Role.TEAM_MANAGER or allocation is None:
        return None
    return allocation.social_worker


def _take(
    schema: Any, handle: Callable[..., Any], template: str, *, ref: str, child: str
) -> ResponseReturnValue:
    """What was typed about a visit outlives a wrong address: the form asks which child it was."""
    case = read_case(ref)
    ignore = () if _is_on(case, child) else (CHOSEN,)
    if ignore:
        child = request.form.get(CHOSEN, child)
    again = _form_page(template, case, child)
    done = case_address(ref)
    try:
        return take(schema, handle, again=again, done=done, ignore=ignore, ref=ref, child=child)
    except ChildNotOnCase as broken:
        typed = form_to_dict(request.form, schema, ignore=ignore)
        return again(Form(schema, values=typed)), broken.status


def _is_on(case: Case, child: str) -> bool:
    return any(each.child == child for each in case.children)


def _form_page(template: str, case: Case, child: str) -> Callable[[Form], str]:
    for_others = current_actor().role is Role.TEAM_MANAGER

    def again(asked: Form) -> str:
        form = VisitForm(asked.schema, values=asked.values, errors=asked.errors)
        form.wrong_child = "" if _is_on(case, child) else WRONG_CHILD
        if for_others:
            people = office().directory.people
            offer(form.schema, "visited_by", [(each.id, each.name) for each in people])
        return page(template, case=case, child=child, form=form, for_others=for_others)

    return again
