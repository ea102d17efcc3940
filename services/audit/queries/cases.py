"""Which cases and promises there are: the overview, the list, the clocks by how they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from services.audit.documents import CaseProjectionDocument, case_from
from services.audit.domain.clocks import Condition, State
from services.audit.domain.projection import CaseProjection
from services.audit.queries.lines import ClockLine, clock_line
from shared.database import collection_of
from shared.working_days import london_day, london_moment

PAGE_SIZE: Final = 25
MOST_CLOCKS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The figures an auditor looks at first."""

    cases: int
    incomplete: int
    at_risk: int
    breached: int
    met_today: int
    met_late_today: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case of the list."""

    ref: str
    began_at: datetime | None
    last_at: datetime | None
    children: int
    entries: int
    complete: bool
    clocks: tuple[ClockLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """One page of the list of cases."""

    rows: tuple[CaseRow, ...]
    total: int
    page: int
    pages: int

    @property
    def first(self) -> int:
        """The number of the first row shown; 0 when there is none."""
        return (self.page - 1) * PAGE_SIZE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return (self.page - 1) * PAGE_SIZE + len(self.rows)


def overview(now: datetime) -> Overview:
    """Count the promises as they stand, and what was kept today, London time."""
    cases = collection_of(CaseProjectionDocument)
    today = {"$gte": london_moment(london_day(now), time.min)}
    return Overview(
        # Counted, not estimated: the store's own estimate is wrong after a crash.
        cases=cases.count_documents({}),
        incomplete=cases.count_documents({"holes.0": {"$exists": True}}),
        at_risk=_count(_standing(Condition.AT_RISK, now)),
        breached=_count(_standing(Condition.BREACHED, now)),
        met_today=_count({"state": State.MET.value, "stopped_at": today}),
        met_late_today=_count({"state": State.MET_LATE.value, "stopped_at": today}),
    )


def cases_page(
    *, now: datetime, beginning: str = "", condition: Condition | None = None, page: int = 1
) -> CasePage:
    """Return one page of cases, the newest first: all, by reference, by how a promise stands."""
    query: dict[str, Any] = {}
    if beginning:
        query["_id"] = {"$regex": f"^{re.escape(beginning.strip().upper())}"}
    if condition is not None:
        query["clocks"] = {"$elemMatch": _standing(condition, now)}
    cases = collection_of(CaseProjectionDocument)
    total = cases.count_documents(query)
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    found = cases.find(query).sort([("began_at", -1), ("_id", 1)])
    rows = found.skip((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)
    return CasePage(
        rows=tuple(_row(case_from(each), now) for each in rows), total=total, page=page, pages=pages
    )


def clocks_by(
    *, now: datetime, condition: Condition | None = None, due_before: datetime | None = None
) -> list[ClockLine]:
    """Return promises that stand so, the first due first; at most MOST_CLOCKS."""
    wanted = {} if condition is None else _standing(condition, now)
    if due_before is not None:
        wanted = {"$and": [wanted, {"due_at": {"$lt": due_before}}]}
    found = collection_of(CaseProjectionDocument).aggregate(
        [
            {"$match": {"clocks": {"$elemMatch": wanted}} if wanted else {}},
            {"$unwind": "$clocks"},
            {"$match": _prefixed(wanted)},
            {"$sort": {"clocks.due_at": 1, "_id": 1}},
            {"$limit": MOST_CLOCKS},
            {"$set": {"clocks": ["$clocks"]}},
        ]
    )
    return [each for case in found for each in _clock_lines(case_from(case), now)]


def _count(wanted: Mapping[str, Any]) -> int:
    counted = collection_of(CaseProjectionDocument).aggregate(
        [
            {"$match": {"clocks": {"$elemMatch": wanted}}},
            {"$unwind": "$clocks"},
            {"$match": _prefixed(wanted)},
            {"$count": "clocks"},
        ]
    )
    return next((int(each["clocks"]) for each in counted), 0)


def _standing(condition: Condition, now: datetime) -> dict[str, Any]:
    """Return the query for the clocks of which `ClockState.condition(now)` says the same."""
    armed = State.ARMED.value
    match condition:
        case Condition.BREACHED:
            return {"state": armed, "due_at": {"$lt": now}}
        case Condition.AT_RISK:
            return {"state": armed, "due_at": {"$gte": now}, "at_risk_at": {"$lte": now}}
        case Condition.RUNNING:
            return {"state": armed, "due_at": {"$gte": now}, "at_risk_at": {"$gt": now}}
        case settled:
            return {"state": settled.value}


def _prefixed(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same query for clocks that were unwound."""
    return {
        name if name.startswith("$") else f"clocks.{name}": (
            [_prefixed(each) for each in value] if isinstance(value, list) else value
        )
        for name, value in wanted.items()
    }


def _row(case: CaseProjection, now: datetime) -> CaseRow:
    return CaseRow(
        ref=case.ref,
        began_at=case.began_at,
        last_at=case.last_at,
        children=len(case.children),
        entries=case.entries_read,
        complete=not case.holes,
        clocks=tuple(_clock_lines(case, now)),
    )


def _clock_lines(case: CaseProjection, now: datetime) -> Iterator[ClockLine]:
    for state in case.clocks:
        yield clock_line(case.ref, state, now)
