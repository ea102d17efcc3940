"""The threshold decision and its rules."""

from __future__ import annotations

from typing import Any

import pytest

from services.referral.domain.errors import (
    ADecisionIsMadeOnce,
    ChildProtectionConcernsNeedAStatutoryAnswer,
    ImmediateDangerIsNotClosedUnexplained,
    LevelFourIsNotClosedByOneManager,
    NoSuchReferral,
    StrategyMeetingNeedsChildProtectionConcerns,
)
from services.referral.domain.stages import Stage
from services.referral.domain.threshold import decide
from services.referral.schemas import DecisionIn
from shared.events.codes import Concern, ThresholdOutcome
from shared.events.referral import ThresholdDecided
from shared.events.registry import data_of
from tests.builders import FICTIONAL_NAMES, a_decision, without
from tests.unit.referral.worlds import (
    DECIDED_AT,
    NOW,
    a_decided_referral,
    a_received_referral,
    deciding,
)


def test_a_decision_is_one_fact_with_all_that_the_next_service_needs() -> None:
    state = a_received_referral()

    change = decide(state, deciding(state), by="manager-demo", at=DECIDED_AT)

    assert change.state.stage is Stage.DECIDED
    assert change.facts == (
        ThresholdDecided(
            outcome=ThresholdOutcome.STRATEGY_MEETING,
            threshold_level=4,
            guidance_version="2026-04",
            child_protection_concerns=True,
            physical_harm_alleged=False,
            children=state.children_on_case,
            concerns=(Concern.NEGLECT,),
            area="B70",
            received_at=NOW,
            earlier_cases=(),
        ),
    )


def test_a_decision_event_names_nobody_and_tells_no_story() -> None:
    state = a_received_referral()
    secret = "Biscuit says the Teapot was told."
    command = deciding(state, rationale=secret, feedback=secret)

    change = decide(state, command, by="manager-demo", at=DECIDED_AT)

    told = str(data_of(change.facts[0]))
    assert not [name for name in FICTIONAL_NAMES if name in told]


def test_physical_harm_is_alleged_when_it_is_among_the_worries() -> None:
    state = a_received_referral(
        categories=["physical"],
        main_category="physical",
        injury_where="Arm",
        injury_description="not known",
        injury_explanation="not known",
        injury_mobile="yes",
        injury_medical_seen="no",
    )

    (fact,) = decide(state, deciding(state), by="manager-demo", at=DECIDED_AT).facts

    assert isinstance(fact, ThresholdDecided)
    assert fact.physical_harm_alleged


def test_a_second_decision_says_who_decided_when_and_what() -> None:
    state = a_decided_referral()

    with pytest.raises(ADecisionIsMadeOnce) as broken:
        decide(state, deciding(state), by="other-demo", at=DECIDED_AT)

    assert str(broken.value) == (
        "This referral was decided already by manager-demo at 10:40 on 20 November 2026: "
        "strategy meeting. Nothing was changed."
    )
    assert broken.value.status == 409


def test_what_was_never_received_cannot_be_decided() -> None:
    with pytest.raises(NoSuchReferral):
        decide(None, deciding(a_received_referral()), by="manager-demo", at=DECIDED_AT)


def test_a_strategy_meeting_needs_child_protection_concerns() -> None:
    refused(StrategyMeetingNeedsChildProtectionConcerns, child_protection_concerns=False)


@pytest.mark.parametrize("outcome", ["no-further-action", "information-and-advice", "early-help"])
def test_child_protection_concerns_are_never_stepped_down(outcome: str) -> None:
    refused(ChildProtectionConcernsNeedAStatutoryAnswer, outcome=outcome, threshold_level=3)


def test_level_four_is_not_closed_by_one_manager() -> None:
    broken = refused(
        LevelFourIsNotClosedByOneManager,
        outcome="no-further-action",
        child_protection_concerns=False,
    )

    assert "Select another outcome" in broken


def test_immediate_danger_is_closed_only_with_what_shows_it_has_passed() -> None:
    state = a_received_referral(immediate_danger="yes")
    closing = {
        "outcome": "no-further-action",
        "child_protection_concerns": False,
        "threshold_level": 1,
    }
    with pytest.raises(ImmediateDangerIsNotClosedUnexplained):
        decide(state, deciding(state, **closing), by="manager-demo", at=DECIDED_AT)

    explained = deciding(
        state, **closing, danger_passed_detail="The police saw the child: a fire drill, no danger."
    )

    assert decide(state, explained, by="manager-demo", at=DECIDED_AT).state.decision


@pytest.mark.parametrize("outcome", list(ThresholdOutcome))
def test_each_outcome_can_be_decided(outcome: ThresholdOutcome) -> None:
    concerns = outcome is ThresholdOutcome.STRATEGY_MEETING
    state = a_received_referral()
    command = deciding(
        state, outcome=outcome.value, child_protection_concerns=concerns, threshold_level=2
    )

    change = decide(state, command, by="manager-demo", at=DECIDED_AT)

    assert change.state.decision is not None
    assert change.state.decision.outcome is outcome


@pytest.mark.parametrize(
    ("but", "field"),
    [
        ({"rationale": "Because."}, "rationale"),
        ({"threshold_level": 5}, "threshold_level"),
        ({"outcome": "maybe"}, "outcome"),
        ({"guidance_version": "not a version"}, "guidance_version"),
        ({"feedback": " "}, "feedback"),
        ({"mood": "good"}, "mood"),
    ],
)
def test_a_decision_form_names_what_is_wrong(but: dict[str, Any], field: str) -> None:
    assert set(DecisionIn().validate(a_decision(**but))) == {field}


def test_an_empty_decision_form_is_told_everything_at_once() -> None:
    assert set(DecisionIn().validate({})) == set(a_decision())
    assert DecisionIn().validate(without(a_decision(), "rationale")) == {
        "rationale": ["Enter why you decided this, in at least 20 characters"]
    }


def refused(rule: type[Exception], **but: Any) -> str:
    state = a_received_referral()
    with pytest.raises(rule) as broken:
        decide(state, deciding(state, **but), by="manager-demo", at=DECIDED_AT)
    return str(broken.value)
