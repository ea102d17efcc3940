"""Knowing a child again: the key, the person who confirms, the cases that follow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.referral.domain.commands import MatchChild
from services.referral.domain.errors import (
    ChildIsMatchedAlready,
    ChildIsNotOnThisReferral,
    KnownChildIsNotOnThatCase,
)
from services.referral.domain.matching import match_child, match_key, number_within_12_months
from services.referral.domain.referral import Referral
from services.referral.domain.threshold import decide
from shared.events.referral import ChildMatched
from shared.store import Change
from tests.builders import a_child, a_referral, a_sibling, without
from tests.unit.referral.worlds import (
    DECIDED_AT,
    NOW,
    SECRET,
    a_received_referral,
    deciding,
    receiving,
)


def key_of(**but: Any) -> str | None:
    body = a_child(**but)
    (child,) = receiving(a_referral(children=[body])).report.children
    return match_key(child, secret=SECRET)


@pytest.mark.parametrize(
    "but",
    [
        {"first_names": "BLUE"},
        {"first_names": " Blu e"},
        {"last_name": "Tea-pot"},
        {"last_name": "teap\u00f6t"},
        {"first_names": "\uff22\uff4c\uff55\uff45"},
    ],
)
def test_the_key_does_not_mind_how_a_name_is_written(but: dict[str, Any]) -> None:
    assert key_of(**but) == key_of()


@pytest.mark.parametrize(
    "but", [{"first_names": "Green"}, {"last_name": "Kettle"}, {"date_of_birth": "2017-03-15"}]
)
def test_another_name_or_birth_date_is_another_key(but: dict[str, Any]) -> None:
    assert key_of(**but) != key_of()


def test_first_and_last_names_do_not_run_into_each_other() -> None:
    assert key_of(first_names="Bluet", last_name="eapot") != key_of()


def test_without_a_birth_date_there_is_no_key() -> None:
    assert key_of(date_of_birth=None, estimated_age="9") is None


def test_names_without_letters_make_no_key() -> None:
    assert key_of(first_names="?", last_name="—") is None


def test_the_key_says_nothing_without_the_secret() -> None:
    (child,) = receiving(a_referral()).report.children

    assert match_key(child, secret=SECRET) != match_key(child, secret=SECRET[::-1])


def test_a_confirmed_match_is_one_fact_and_the_same_again_is_none() -> None:
    known, state = an_earlier_referral(days=30), a_received_referral()

    change = confirm(state, known)

    assert change is not None
    assert change.facts == (
        ChildMatched(
            child=state.children[0].ref,
            known_child=known.children[0].ref,
            known_case=known.ref,
        ),
    )
    assert confirm(change.state, known) is None


def test_a_child_is_not_two_children_of_one_case() -> None:
    known = an_earlier_referral(days=30, children=[a_child(), a_sibling()])
    change = confirm(a_received_referral(), known)
    assert change is not None

    with pytest.raises(ChildIsMatchedAlready):
        confirm(change.state, known, known_child=known.children[1].ref)


def test_only_a_child_of_the_referral_can_be_matched() -> None:
    known, state = an_earlier_referral(days=30), a_received_referral()

    with pytest.raises(ChildIsNotOnThisReferral):
        confirm(state, known, child=known.children[0].ref)


def test_only_a_child_of_the_other_case_can_be_the_match() -> None:
    known, state = an_earlier_referral(days=30), a_received_referral()

    with pytest.raises(KnownChildIsNotOnThatCase):
        confirm(state, known, known_child=state.children[0].ref)


def test_a_referral_is_not_its_own_history() -> None:
    state = a_received_referral()

    with pytest.raises(KnownChildIsNotOnThatCase):
        confirm(state, state)


def test_the_decision_names_confirmed_cases_newest_first_each_once() -> None:
    older = an_earlier_referral(days=300)
    newer = an_earlier_referral(days=20, children=[a_child(), a_sibling()])
    state = a_received_referral(children=[a_child(), a_sibling()])
    for known, position in ((older, 0), (newer, 0), (newer, 1)):
        change = confirm(
            state,
            known,
            child=state.children[position].ref,
            known_child=known.children[position].ref,
        )
        assert change is not None
        state = change.state

    decided = decide(state, deciding(state), by="manager-demo", at=DECIDED_AT).state

    assert decided.decision is not None
    assert decided.decision.earlier_cases == (newer.ref, older.ref)


def test_the_number_within_twelve_months_counts_this_one() -> None:
    earlier = [NOW - timedelta(days=days) for days in (10, 364, 366)]

    assert number_within_12_months([], received_at=NOW) == 1
    assert number_within_12_months(earlier, received_at=NOW) == 3


def an_earlier_referral(*, days: int, **but: Any) -> Referral:
    return a_received_referral(at=NOW - timedelta(days=days), **but)


def confirm(
    state: Referral, known: Referral, *, child: str = "", known_child: str = ""
) -> Change[Referral] | None:
    command = MatchChild(
        ref=state.ref,
        child=child or state.children[0].ref,
        known_child=known_child or known.children[0].ref,
        known_case=known.ref,
    )
    return match_child(state, command, known=known, by="practitioner-demo", at=NOW)


def test_a_body_without_names_makes_no_key() -> None:
    body = without(a_child(description="In a red coat"), "first_names", "last_name")
    (child,) = receiving(a_referral(children=[body])).report.children

    assert match_key(child, secret=SECRET) is None
