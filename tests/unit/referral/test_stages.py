"""The state machine: every stage, every command, nothing unlisted passes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from services.referral.domain import feedback, matching, threshold
from services.referral.domain.commands import (
    Command,
    DecideThreshold,
    InformReferrer,
    MatchChild,
    ReceiveReferral,
)
from services.referral.domain.referral import Referral
from services.referral.domain.stages import TRANSITIONS, Stage
from shared.rules import RuleBroken
from shared.store import Change
from tests.builders import a_referral
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

WORLDS: dict[Stage | None, Callable[[], Referral | None]] = {
    None: lambda: None,
    Stage.RECEIVED: a_received_referral,
    Stage.DECIDED: a_decided_referral,
    Stage.REFERRER_INFORMED: an_informed_referral,
}


def carry_out(command: type[Command], state: Referral | None) -> Change[Referral] | None:
    example = state or a_received_referral()
    if command is ReceiveReferral:
        return receive(receiving(a_referral()), state=state)
    if command is DecideThreshold:
        return threshold.decide(state, deciding(example), by="manager-demo", at=DECIDED_AT)
    if command is InformReferrer:
        return feedback.inform(state, informing(example), by="manager-demo", at=INFORMED_AT)
    known = a_received_referral()
    match = MatchChild(
        ref=example.ref,
        child=example.children[0].ref,
        known_child=known.children[0].ref,
        known_case=known.ref,
    )
    return matching.match_child(state, match, known=known, by="practitioner-demo", at=DECIDED_AT)


def test_every_stage_is_in_the_table() -> None:
    assert set(TRANSITIONS) == {None, *Stage} == set(WORLDS)


@pytest.mark.parametrize(("stage", "command"), list(product(WORLDS, get_args(Command))))
def test_a_command_does_what_the_table_says_and_nothing_else(
    stage: Stage | None, command: type[Command]
) -> None:
    state = WORLDS[stage]()
    expected = TRANSITIONS[stage].get(command)

    if expected is None:
        with pytest.raises(RuleBroken):
            carry_out(command, state)
    else:
        change = carry_out(command, state)
        assert change is not None
        assert change.state.stage is expected
        assert change.facts


@settings(max_examples=60, deadline=None)
@given(some.lists(some.sampled_from(get_args(Command)), max_size=6))
def test_no_sequence_of_commands_leaves_the_table(commands: list[type[Command]]) -> None:
    state: Referral | None = None

    for command in commands:
        before = state.stage if state else None
        try:
            change = carry_out(command, state)
        except RuleBroken:
            continue
        state = change.state if change else state
        assert state is not None
        assert TRANSITIONS[before][command] is state.stage
