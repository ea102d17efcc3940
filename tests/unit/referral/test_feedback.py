"""Telling the referrer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.referral.domain.errors import (
    AReferrerIsToldAfterTheDecision,
    OnlyADecisionCanBeTold,
    TheReferrerIsToldOnce,
    ThereIsNobodyToInform,
)
from services.referral.domain.feedback import inform
from services.referral.domain.referral import Referral
from services.referral.domain.stages import Stage
from services.referral.domain.threshold import decide
from services.referral.schemas import FeedbackIn
from shared.events.codes import InformedBy
from shared.events.referral import ReferrerInformed
from tests.builders import a_public_referral, feedback_given
from tests.unit.referral.worlds import (
    DECIDED_AT,
    INFORMED_AT,
    a_decided_referral,
    a_received_referral,
    an_informed_referral,
    deciding,
    informing,
    receive,
    receiving,
)


def test_telling_the_referrer_is_one_fact_at_the_time_it_happened() -> None:
    state = a_decided_referral()

    change = inform(state, informing(state), by="manager-demo", at=INFORMED_AT)

    assert change.state.stage is Stage.REFERRER_INFORMED
    assert change.facts == (
        ReferrerInformed(informed_by=InformedBy.TELEPHONE, occurred_at=INFORMED_AT),
    )


def test_nobody_is_told_before_there_is_a_decision() -> None:
    state = a_received_referral()

    with pytest.raises(OnlyADecisionCanBeTold):
        inform(state, informing(state), by="manager-demo", at=INFORMED_AT)


def test_telling_is_recorded_once() -> None:
    state = an_informed_referral()

    with pytest.raises(TheReferrerIsToldOnce):
        inform(state, informing(state), by="manager-demo", at=INFORMED_AT)


def test_a_call_in_the_minute_of_the_decision_is_after_it() -> None:
    state = a_received_referral()
    seconds_into_the_minute = DECIDED_AT + timedelta(seconds=30)
    state = decide(state, deciding(state), by="manager-demo", at=seconds_into_the_minute).state
    command = informing(state, informed_at=DECIDED_AT.isoformat())

    assert inform(state, command, by="manager-demo", at=INFORMED_AT).state.informing


def test_a_call_before_the_decision_did_not_tell_it() -> None:
    state = a_decided_referral()
    command = informing(state, informed_at=(DECIDED_AT - timedelta(minutes=1)).isoformat())

    with pytest.raises(AReferrerIsToldAfterTheDecision):
        inform(state, command, by="manager-demo", at=INFORMED_AT)


def test_a_call_tomorrow_has_told_nobody() -> None:
    body = feedback_given(informed_at=(INFORMED_AT + timedelta(days=1)).isoformat())

    assert FeedbackIn(now=INFORMED_AT).validate(body) == {
        "informed_at": ["The time the referrer was told must be in the past"]
    }


def test_a_referrer_without_a_name_or_a_number_cannot_be_told() -> None:
    change = receive(receiving(a_public_referral()))
    assert change is not None
    state: Referral = decide(
        change.state, deciding(change.state), by="manager-demo", at=DECIDED_AT
    ).state

    with pytest.raises(ThereIsNobodyToInform):
        inform(state, informing(state), by="manager-demo", at=INFORMED_AT)
