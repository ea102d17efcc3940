"""What is held, why, and what it holds up: a forgery nothing, the source's own what follows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.events import registry
from shared.events.envelope import Envelope, canonical, hash_of
from shared.hearing import Outcome
from shared.messaging.causes import EXPLANATIONS, Cause
from shared.messaging.held import Held, HeldEvents, Kind, NeverSetAside
from shared.messaging.holding import key_of
from shared.rules import NotFound, RuleBroken
from tests.conftest import MakeSettings
from tests.support.toy import Toy, note
from tests.support.waiting import eventually

REF = "MASH-00000-00001"


class Forbidden(RuleBroken):
    code = "forbidden"


@pytest.fixture
def strict(make_settings: MakeSettings) -> Callable[..., Toy]:
    """Return a maker of toys that do not allow the events at certain places, as long as asked."""

    def make(*forbidden: int) -> Toy:
        toy = Toy(make_settings(), lambda *heard: _unless(toy, *heard))
        toy.forbidden = set(forbidden)  # type: ignore[attr-defined]
        return toy

    def _unless(toy: Any, state: Any, fact: Any, event: Envelope, at: Any) -> Any:
        if event.sequence in toy.forbidden:
            raise Forbidden("not yet")
        return note(state, fact, event, at)

    return make


def test_what_a_restored_service_cannot_join_to_what_it_holds_is_put_aside(
    strict: Callable[..., Toy],
) -> None:
    toy = strict()
    toy.say(REF, times=3)
    own, imitated, others = toy.said(REF)
    forgery = forged(imitated)
    toy.held.try_later(own, Cause.PREDECESSOR_MISSING, "an earlier event is missing")
    toy.held.park(forgery, Cause.OUT_OF_PLACE, "its source does not hold it", own=False)
    elsewhere = replace(others, source="/strategy", stream=f"strategy:{REF}")
    toy.held.try_later(elsewhere, Cause.PREDECESSOR_MISSING, "an earlier event is missing")

    assert toy.held.put_aside_of("/referral") == 1

    assert toy.held.counts() == {Kind.PARKED: 1, Kind.RETRY: 1}
    assert toy.held.is_held(own), "kept for ever"
    assert toy.held.put_aside_of("/referral") == 0


def changed(event: Envelope) -> bytes:
    """Return the event with another actor under the hash of the genuine one."""
    return canonical({**event.to_wire(), "actor": "someone-else"})


def forged(event: Envelope, **attributes: Any) -> Envelope:
    """Return an event that claims the same place and bears its own right hash."""
    wire = {**event.to_wire(), "actor": "someone-else", **attributes}
    return Envelope.from_wire({**wire, "hash": hash_of(wire)})


def only(toy: Toy) -> Held:
    (held,) = toy.held.parked()
    return held


def test_a_forgery_that_is_parked_does_not_hide_the_genuine_event(
    strict: Callable[..., Any],
) -> None:
    toy = strict(1)
    toy.say(REF)
    (genuine,) = toy.said(REF)

    toy.listener.take_body(changed(genuine))
    toy.listener.take(genuine)

    assert [each.cause for each in toy.held.parked()] == [Cause.NOT_INTACT, Cause.BROKEN_RULE]
    toy.forbidden.clear()
    toy.held.replay()
    assert toy.listener.try_again_what_is_due() == 1
    assert toy.heard(REF).order == (1,)
    assert only(toy).body == changed(genuine)


def test_a_forgery_that_is_parked_holds_up_nothing_that_the_broker_lost(toy: Toy) -> None:
    toy.say(REF, times=3)
    toy.listener.take_body(changed(toy.said(REF)[0]))

    assert toy.catch_up.compare() == 3

    assert toy.heard(REF).order == (1, 2, 3)
    assert only(toy).cause is Cause.NOT_INTACT


def test_what_comes_behind_a_forgery_is_not_kept_waiting(toy: Toy) -> None:
    toy.say(REF, times=3)
    toy.listener.take_body(changed(toy.said(REF)[0]))

    assert toy.listener.take(toy.said(REF)[2]) is Outcome.HANDLED
    assert toy.heard(REF).order == (1, 2, 3)


def test_a_forgery_with_a_hash_of_its_own_is_known_by_asking_the_source(toy: Toy) -> None:
    toy.say(REF, times=3)
    first, _, third = toy.said(REF)
    later = "urn:golden-thread:referral.referrer-informed:99"

    toy.listener.take(forged(first, dataschema=later))

    assert only(toy).cause is Cause.OUT_OF_PLACE
    assert toy.listener.take(third) is Outcome.HANDLED
    assert toy.heard(REF).order == (1, 2, 3)


def test_an_event_is_believed_while_its_source_does_not_answer(strict: Callable[..., Any]) -> None:
    toy = strict(1)
    toy.say(REF, times=2)
    toy.feed.away = True

    for event in toy.said(REF):
        toy.listener.take(event)

    assert only(toy).own
    assert toy.held.counts() == {Kind.PARKED: 1, Kind.WAITING: 1}


def test_what_the_source_wrote_cannot_be_set_aside(strict: Callable[..., Any]) -> None:
    toy = strict(1)
    toy.say(REF)
    toy.listener.take(toy.said(REF)[0])

    with pytest.raises(NeverSetAside, match="part of a case"):
        toy.held.set_aside(only(toy).key, "in the way", "officer-demo")

    assert toy.held.counts() == {Kind.PARKED: 1}


def test_what_is_set_aside_is_kept_for_ever_and_stays_aside_when_it_comes_again(toy: Toy) -> None:
    toy.say(REF)
    body = changed(toy.said(REF)[0])
    toy.listener.take_body(body)
    key = only(toy).key

    toy.held.set_aside(key, "a test of ours", "officer-demo")
    toy.listener.take_body(body)
    toy.listener.take_body(body, again=True)

    assert toy.held.counts() == {}
    assert toy.held.replay() == 0
    assert toy.listener.try_again_what_is_due() == 0
    stored = toy.database["held_events"].find_one({"_id": key})
    assert stored is not None
    assert (stored["aside"]["by"], stored["aside"]["why"]) == ("officer-demo", "a test of ours")
    assert bytes(stored["body"]) == body
    with pytest.raises(NotFound):
        toy.held.set_aside(key, "again", "officer-demo")


def test_a_body_that_is_no_event_can_be_replayed_and_set_aside(toy: Toy) -> None:
    toy.listener.take_body(b"not json at all")

    assert toy.held.replay(cause=Cause.UNREADABLE) == 1
    assert toy.listener.try_again_what_is_due() == 0
    assert only(toy).cause is Cause.UNREADABLE
    toy.held.set_aside(only(toy).key, "a slip", "officer-demo")
    assert toy.held.counts() == {}


def test_an_event_of_an_unknown_version_is_tried_again_once_it_is_known(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.say(REF, times=3)
    monkeypatch.delitem(registry.REGISTRY, ("referral.referrer-informed", 1))  # type: ignore[arg-type]
    for event in toy.said(REF):
        toy.listener.take(event)
    assert only(toy).cause is Cause.UNKNOWN_TYPE
    assert toy.held.replay_what_is_known_now() == 0

    monkeypatch.undo()

    assert toy.held.replay_what_is_known_now() == 1
    assert toy.listener.try_again_what_is_due() == 3
    assert toy.heard(REF).order == (1, 2, 3)


def test_a_missing_event_that_fails_is_held_for_itself_and_the_later_one_waits(
    strict: Callable[..., Any],
) -> None:
    toy = strict(2)
    toy.say(REF, times=3)

    toy.listener.take(toy.said(REF)[2])

    assert [each.sequence for each in toy.held.parked()] == [2]
    assert only(toy).cause is Cause.BROKEN_RULE
    assert toy.held.counts() == {Kind.PARKED: 1, Kind.WAITING: 1}
    toy.forbidden.clear()
    toy.held.replay(key=only(toy).key)
    assert toy.listener.try_again_what_is_due() == 2
    assert toy.heard(REF).order == (1, 2, 3)


def test_what_the_broker_lost_behind_a_parked_event_comes_as_soon_as_that_is_handled(
    strict: Callable[..., Any],
) -> None:
    toy = strict(2)
    toy.say(REF, times=4)
    for event in toy.said(REF)[:2]:
        toy.listener.take(event)
    assert toy.catch_up.compare() == 0, "what is held has its own turn"

    toy.forbidden.clear()
    toy.held.replay()
    assert toy.listener.try_again_what_is_due() == 1

    assert toy.heard(REF).order == (1, 2, 3, 4)
    assert toy.held.counts() == {}


def test_an_event_over_which_processes_died_is_parked_and_one_process_may_try_often(
    toy: Toy,
) -> None:
    toy.say(REF)
    (event,) = toy.said(REF)
    lives = [HeldEvents(toy.database, toy.held._clock) for _ in range(3)]

    assert [toy.held.begin(event) for _ in range(5)] == [True] * 5
    assert lives[0].begin(event)
    assert not lives[1].begin(event)

    assert toy.listener.take(event, again=True) is Outcome.PARK
    assert only(toy).cause is Cause.DELIVERED_TOO_OFTEN
    toy.held.replay()
    assert toy.listener.try_again_what_is_due() == 1
    assert toy.held.counts() == {}


def test_what_came_again_and_was_handled_leaves_no_note_behind(toy: Toy) -> None:
    toy.say(REF)
    (event,) = toy.said(REF)

    assert toy.listener.take(event, again=True) is Outcome.HANDLED
    assert toy.listener.take(event, again=True) is Outcome.ALREADY_HANDLED

    assert toy.held.counts() == {}


def test_what_a_process_died_of_is_due_again_by_itself(toy: Toy) -> None:
    toy.say(REF)
    (event,) = toy.said(REF)
    toy.held.begin(event)

    assert toy.listener.try_again_what_is_due() == 0, "another process may be at it"
    eventually(toy.listener.try_again_what_is_due, "it is taken up again", within=30)

    assert toy.heard(REF).order == (1,)
    assert toy.held.counts() == {}


def test_a_parked_event_is_found_by_its_cause_and_its_age(strict: Callable[..., Any]) -> None:
    toy = strict(1)
    toy.say(REF)
    toy.listener.take(toy.said(REF)[0])
    toy.listener.take_body(b"not json at all")

    assert [each.cause for each in toy.held.parked(cause=Cause.BROKEN_RULE)] == [Cause.BROKEN_RULE]
    assert toy.held.oldest(Kind.PARKED) == next(toy.held.parked()).held_at
    assert toy.held.oldest(Kind.RETRY) is None
    assert only_key(toy, Cause.BROKEN_RULE) == key_of(toy.said(REF)[0])


def only_key(toy: Toy, cause: Cause) -> str:
    (held,) = toy.held.parked(cause=cause)
    return held.key


def test_every_cause_is_explained_with_what_to_do() -> None:
    assert set(EXPLANATIONS) == set(Cause)
    assert all(each.what and each.to_do for each in EXPLANATIONS.values())


def test_two_events_at_one_place_have_two_keys(toy: Toy) -> None:
    toy.say(REF)
    (event,) = toy.said(REF)

    assert key_of(event) != key_of(replace(event, actor="someone-else"))
