"""Reads of the case documents: one case, the earlier cases of a family, what waits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from services.strategy.documents import NOT_SEEN, OPEN_MEETING, CaseDocument
from services.strategy.domain.assignment import EarlierCase
from services.strategy.domain.case import Case, Stage
from services.strategy.domain.directory import Directory
from shared.database import collection_of
from shared.states import from_stored

STATE_ONLY = {"state": 1}
WAITING: Final[Mapping[str, Any]] = {
    "$or": [
        {"state.stage": {"$in": [stage for stage in Stage if stage is not Stage.ALLOCATED]}},
        NOT_SEEN,
        OPEN_MEETING,
    ]
}


def find(query: Mapping[str, Any]) -> Iterator[Case]:
    """Yield the cases that match, without their history."""
    for row in collection_of(CaseDocument).find(dict(query), STATE_ONLY):
        if row.get("state"):
            yield from_stored(row["state"], Case)


def case_of(ref: str) -> Case | None:
    """Return one case, or nothing."""
    return next(find({"_id": ref}), None)


def earlier_cases(case: Case) -> tuple[EarlierCase, ...]:
    """Return the confirmed earlier cases of the family that a team here has or had, newest first.

    A case that this service never had, or that no team took, says nothing about continuity.
    """
    return earlier_cases_of([case])[case.ref]


def earlier_cases_of(cases: Collection[Case]) -> dict[str, tuple[EarlierCase, ...]]:
    """Return the earlier cases of each, by reference: one read, however many there are.

    A read each would be quick by itself. While an import keeps the processor of this process busy,
    a thread waits for it after every read, and a hundred reads take seconds.
    """
    refs = {ref for case in cases for ref in case.earlier_cases}
    known = {each.ref: each for each in find({"_id": {"$in": sorted(refs)}})} if refs else {}
    return {
        case.ref: tuple(
            EarlierCase(
                ref=ref,
                team=team,
                social_worker=held.social_worker if (held := known[ref].allocation) else None,
            )
            for ref in case.earlier_cases
            if ref in known and (team := known[ref].team)
        )
        for case in cases
    }


def waiting() -> Iterator[Case]:
    """Yield the cases on which something is still to be done: the worklist is made of them."""
    yield from find(WAITING)


def waiting_for(person: str, teams: Collection[str], directory: Directory) -> Iterator[Case]:
    """Yield of those the ones that may concern a person with these teams: which do, the worklist
    says. What is certain to be other teams' is not read.

    Until a team has a case, the patch says whose it is, or what the family's earlier cases say.
    """
    mine = [area for team in directory.teams if team.code in teams for area in team.patch]
    anybodys = [area for team in directory.teams for area in team.patch]
    with_a_team = (
        {"state.allocation.team": {"$in": list(teams)}},
        {"state.meetings.lead.team": {"$in": list(teams)}},
        {"state.meetings.lead.person": person},
    )
    without_one: tuple[Mapping[str, Any], ...] = (
        {"state.area": {"$in": mine}},
        {"state.area": {"$nin": anybodys}},
        {"state.earlier_cases": {"$ne": []}},
    )
    no_team: Mapping[str, Any] = {"state.allocation": None, "state.meetings": []}
    yield from find({**WAITING, "$and": [{"$or": [*with_a_team, {**no_team, "$or": without_one}]}]})


def allocated_to(social_worker: str) -> Iterator[Case]:
    """Yield the cases of a social worker."""
    yield from find({"state.allocation.social_worker": social_worker})


def with_open_meeting() -> list[str]:
    """Return the references of cases with a meeting that is still to be held or recorded."""
    return [row["_id"] for row in collection_of(CaseDocument).find(OPEN_MEETING, {"_id": 1})]


def unacknowledged(at: datetime) -> list[str]:
    """Return the references of cases whose lead let the time to acknowledge pass."""
    rows = collection_of(CaseDocument).find(
        {
            **OPEN_MEETING,
            "state.meetings": {
                "$elemMatch": {
                    "record": None,
                    "lead.acknowledged_at": None,
                    "lead.acknowledge_by": {"$lte": at},
                }
            },
            "$nor": [{"state.imported": True, "state.meetings": {"$elemMatch": _over(at)}}],
        },
        {"_id": 1},
    )
    return [row["_id"] for row in rows]


def _over(at: datetime) -> Mapping[str, Any]:
    return {"record": None, "ends_at": {"$lte": at}}
