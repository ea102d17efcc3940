"""The duty inbox and the list of what a person sent: references and codes, no names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.referral.documents import ReferralDocument
from services.referral.domain.matching import number_within_12_months
from services.referral.domain.stages import Stage, Waiting
from services.referral.queries.desk import Desk
from shared.database import collection_of
from shared.events.codes import Agreement, Concern, Danger, ReferralSource, ThresholdOutcome
from shared.events.codes import Clock as Promise
from shared.practice.due import Due, due_for
from shared.practice.limits import TimeLimits

PAGE_SIZE: Final = 25


_STAGES: Final[Mapping[Waiting, Stage | None]] = {
    Waiting.DECISION: Stage.RECEIVED,
    Waiting.FEEDBACK: Stage.DECIDED,
    Waiting.DONE: Stage.REFERRER_INFORMED,
    Waiting.ALL: None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks the inbox for."""

    waiting: Waiting = Waiting.DECISION
    source: ReferralSource | None = None
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One referral as the inbox shows it: references and codes, nothing that names anybody."""

    ref: str
    stage: Stage
    received_at: datetime
    due: Due
    urgent: bool
    danger: Danger
    agreement: Agreement | None
    told_family: bool | None
    concerns: tuple[Concern, ...]
    source: ReferralSource
    children: int
    unborn: int
    going_home_at: str | None
    outcome: ThresholdOutcome | None
    decided_at: datetime | None
    number_in_12_months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """A page of the inbox."""

    rows: tuple[InboxRow, ...]
    total: int
    page: int
    last_decided_at: datetime | None

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def first(self) -> int:
        """The number of the first row on this page."""
        return (self.page - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        """The number of the last row on this page."""
        return self.first + len(self.rows) - 1


_ROW: Final = {
    "state.stage": 1,
    "state.received_at": 1,
    "state.children.match_key": 1,
    "state.children.told.born": 1,
    "state.report.urgent": 1,
    "state.report.safety.immediate_danger": 1,
    "state.report.safety.going_home_at": 1,
    "state.report.family.agreement": 1,
    "state.report.family.told_family": 1,
    "state.report.worries.categories": 1,
    "state.report.referrer.referral_source": 1,
    "state.decision.outcome": 1,
    "state.decision.decided_at": 1,
}


# The codes of danger sort as yes, not-sure, no when read downwards. The limit is one for all, so
# the order of receipt is the order of the due times.
_WAITING_ORDER: Final = [
    ("state.report.safety.immediate_danger", -1),
    ("state.received_at", 1),
    ("_id", 1),
]
_NEWEST_FIRST: Final = [("state.received_at", -1), ("_id", -1)]


def inbox(desk: Desk, wanted: Wanted) -> Inbox:
    """Return one page of the duty inbox: danger first, and then what is due first."""
    collection = collection_of(ReferralDocument)
    matching = _matching(wanted)
    total = collection.count_documents(matching)
    page = min(max(wanted.page, 1), max(1, -(-total // PAGE_SIZE)))
    found = list(
        collection.find(matching, _ROW)
        .sort(_WAITING_ORDER if wanted.waiting is Waiting.DECISION else _NEWEST_FIRST)
        .skip((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    earlier = _receipts_by_key(desk, _keys(found))
    rows = tuple(_row(each, earlier=earlier, limits=desk.limits) for each in found)
    return Inbox(rows=rows, total=total, page=page, last_decided_at=_last_decided_at(desk))


def _matching(wanted: Wanted) -> dict[str, Any]:
    matching: dict[str, Any] = {"state.received_at": {"$exists": True}}
    if stage := _STAGES[wanted.waiting]:
        matching["state.stage"] = stage.value
    if wanted.source:
        matching["state.report.referrer.referral_source"] = wanted.source.value
    return matching


def _row(
    found: Mapping[str, Any], *, earlier: Mapping[str, Sequence[datetime]], limits: TimeLimits
) -> InboxRow:
    state = found["state"]
    report, decision = state["report"], state.get("decision") or {}
    received_at, children = state["received_at"], state["children"]
    seen = [
        number_within_12_months(earlier.get(child["match_key"], ()), received_at=received_at)
        for child in children
        if child.get("match_key")
    ]
    agreement, outcome = report["family"].get("agreement"), decision.get("outcome")
    return InboxRow(
        ref=found["_id"],
        stage=Stage(state["stage"]),
        received_at=received_at,
        due=due_for(limits, Promise.DECISION, received_at),
        urgent=report["urgent"],
        danger=Danger(report["safety"]["immediate_danger"]),
        agreement=Agreement(agreement) if agreement else None,
        told_family=report["family"].get("told_family"),
        concerns=tuple(Concern(each) for each in report["worries"]["categories"]),
        source=ReferralSource(report["referrer"]["referral_source"]),
        children=len(children),
        unborn=sum(1 for child in children if not child["told"]["born"]),
        going_home_at=report["safety"].get("going_home_at"),
        outcome=ThresholdOutcome(outcome) if outcome else None,
        decided_at=decision.get("decided_at"),
        number_in_12_months=max(seen, default=1),
    )


def _keys(found: Iterable[Mapping[str, Any]]) -> list[str]:
    keys = (child.get("match_key") for each in found for child in each["state"]["children"])
    return sorted({key for key in keys if key})


def _receipts_by_key(desk: Desk, keys: Sequence[str]) -> dict[str, list[datetime]]:
    receipts: dict[str, list[datetime]] = {key: [] for key in keys}
    if not keys:
        return receipts
    found = collection_of(ReferralDocument).find(
        {"state.children.match_key": {"$in": list(keys)}},
        {"state.received_at": 1, "state.children.match_key": 1},
    )
    for each in found:
        for key in {child.get("match_key") for child in each["state"]["children"]}:
            if key in receipts:
                receipts[key].append(each["state"]["received_at"])
    return receipts


def _last_decided_at(desk: Desk) -> datetime | None:
    found = collection_of(ReferralDocument).find_one(
        {"state.decision.decided_at": {"$type": "date"}},
        {"state.decision.decided_at": 1},
        sort=[("state.decision.decided_at", -1)],
    )
    return found["state"]["decision"]["decided_at"] if found else None


def sent_by(desk: Desk, person: str) -> tuple[InboxRow, ...]:
    """Return the newest referrals that a person sent."""
    found = (
        collection_of(ReferralDocument)
        .find({"state.sent_by": person}, _ROW)
        .sort([("state.received_at", -1)])
        .limit(PAGE_SIZE)
    )
    return tuple(_row(each, earlier={}, limits=desk.limits) for each in found)


def waiting_count(desk: Desk, stage: Stage) -> int:
    """Return how many referrals are at a stage."""
    return int(collection_of(ReferralDocument).count_documents({"state.stage": stage.value}))


def danger_count(desk: Desk) -> int:
    """Return how many referrals that wait for a decision are of a child in immediate danger."""
    matching = {
        "state.stage": Stage.RECEIVED.value,
        "state.report.safety.immediate_danger": Danger.YES.value,
    }
    return int(collection_of(ReferralDocument).count_documents(matching))
