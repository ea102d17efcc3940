"""Reads of the case documents: one case, the earlier cases of a family, what waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from services.strategy.documents import NOT_SEEN, OPEN_MEETING, CaseDocument
from services.strategy.domain.assignment import EarlierCase
from services.strategy.domain.case import Case, Stage
from shared.database import collection_of
from shared.states import from_stored

STATE_ONLY = {"state": 1}


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
    if not case.earlier_cases:
        return ()
    known = {each.ref: each for each in find({"_id": {"$in": list(case.earlier_cases)}})}
    found = (known[ref] for ref in case.earlier_cases if ref in known)
    return tuple(
        EarlierCase(
            ref=each.ref,
            team=each.team,
            social_worker=each.allocation.social_worker if each.allocation else None,
        )
        for each in found
        if each.team
    )


def waiting() -> Iterator[Case]:
    """Yield the cases on which something is still to be done: the worklist is made of them."""
    yield from find(
        {
            "$or": [
                {
                    "state.stage": {
                        "$in": [stage for stage in Stage if stage is not Stage.ALLOCATED]
                    }
                },
                NOT_SEEN,
                OPEN_MEETING,
            ]
        }
    )


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
