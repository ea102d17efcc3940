"""What the relay may note as published: everything up to the first gap, record by record."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.relay import _unbroken

A, B = "MASH-00000-0000A", "MASH-00000-0000B"


def test_all_confirmed_is_all_published() -> None:
    owners = [(A, 1), (A, 2), (B, 7)]

    assert _unbroken(owners, {0, 1, 2}) == {A: 2, B: 7}


def test_nothing_confirmed_is_nothing_published() -> None:
    assert _unbroken([(A, 1), (B, 7)], set()) == {}


def test_an_event_that_was_not_routed_holds_the_later_ones_of_its_record_alone() -> None:
    owners = [(A, 1), (A, 2), (A, 3), (B, 7), (B, 8)]

    assert _unbroken(owners, {0, 2, 3, 4}) == {A: 1, B: 8}


def test_the_first_of_a_record_not_confirmed_holds_all_of_it() -> None:
    assert _unbroken([(A, 1), (A, 2), (B, 7)], {1, 2}) == {B: 7}


@given(
    st.lists(st.sampled_from("ABC"), max_size=20),
    st.sets(st.integers(min_value=0, max_value=19)),
)
def test_the_marker_never_passes_an_event_that_no_broker_confirmed(
    refs: list[str], confirmed: set[int]
) -> None:
    owners = [(ref, refs[:place].count(ref) + 1) for place, ref in enumerate(refs)]

    upto = _unbroken(owners, confirmed)

    for place, (ref, sequence) in enumerate(owners):
        if sequence <= upto.get(ref, 0):
            assert place in confirmed
        elif sequence == upto.get(ref, 0) + 1:
            assert place not in confirmed
