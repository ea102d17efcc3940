"""Referrals in every stage, made by the rules themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.referral.domain import feedback, referral, threshold
from services.referral.domain.commands import DecideThreshold, InformReferrer, ReceiveReferral
from services.referral.domain.matching import match_key
from services.referral.domain.referral import Child, Referral
from services.referral.domain.report import ReportedChild
from services.referral.schemas import DecisionIn, FeedbackIn, ReferralIn
from shared.events.codes import Door
from shared.ids import case_reference, child_reference
from shared.store import Change
from tests.builders import a_decision, a_referral, feedback_given

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
DECIDED_AT = NOW + timedelta(minutes=40)
INFORMED_AT = NOW + timedelta(hours=2)
SECRET = "a secret that only tests know, 32 characters"


def receiving(body: dict[str, Any]) -> ReceiveReferral:
    return ReceiveReferral(door=Door.API, **ReferralIn(now=NOW).load(body))


def receive(
    command: ReceiveReferral,
    *,
    state: Referral | None = None,
    by: str = "school-demo",
    at: datetime = NOW,
) -> Change[Referral] | None:
    def name_child(position: int, told: ReportedChild) -> Child:
        ref = child_reference(command.submission_id, position)
        return Child(ref=ref, told=told, match_key=match_key(told, secret=SECRET))

    ref = case_reference(command.submission_id)
    return referral.receive(state, command, ref=ref, name_child=name_child, by=by, at=at)


def a_received_referral(*, at: datetime = NOW, **but: Any) -> Referral:
    change = receive(receiving(a_referral(**but)), at=at)
    assert change is not None
    return change.state


def deciding(state: Referral, **but: Any) -> DecideThreshold:
    return DecideThreshold(ref=state.ref, **DecisionIn().load(a_decision(**but)))


def informing(state: Referral, **but: Any) -> InformReferrer:
    return InformReferrer(ref=state.ref, **FeedbackIn(now=INFORMED_AT).load(feedback_given(**but)))


def a_decided_referral(**but: Any) -> Referral:
    state = a_received_referral(**but)
    return threshold.decide(state, deciding(state), by="manager-demo", at=DECIDED_AT).state


def an_informed_referral(**but: Any) -> Referral:
    state = a_decided_referral(**but)
    return feedback.inform(state, informing(state), by="manager-demo", at=INFORMED_AT).state
