"""Other referrals that may be of the same children: for a person to look at and confirm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.referral.documents import ReferralDocument
from services.referral.domain.matching import number_within_12_months
from services.referral.domain.referral import Referral
from services.referral.queries.desk import Desk
from shared.database import collection_of
from shared.events.codes import Concern, ThresholdOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierReferral:
    """A referral that may be of the same child: a person looks and confirms."""

    child: str
    known_child: str
    known_case: str
    received_at: datetime
    outcome: ThresholdOutcome | None
    concerns: tuple[Concern, ...]
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the hub may know of the children of a referral from before."""

    earlier: tuple[EarlierReferral, ...]
    number_in_12_months: int

    def of(self, child: str) -> tuple[EarlierReferral, ...]:
        """Return the possible earlier referrals of one child, newest first."""
        return tuple(each for each in self.earlier if each.child == child)


def history_of(desk: Desk, referral: Referral) -> History:
    """Return other referrals that may be of the same children, newest first."""
    keys = {child.match_key: child.ref for child in referral.children if child.match_key}
    found = (
        collection_of(ReferralDocument)
        .find(
            {"state.children.match_key": {"$in": list(keys)}, "_id": {"$ne": referral.ref}},
            {
                "state.received_at": 1,
                "state.children.ref": 1,
                "state.children.match_key": 1,
                "state.report.worries.categories": 1,
                "state.decision.outcome": 1,
            },
        )
        .sort([("state.received_at", -1)])
    )
    confirmed = {(each.child, each.known_child) for each in referral.matches}
    earlier = tuple(
        _earlier(each, child=keys[known["match_key"]], known_child=known["ref"], seen=confirmed)
        for each in found
        if each["state"]["received_at"] <= referral.received_at
        for known in each["state"]["children"]
        if known.get("match_key") in keys
    )
    return History(earlier=earlier, number_in_12_months=_number(earlier, referral))


def _earlier(
    found: Mapping[str, Any], *, child: str, known_child: str, seen: set[tuple[str, str]]
) -> EarlierReferral:
    state = found["state"]
    outcome = (state.get("decision") or {}).get("outcome")
    return EarlierReferral(
        child=child,
        known_child=known_child,
        known_case=found["_id"],
        received_at=state["received_at"],
        outcome=ThresholdOutcome(outcome) if outcome else None,
        concerns=tuple(Concern(each) for each in state["report"]["worries"]["categories"]),
        confirmed=(child, known_child) in seen,
    )


def _number(earlier: Sequence[EarlierReferral], referral: Referral) -> int:
    per_child = [
        number_within_12_months(
            {
                each.known_case: each.received_at for each in earlier if each.child == child.ref
            }.values(),
            received_at=referral.received_at,
        )
        for child in referral.children
    ]
    return max(per_child, default=1)
