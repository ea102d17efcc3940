"""A referral restored older than its events: decisions come back, the form when sent again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from services.referral.domain import feedback, threshold
from services.referral.domain.errors import SubmissionUsedForAnother
from services.referral.domain.rebuilding import WHOLE, rebuild, send_again
from services.referral.domain.referral import Referral
from shared.changes import Change
from shared.events.codes import Role
from shared.events.envelope import GENESIS, Envelope
from shared.events.referral import ReferralSentAgain
from shared.events.registry import fact_of
from shared.events.seal import Actor, Place, seal
from shared.rebuilt import LOST, Told
from tests.builders import a_child, a_referral
from tests.unit.referral.worlds import (
    DECIDED_AT,
    INFORMED_AT,
    NOW,
    deciding,
    informing,
    receive,
    receiving,
)

BODY = a_referral(children=[a_child()])
SENDER = Actor("school-demo", Role.PARTNER)
MANAGER = Actor("manager-demo", Role.MASH_MANAGER)


def told_by(changes: list[tuple[Change[Referral], Actor, datetime]]) -> tuple[Told, ...]:
    told: list[Told] = []
    for change, by, at in changes:
        last = told[-1].event if told else None
        place = Place(
            source="/referral",
            subject=change.state.ref,
            version=last.sequence if last else 0,
            tail_hash=last.hash if last else GENESIS,
        )
        for wire in seal(change.facts, place, by=by, at=at, cause=None):
            event = Envelope.from_wire(wire)
            told.append(Told(event=event, fact=fact_of(event)))
    return tuple(told)


@pytest.fixture
def line() -> tuple[list[Referral], tuple[Told, ...]]:
    """The states of a referral after each of its three events, and the events."""
    received = receive(receiving(BODY))
    assert received
    decided = threshold.decide(
        received.state, deciding(received.state), by=MANAGER.id, at=DECIDED_AT
    )
    informed = feedback.inform(
        decided.state, informing(decided.state), by=MANAGER.id, at=INFORMED_AT
    )
    told = told_by(
        [(received, SENDER, NOW), (decided, MANAGER, DECIDED_AT), (informed, MANAGER, INFORMED_AT)]
    )
    return [received.state, decided.state, informed.state], told


def never(_: str) -> datetime | None:
    return None


def without_words(state: Any) -> Referral:
    assert state is not None
    assert state.decision
    decision = replace(state.decision, rationale=LOST, feedback=LOST, danger_passed_detail=None)
    informing = replace(state.informing, what_was_said=LOST)
    return replace(state, decision=decision, informing=informing)


def test_a_decision_comes_back_without_its_reasons(
    line: tuple[list[Referral], tuple[Told, ...]],
) -> None:
    states, told = line

    back = rebuild(states[0], told[1:], received_at=never)

    assert back.state == without_words(states[2])
    assert set(back.lost) == {2, 3}


def test_a_referral_that_is_gone_altogether_is_not_made_up(
    line: tuple[list[Referral], tuple[Told, ...]],
) -> None:
    _, told = line

    back = rebuild(None, told, received_at=never)

    assert back.state is None
    assert back.lost[1] == WHOLE


def test_the_same_form_sent_again_fills_it_as_it_was_first_received(
    line: tuple[list[Referral], tuple[Told, ...]],
) -> None:
    states, told = line
    again = receive(receiving(BODY), at=INFORMED_AT)
    assert again

    change = send_again(again.state, told, received_at=never)

    assert change.state == without_words(states[2])
    assert change.facts == (ReferralSentAgain(received_at=NOW),)


def test_another_form_or_another_sender_under_the_same_id_is_refused(
    line: tuple[list[Referral], tuple[Told, ...]],
) -> None:
    _, told = line
    other = {**BODY, "children": [a_child(), a_child(first_names="Robin")]}
    for body, by in ((other, "school-demo"), (BODY, "somebody-else-demo")):
        again = receive(receiving(body), by=by, at=INFORMED_AT)
        assert again
        with pytest.raises(SubmissionUsedForAnother):
            send_again(again.state, told, received_at=never)
