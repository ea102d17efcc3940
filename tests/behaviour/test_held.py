"""Holding events: the product's own rules over a collection in memory and over one in MongoDB."""

from __future__ import annotations

import pytest

from shared.messaging.causes import Cause
from shared.messaging.held import LIVES, TRIES_BEFORE_PARKING, HeldEvents, Kind, NeverSetAside
from shared.messaging.holding import LONGEST_DELAY, key_of
from shared.rules import NotFound
from tests.support.referral import HandClock
from tests.unit.audit.lines import a_kept_line

LINE = a_kept_line()
FIRST, SECOND, THIRD = LINE[2:5]
"""Of one stream."""
APART = LINE[0]
"""Of another."""


def later(held: HeldEvents, *events: object) -> None:
    """Hold events for another try."""
    for event in events:
        held.try_later(event, Cause.HANDLER_FAILED, "it failed")  # type: ignore[arg-type]


def due(held: HeldEvents) -> list[str]:
    """The keys of what is due."""
    return sorted(each.key for each in held.due())


def test_a_held_event_is_due_after_a_delay_that_doubles(held: HeldEvents, clock: HandClock) -> None:
    later(held, FIRST)
    assert due(held) == []
    clock.on(seconds=1)
    assert due(held) == [key_of(FIRST)]

    later(held, FIRST)
    clock.on(seconds=1)
    assert due(held) == []
    clock.on(seconds=1)
    assert due(held) == [key_of(FIRST)]


def test_a_clock_that_is_set_back_keeps_nothing_waiting(held: HeldEvents, clock: HandClock) -> None:
    later(held, FIRST)
    clock.on(hours=-2)

    assert due(held) == [key_of(FIRST)]


def test_after_too_many_tries_a_person_is_asked(held: HeldEvents) -> None:
    kinds = [
        held.try_later(FIRST, Cause.HANDLER_FAILED, "it failed")
        for _ in range(TRIES_BEFORE_PARKING + 1)
    ]

    assert kinds == [Kind.RETRY] * TRIES_BEFORE_PARKING + [Kind.PARKED]


def test_while_the_source_is_away_nobody_needs_to_be_asked(
    held: HeldEvents, clock: HandClock
) -> None:
    for _ in range(TRIES_BEFORE_PARKING + 40):
        assert held.try_later(FIRST, Cause.SOURCE_AWAY, "it does not answer") is Kind.RETRY

    clock.on(seconds=LONGEST_DELAY.total_seconds())
    assert due(held) == [key_of(FIRST)]


def test_only_the_first_of_a_stream_is_due(held: HeldEvents, clock: HandClock) -> None:
    later(held, SECOND, FIRST, APART)
    held.wait_behind(THIRD)
    clock.on(minutes=5)

    assert due(held) == sorted([key_of(FIRST), key_of(APART)])
    (first,) = [each for each in held.due() if each.key == key_of(FIRST)]
    assert [each.key for each in held.waiting_behind(first)] == [key_of(THIRD)]


def test_what_waits_behind_a_parked_one_is_not_due_until_that_is_released(
    held: HeldEvents, clock: HandClock
) -> None:
    held.park(FIRST, Cause.BROKEN_RULE, "not allowed", own=True)
    held.wait_behind(SECOND)
    clock.on(minutes=5)
    assert due(held) == []
    assert held.holds_up(SECOND.stream, before=SECOND.sequence)
    assert not held.holds_up(FIRST.stream, before=FIRST.sequence)

    held.release(key_of(FIRST))
    assert due(held) == [key_of(SECOND)]
    assert not held.holds_up(SECOND.stream, before=SECOND.sequence)


def test_what_no_service_wrote_holds_up_nothing(held: HeldEvents) -> None:
    held.park(FIRST, Cause.NOT_INTACT, "forged", own=False)

    assert held.is_held(FIRST)
    assert not held.holds_up(SECOND.stream, before=SECOND.sequence)


def test_what_is_parked_is_due_again_when_a_person_says_so(held: HeldEvents) -> None:
    held.park(FIRST, Cause.BROKEN_RULE, "not allowed", own=True)
    held.park(APART, Cause.HANDLER_FAILED, "it failed", own=True)

    assert held.replay(cause=Cause.BROKEN_RULE) == 1
    assert due(held) == [key_of(FIRST)]
    assert held.replay(stream=APART.stream) == 1
    assert held.replay() == 0
    assert held.counts() == {Kind.RETRY: 2}


def test_the_parked_are_told_oldest_first_and_by_cause(held: HeldEvents, clock: HandClock) -> None:
    held.park(APART, Cause.BROKEN_RULE, "not allowed", own=True)
    clock.on(seconds=1)
    held.park_unreadable(b"not an event", "the body is not JSON")
    clock.on(seconds=1)
    held.park(FIRST, Cause.BROKEN_RULE, "not allowed", own=True)

    assert [each.type for each in held.parked()] == [APART.type, "unreadable", FIRST.type]
    assert [each.type for each in held.parked(cause=Cause.BROKEN_RULE)] == [APART.type, FIRST.type]
    assert held.counts() == {Kind.PARKED: 3}
    oldest = next(iter(held.parked()))
    assert held.oldest(Kind.PARKED) == oldest.held_at


def test_an_event_over_which_too_many_processes_died_is_not_begun_again(
    held: HeldEvents, clock: HandClock
) -> None:
    lives = [held, *(HeldEvents(_database(held), clock) for _ in range(LIVES))]

    begun = [each.begin(FIRST) for each in lives]

    assert begun == [True] * LIVES + [False]
    assert lives[0].is_held(FIRST)


def test_what_is_begun_is_taken_up_by_nobody_else_for_a_while(
    held: HeldEvents, clock: HandClock
) -> None:
    held.begin(FIRST)
    assert due(held) == []
    clock.on(seconds=5)
    assert due(held) == [key_of(FIRST)]


def test_only_what_no_service_wrote_is_set_aside_and_then_for_ever(held: HeldEvents) -> None:
    held.park(FIRST, Cause.BROKEN_RULE, "not allowed", own=True)
    held.park_unreadable(b"not an event", "the body is not JSON")
    (junk,) = held.parked(cause=Cause.UNREADABLE)

    held.set_aside(junk.key, "a test of the network", "ad-01-demo")
    held.park_unreadable(b"not an event", "the body is not JSON")

    assert held.counts() == {Kind.PARKED: 1}
    with pytest.raises(NotFound):
        held.set_aside(junk.key, "again", "ad-01-demo")
    with pytest.raises(NeverSetAside):
        held.set_aside(key_of(FIRST), "inconvenient", "ad-01-demo")


def _database(held: HeldEvents) -> dict[str, object]:
    return {"held_events": held._collection}
