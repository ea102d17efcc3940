"""Allocation: who may allocate, to whom, and the order in which workers are proposed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.strategy.domain.allocation import allocate, propose
from services.strategy.domain.assignment import EarlierCase
from services.strategy.domain.broken import (
    NotYourTeam,
    UnknownPerson,
    VisitByInThePast,
    VisitByTooFarAhead,
    WorkerNotOfTheTeam,
    WorkerOnLeave,
)
from services.strategy.domain.case import Case
from shared.events.codes import Role
from shared.events.strategy import CaseAllocated
from shared.store import Actor, Change
from tests.unit.strategy.world import (
    FIRST,
    LEAD,
    NOW,
    OTHER_LEAD,
    SECOND,
    a_directory,
    an_allocation,
    held,
)


def allocation(by: Actor = LEAD, **but: object) -> Change[Case]:
    return allocate(
        held(), an_allocation(**but), team="north", directory=a_directory(), by=by, at=NOW
    )


def test_an_allocation_names_worker_team_children_and_visit_but_not_the_plan() -> None:
    change = allocation()

    assert change.facts == (
        CaseAllocated(
            social_worker="sw-north-1",
            team="north",
            children=(FIRST, SECOND),
            visit_by=NOW + timedelta(hours=6),
        ),
    )
    assert change.state.allocation is not None
    assert change.state.allocation.plan.startswith("Fictional")


@pytest.mark.parametrize("manager", ["tm-north-a", "tm-north-b", "tm-north-d", "head-1"])
def test_managers_deputies_and_the_head_of_service_may_allocate(manager: str) -> None:
    assert allocation(by=Actor(manager, Role.TEAM_MANAGER))


def test_a_manager_of_another_team_may_not_allocate() -> None:
    with pytest.raises(NotYourTeam):
        allocation(by=OTHER_LEAD)


@pytest.mark.parametrize("worker", ["nobody-demo", "tm-north-b"])
def test_the_worker_is_a_social_worker_of_the_directory(worker: str) -> None:
    with pytest.raises(UnknownPerson):
        allocation(social_worker=worker)


def test_a_worker_of_another_team_is_refused() -> None:
    with pytest.raises(WorkerNotOfTheTeam):
        allocation(social_worker="sw-south-1")


def test_a_worker_on_leave_is_refused() -> None:
    with pytest.raises(WorkerOnLeave):
        allocation(social_worker="sw-north-3")


def test_a_visit_is_due_in_the_future() -> None:
    with pytest.raises(VisitByInThePast):
        allocation(visit_by=NOW)


def test_a_visit_weeks_ahead_is_refused_as_a_slip() -> None:
    with pytest.raises(VisitByTooFarAhead, match="28 days") as refused:
        allocation(visit_by=NOW + timedelta(days=28, minutes=1))
    assert refused.value.field == "visit_by"
    assert allocation(visit_by=NOW + timedelta(days=28))


def proposed(caseload: dict[str, int], *earlier: EarlierCase) -> list[str]:
    found = propose("north", a_directory(), caseload=caseload, earlier=earlier, at=NOW)
    return [each.worker for each in found]


def test_the_worker_with_most_room_is_proposed_first_and_those_on_leave_last() -> None:
    order = proposed({"sw-north-1": 10, "sw-north-2": 1})

    assert order == ["sw-north-2", "sw-north-1", "sw-north-3"]


def test_the_worker_who_knows_the_family_is_proposed_first() -> None:
    known = EarlierCase(ref="MASH-TEST0-TEST0", team="north", social_worker="sw-north-1")

    assert proposed({"sw-north-1": 10, "sw-north-2": 1}, known)[0] == "sw-north-1"


def test_a_newly_qualified_worker_fills_up_sooner() -> None:
    assert proposed({"sw-north-1": 11, "sw-north-2": 10})[0] == "sw-north-1"


def test_every_proposal_gives_its_reasons() -> None:
    found = propose("north", a_directory(), caseload={"sw-north-1": 15}, at=NOW)

    reasons = {each.worker: " ".join(each.reasons) for each in found}
    assert "at or over capacity" in reasons["sw-north-1"]
    assert "newly qualified" in reasons["sw-north-2"]
    assert "on leave" in reasons["sw-north-3"]
