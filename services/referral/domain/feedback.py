"""Telling the referrer what was decided and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.referral.domain.commands import InformReferrer
from services.referral.domain.errors import (
    AReferrerIsToldAfterTheDecision,
    NoSuchReferral,
    OnlyADecisionCanBeTold,
    TheReferrerIsToldOnce,
    ThereIsNobodyToInform,
)
from services.referral.domain.referral import (
    Decision,
    Informing,
    Referral,
    require_step,
    stage_after,
)
from shared.changes import Change
from shared.clock import london, wall_clock
from shared.events.referral import ReferrerInformed


def inform(
    state: Referral | None, command: InformReferrer, *, by: str, at: datetime
) -> Change[Referral]:
    """Record that the referrer was told the outcome and the reason, after the decision, once.

    Source: Working Together 2023 (feedback to the referrer), as quoted by local procedures.
    """
    if state is None:
        raise NoSuchReferral
    decision = _decision_not_told_yet(state)
    referral = require_step(state, InformReferrer)
    _at_a_possible_time(decision, command, at=at)
    informing = Informing(
        informed_by=command.informed_by,
        informed_at=command.informed_at,
        what_was_said=command.what_was_said.strip(),
        recorded_by=by,
        recorded_at=at,
    )
    after = replace(referral, stage=stage_after(referral, InformReferrer), informing=informing)
    fact = ReferrerInformed(informed_by=command.informed_by, occurred_at=command.informed_at)
    return Change(after, (fact,))


def _decision_not_told_yet(state: Referral) -> Decision:
    if state.decision is None:
        raise OnlyADecisionCanBeTold(
            "This referral is not decided yet. Decide the threshold first, then tell the referrer."
        )
    if state.informing is not None:
        told_at = state.informing.informed_at
        when = f"{wall_clock(told_at)} on {london(told_at):%d %B %Y}"
        raise TheReferrerIsToldOnce(
            f"It is recorded already that the referrer was told at {when}. Nothing was changed."
        )
    if not state.report.referrer.can_be_informed:
        raise ThereIsNobodyToInform(
            "The referrer stayed unnamed and left no telephone number or email address, so there "
            "is nobody to tell. Nothing needs to be recorded."
        )
    return state.decision


def _at_a_possible_time(decision: Decision, command: InformReferrer, *, at: datetime) -> None:
    # People write times in whole minutes: a call in the minute of the decision is after it.
    earliest = decision.decided_at.replace(second=0, microsecond=0)
    if command.informed_at < earliest:
        raise AReferrerIsToldAfterTheDecision(
            "The time the referrer was told must be after the decision.", field="informed_at"
        )
    if command.informed_at > at:
        raise AReferrerIsToldAfterTheDecision(
            "The time the referrer was told must be in the past.", field="informed_at"
        )
