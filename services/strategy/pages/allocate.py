"""Allocating a case: the order of workers is proposed with reasons, the manager decides."""

from __future__ import annotations

from collections.abc import Callable

from flask.typing import ResponseReturnValue

from services.strategy.domain.allocation import Proposal
from services.strategy.domain.case import Case
from services.strategy.domain.stages import Step
from services.strategy.domain.stages import take as check_step
from services.strategy.handlers.work import allocate_case, team_of
from services.strategy.pages.base import (
    CASE,
    blueprint,
    case_address,
    desk,
    new_form,
    offer,
    office,
    page,
    read_case,
    take,
    today,
)
from services.strategy.queries import worklist
from services.strategy.queries.loads import proposals
from services.strategy.schemas.commands import AllocateIn
from shared.auth import current_actor, requires
from shared.events.codes import Role
from shared.web.questions import Form


@blueprint.get(f"{CASE}/allocation")
@requires(Role.TEAM_MANAGER)
def allocate(ref: str) -> ResponseReturnValue:
    """Show the team's workers in the order proposed and ask for plan and visit."""
    case, _ = check_step(read_case(ref), Step.ALLOCATE)
    return _page(case)(new_form(AllocateIn.at_hand(), {"visit_by": today()}))


@blueprint.post(f"{CASE}/allocation")
@requires(Role.TEAM_MANAGER)
def allocate_sent(ref: str) -> ResponseReturnValue:
    """Allocate the case."""
    again = _page(read_case(ref))
    return take(AllocateIn.at_hand(), allocate_case, again=again, done=case_address(ref), ref=ref)


def _page(case: Case) -> Callable[[Form], str]:
    team = team_of(case, desk=desk(), by=current_actor())
    proposed = proposals(case, team, office().directory, at=office().clock.now())

    def again(form: Form) -> str:
        offer(form.schema, "social_worker", _choices(proposed))
        return page(
            "allocate.html",
            case=case,
            form=form,
            team=team,
            proposed=proposed,
            promise=worklist.allocation_promise(case, office().limits),
        )

    return again


def _choices(proposed: tuple[Proposal, ...]) -> list[tuple[str, str]]:
    label = office().directory.label
    return [
        (each.worker, f"{number}. {label(each.worker)}")
        for number, each in enumerate(proposed, start=1)
        if each.free
    ]
