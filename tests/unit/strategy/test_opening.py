"""How a case opens: on the outcomes that are this service's work, once."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from services.strategy.domain.case import Case, Stage
from services.strategy.domain.opening import open_case
from shared.events.codes import Concern, Route, ThresholdOutcome
from shared.events.facts import ChildOnCase
from shared.events.referral import ThresholdDecided
from shared.events.strategy import CaseOpened
from shared.store import Change
from tests.unit.strategy.world import FIRST, NOW, REF, a_case

ENVELOPE = SimpleNamespace(subject=REF, time=NOW - timedelta(minutes=1), imported_by=None)


def decided(outcome: ThresholdOutcome) -> ThresholdDecided:
    return ThresholdDecided(
        outcome=outcome,
        threshold_level=4,
        guidance_version="2026-1",
        child_protection_concerns=True,
        physical_harm_alleged=True,
        children=(ChildOnCase(child=FIRST, unborn=True),),
        concerns=(Concern.PHYSICAL,),
        area="B70",
        received_at=NOW - timedelta(hours=2),
        earlier_cases=("MASH-TEST0-TEST0",),
    )


def opened(outcome: ThresholdOutcome, case: Case | None = None) -> Change[Case] | None:
    return open_case(case, decided(outcome), ENVELOPE, NOW)


@pytest.mark.parametrize(
    ("outcome", "route"),
    [
        (ThresholdOutcome.STRATEGY_MEETING, Route.STRATEGY_MEETING),
        (ThresholdOutcome.SINGLE_ASSESSMENT, Route.SINGLE_ASSESSMENT),
    ],
)
def test_a_decision_for_our_work_opens_the_case(outcome: ThresholdOutcome, route: Route) -> None:
    change = opened(outcome)

    assert change is not None
    (fact,) = change.facts
    assert isinstance(fact, CaseOpened)
    assert (fact.route, fact.decided_at) == (route, ENVELOPE.time)
    assert change.state.stage is Stage.OPENED
    assert change.state.children[0].unborn
    assert change.state.earlier_cases == ("MASH-TEST0-TEST0",)


@pytest.mark.parametrize(
    "outcome",
    [
        ThresholdOutcome.NO_FURTHER_ACTION,
        ThresholdOutcome.INFORMATION_AND_ADVICE,
        ThresholdOutcome.EARLY_HELP,
    ],
)
def test_other_outcomes_are_heard_and_open_nothing(outcome: ThresholdOutcome) -> None:
    assert opened(outcome) is None


def test_a_case_opens_once() -> None:
    assert opened(ThresholdOutcome.STRATEGY_MEETING, a_case()) is None
