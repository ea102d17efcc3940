"""The threshold decision: made once, with its reason and the guidance in force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from services.referral.domain.codes import SIGNIFICANT_HARM
from services.referral.domain.commands import DecideThreshold
from services.referral.domain.errors import (
    ADecisionIsMadeOnce,
    ChildProtectionConcernsNeedAStatutoryAnswer,
    ImmediateDangerIsNotClosedUnexplained,
    LevelFourIsNotClosedByOneManager,
    RationaleIsNeeded,
    StrategyMeetingNeedsChildProtectionConcerns,
)
from services.referral.domain.matching import confirmed_cases
from services.referral.domain.referral import Decision, Referral, require_step, stage_after
from shared.changes import Change
from shared.clock import london, wall_clock
from shared.events.codes import Danger, ThresholdOutcome
from shared.events.referral import ThresholdDecided

SHORTEST_RATIONALE: Final = 20
SHORTEST_DANGER_PASSED: Final = 20

STATUTORY: Final = frozenset(
    {ThresholdOutcome.SINGLE_ASSESSMENT, ThresholdOutcome.STRATEGY_MEETING}
)

OUTCOME_WORDS: Final = {
    ThresholdOutcome.NO_FURTHER_ACTION: "no further action",
    ThresholdOutcome.INFORMATION_AND_ADVICE: "information and advice",
    ThresholdOutcome.EARLY_HELP: "early help",
    ThresholdOutcome.SINGLE_ASSESSMENT: "single assessment",
    ThresholdOutcome.STRATEGY_MEETING: "strategy meeting",
}


def decide(
    state: Referral | None, command: DecideThreshold, *, by: str, at: datetime
) -> Change[Referral]:
    """Decide the threshold, once. Every rule below is asked first."""
    _only_once(state)
    referral = require_step(state, DecideThreshold)
    for rule in RULES:
        rule(referral, command)
    earlier = confirmed_cases(referral.matches)
    decision = Decision(
        outcome=command.outcome,
        threshold_level=command.threshold_level,
        rationale=command.rationale.strip(),
        guidance_version=command.guidance_version,
        feedback=command.feedback.strip(),
        child_protection_concerns=command.child_protection_concerns,
        danger_passed_detail=command.danger_passed_detail,
        earlier_cases=earlier,
        decided_by=by,
        decided_at=at,
    )
    after = replace(referral, stage=stage_after(referral, DecideThreshold), decision=decision)
    return Change(after, (_decided(after, decision),))


def _decided(referral: Referral, decision: Decision) -> ThresholdDecided:
    return ThresholdDecided(
        outcome=decision.outcome,
        threshold_level=decision.threshold_level,
        guidance_version=decision.guidance_version,
        child_protection_concerns=decision.child_protection_concerns,
        physical_harm_alleged=referral.physical_harm_alleged,
        children=referral.children_on_case,
        concerns=referral.report.worries.categories,
        area=referral.area,
        received_at=referral.received_at,
        earlier_cases=decision.earlier_cases,
    )


def _only_once(state: Referral | None) -> None:
    """A decision is made once; a change of mind is a recorded change of decision, not a second one.

    Local policy.
    """
    if state is None or state.decision is None:
        return
    made = state.decision
    when = f"{wall_clock(made.decided_at)} on {london(made.decided_at):%d %B %Y}"
    raise ADecisionIsMadeOnce(by=made.decided_by, made=f"{when}: {OUTCOME_WORDS[made.outcome]}")


def rationale_is_needed(referral: Referral, command: DecideThreshold) -> None:
    """A decision says why, in at least a sentence (the letter: thresholds, case recording)."""
    if len(command.rationale.strip()) < SHORTEST_RATIONALE:
        raise RationaleIsNeeded(
            f"Enter why you decided this, in at least {SHORTEST_RATIONALE} characters.",
            field="rationale",
        )


def strategy_meeting_needs_concerns(referral: Referral, command: DecideThreshold) -> None:
    """A strategy meeting is held when a child may be suffering, or likely to suffer, significant
    harm (Working Together 2023, as quoted by local procedures)."""
    if (
        command.outcome is ThresholdOutcome.STRATEGY_MEETING
        and not command.child_protection_concerns
    ):
        raise StrategyMeetingNeedsChildProtectionConcerns(
            "Select yes if a child may be suffering significant harm: a strategy meeting needs it. "
            "If not, select another outcome.",
            field="child_protection_concerns",
        )


def concerns_need_a_statutory_answer(referral: Referral, command: DecideThreshold) -> None:
    """A child who may be suffering significant harm is assessed or discussed at a strategy meeting
    (Working Together 2023, as quoted by local procedures)."""
    if command.child_protection_concerns and command.outcome not in STATUTORY:
        raise ChildProtectionConcernsNeedAStatutoryAnswer(
            f"A child who may be suffering significant harm cannot be answered with "
            f"{OUTCOME_WORDS[command.outcome]}. Select strategy meeting or single assessment.",
            field="outcome",
        )


def level_four_needs_a_second_manager(referral: Referral, command: DecideThreshold) -> None:
    """No further action at level 4 takes a second manager's agreement (local policy)."""
    if (
        command.threshold_level == SIGNIFICANT_HARM
        and command.outcome is ThresholdOutcome.NO_FURTHER_ACTION
    ):
        raise LevelFourIsNotClosedByOneManager(
            "Level 4 cannot end with no further action on one manager's decision. Select another "
            "outcome, or select the level you believe the evidence shows and say why.",
            field="outcome",
        )


def danger_is_not_closed_unexplained(referral: Referral, command: DecideThreshold) -> None:
    """A child reported in immediate danger is not closed without what shows the danger has passed
    (Working Together 2023: immediate protection, as quoted by local procedures)."""
    if (
        referral.report.safety.immediate_danger is Danger.YES
        and command.outcome is ThresholdOutcome.NO_FURTHER_ACTION
        and len((command.danger_passed_detail or "").strip()) < SHORTEST_DANGER_PASSED
    ):
        raise ImmediateDangerIsNotClosedUnexplained(
            "Enter what shows that the child is no longer in immediate danger, in at least "
            f"{SHORTEST_DANGER_PASSED} characters, or select another outcome.",
            field="danger_passed_detail",
        )


RULES: Final[tuple[Callable[[Referral, DecideThreshold], None], ...]] = (
    rationale_is_needed,
    level_four_needs_a_second_manager,
    danger_is_not_closed_unexplained,
    concerns_need_a_statutory_answer,
    strategy_meeting_needs_concerns,
)
