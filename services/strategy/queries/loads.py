"""What everybody carries: meetings, children awaiting allocation, cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.strategy.documents import CaseDocument, Slots
from services.strategy.domain.allocation import Proposal, propose
from services.strategy.domain.assignment import Load, ManagerLoad
from services.strategy.domain.case import Case, Stage
from services.strategy.domain.directory import Directory, Slot
from services.strategy.queries.cases import earlier_cases
from shared.database import collection_of
from shared.working_days import end_of_london_day, london_day

LOOK_BACK = timedelta(days=60)
"""How far back "longest since last assigned" looks."""
CASELOADS: Final[list[dict[str, Any]]] = [
    {"$match": {"state.stage": Stage.ALLOCATED}},
    {
        "$group": {
            "_id": {"team": "$state.allocation.team", "worker": "$state.allocation.social_worker"},
            "cases": {"$sum": 1},
        }
    },
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caseloads:
    """Allocated cases by team and by social worker."""

    teams: Mapping[str, int]
    workers: Mapping[str, int]


def load_for(case: Case, slot: Slot, *, slots: Slots) -> Load:
    """Return what the choice of a lead for this slot depends on."""
    meetings = _meetings(slot.starts_at)
    awaiting = _awaiting()
    people = {*meetings, *awaiting}
    return Load(
        managers={
            person: ManagerLoad(
                meetings_today=meetings.get(person, {}).get("today", 0),
                children_awaiting=awaiting.get(person, 0),
                last_assigned_at=meetings.get(person, {}).get("last"),
            )
            for person in people
        },
        team_caseload=caseloads().teams,
        busy=slots.busy(slot, except_case=case.ref),
    )


def caseloads() -> Caseloads:
    """Count the allocated cases of every team and every social worker."""
    rows = collection_of(CaseDocument).aggregate(CASELOADS)
    teams: Counter[str] = Counter()
    workers: Counter[str] = Counter()
    for row in rows:
        teams[row["_id"]["team"]] += row["cases"]
        workers[row["_id"]["worker"]] += row["cases"]
    return Caseloads(teams=teams, workers=workers)


def _meetings(at: datetime) -> dict[str, dict[str, Any]]:
    """By lead: meetings on the London day of `at`, and when a meeting was last assigned."""
    day = london_day(at)
    ends = end_of_london_day(day)
    begins = end_of_london_day(day - timedelta(days=1))
    on_the_day = {
        "$and": [
            {"$gt": ["$state.meetings.starts_at", begins]},
            {"$lte": ["$state.meetings.starts_at", ends]},
        ]
    }
    rows = collection_of(CaseDocument).aggregate(
        [
            {"$match": {"state.meetings.starts_at": {"$gt": begins - LOOK_BACK}}},
            {"$unwind": "$state.meetings"},
            {
                "$group": {
                    "_id": "$state.meetings.lead.person",
                    "today": {"$sum": {"$cond": [on_the_day, 1, 0]}},
                    "last": {"$max": "$state.meetings.lead.assigned_at"},
                }
            },
        ]
    )
    return {row["_id"]: row for row in rows}


def _awaiting() -> dict[str, int]:
    """By lead: the children of cases whose meeting was held and that nobody carries yet."""
    rows = collection_of(CaseDocument).aggregate(
        [
            {"$match": {"state.stage": Stage.MEETING_HELD}},
            {
                "$group": {
                    "_id": {"$last": "$state.meetings.lead.person"},
                    "children": {"$sum": {"$size": "$state.children"}},
                }
            },
        ]
    )
    return {row["_id"]: row["children"] for row in rows}


def proposals(case: Case, team: str, directory: Directory, *, at: datetime) -> tuple[Proposal, ...]:
    """Return the team's social workers in the order proposed for a case."""
    earlier = earlier_cases(case)
    return propose(team, directory, caseload=caseloads().workers, earlier=earlier, at=at)
