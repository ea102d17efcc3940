"""The messaging, one behaviour suite on RabbitMQ and on the embedded transport."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from pymongo.errors import AutoReconnect

from shared.events.envelope import Envelope, canonical
from shared.hearing import Outcome
from shared.messaging import consumer
from shared.messaging.held import Kind
from shared.messaging.listener import StoreAway
from shared.messaging.publisher import publisher_for
from shared.messaging.relay import Relay
from shared.messaging.topology import EXCHANGE, connection
from shared.rules import RuleBroken
from tests.conftest import MakeSettings
from tests.support.carriers import Broker, bodies_of, consuming, handed_out_before, put, relaying
from tests.support.toy import Toy, note
from tests.support.waiting import eventually

REFS = [f"MASH-00000-000{n:02}" for n in range(20)]


def test_what_is_committed_is_heard_once_and_in_order(toy: Toy, broker: Broker) -> None:
    with relaying(toy, broker.url), consuming(toy, broker):
        for ref in REFS:
            toy.say(ref, times=5)

        for ref in REFS:
            eventually(lambda ref=ref: toy.heard(ref).value == 5, "all heard")

    assert all(toy.heard(ref).order == (1, 2, 3, 4, 5) for ref in REFS)
    eventually(lambda: toy.streams.oldest_unpublished() is None, "all published")


def test_shuffled_and_doubled_messages_have_each_effect_once(toy: Toy, broker: Broker) -> None:
    for ref in REFS:
        toy.say(ref, times=5)
    bodies = [body for ref in REFS for body in bodies_of(toy, ref)] * 3
    random.Random(7).shuffle(bodies)

    with consuming(toy, broker):
        put(broker.url, *bodies)
        for ref in REFS:
            eventually(lambda ref=ref: toy.heard(ref).value == 5, "all heard")
        eventually(lambda: len(toy.outcomes) >= len(bodies), "all taken")

    assert all(toy.heard(ref).order == (1, 2, 3, 4, 5) for ref in REFS)
    assert toy.outcomes.count(Outcome.HANDLED) == 100


def test_a_body_that_is_no_event_is_parked_and_the_next_one_flows(toy: Toy, broker: Broker) -> None:
    toy.say(REFS[0])

    with consuming(toy, broker):
        put(broker.url, b"not json at all", b'{"specversion":"1.0"}', *bodies_of(toy, REFS[0]))
        eventually(lambda: toy.heard(REFS[0]).value == 1, "the healthy one is heard")
        eventually(lambda: toy.held.counts() == {Kind.PARKED: 2}, "both are parked")


def test_a_changed_event_is_parked(toy: Toy, broker: Broker) -> None:
    toy.say(REFS[0])
    body = bodies_of(toy, REFS[0])[0].replace(b"somebody-demo", b"someone-else0")

    with consuming(toy, broker):
        put(broker.url, body)
        eventually(lambda: toy.held.counts() == {Kind.PARKED: 1}, "parked")

    (parked,) = toy.held.parked()
    assert parked.reason == "the hash does not belong to the event"
    assert toy.heard(REFS[0]).value == 0


class Forbidden(RuleBroken):
    code = "forbidden"


def test_later_events_wait_behind_a_parked_one_and_flow_after_replay(
    make_settings: MakeSettings, broker: Broker
) -> None:
    broken = True

    def react(state, fact, event, at):  # type: ignore[no-untyped-def]
        if broken and event.subject == REFS[0] and event.sequence == 2:
            raise Forbidden("not yet")
        return note(state, fact, event, at)

    toy = Toy(make_settings(), react)
    with relaying(toy, broker.url), consuming(toy, broker):
        toy.say(REFS[0], times=4)
        toy.say(REFS[1], times=4)
        eventually(lambda: toy.heard(REFS[1]).value == 4, "other cases flow")
        eventually(lambda: toy.held.counts() == {Kind.PARKED: 1, Kind.WAITING: 2}, "held")
        assert toy.heard(REFS[0]).value == 1
        assert toy.listener.try_again_what_is_due() == 0

        broken = False
        assert toy.held.replay(stream=toy.said(REFS[0])[0].stream) == 1
        assert toy.listener.try_again_what_is_due() == 3

    assert toy.heard(REFS[0]).order == (1, 2, 3, 4)
    assert toy.held.counts() == {}


def test_an_early_event_fetches_what_is_missing_from_its_source(toy: Toy, broker: Broker) -> None:
    toy.say(REFS[0], times=4)

    with consuming(toy, broker):
        put(broker.url, bodies_of(toy, REFS[0])[3])
        eventually(lambda: toy.heard(REFS[0]).order == (1, 2, 3, 4), "the hole is filled")


def test_an_early_event_waits_while_its_source_is_away(toy: Toy, broker: Broker) -> None:
    toy.say(REFS[0], times=3)
    toy.feed.away = True

    with consuming(toy, broker):
        put(broker.url, bodies_of(toy, REFS[0])[2])
        eventually(lambda: toy.held.counts() == {Kind.RETRY: 1}, "held for another try")

    toy.feed.away = False
    eventually(toy.listener.try_again_what_is_due, "the retry is due", within=10)
    assert toy.heard(REFS[0]).order == (1, 2, 3)


def test_a_handler_that_fails_is_tried_again_and_its_type_of_failure_does_not_matter(
    make_settings: MakeSettings, broker: Broker
) -> None:
    faults = [TimeoutError(), OSError(), ZeroDivisionError()]

    def react(state, fact, event, at):  # type: ignore[no-untyped-def]
        if faults:
            raise faults.pop()
        return note(state, fact, event, at)

    toy = Toy(make_settings(), react)
    with relaying(toy, broker.url), consuming(toy, broker):
        for ref in REFS[:3]:
            toy.say(ref)
        eventually(lambda: toy.held.counts() == {Kind.RETRY: 3}, "held")
        toy.say(REFS[3])
        eventually(lambda: toy.heard(REFS[3]).value == 1, "the consumer lives")
        eventually(lambda: toy.listener.try_again_what_is_due() or not toy.held.counts(), "tried")
        eventually(
            lambda: (toy.listener.try_again_what_is_due(), not toy.held.counts())[1], "none held"
        )

    assert all(toy.heard(ref).value == 1 for ref in REFS[:3])


def test_an_event_over_which_the_store_went_away_is_not_acknowledged_but_comes_again(
    make_settings: MakeSettings, rabbit: Broker
) -> None:
    away = [AutoReconnect("the primary stepped down")]

    def react(state, fact, event, at):  # type: ignore[no-untyped-def]
        if away:
            raise away.pop()
        return note(state, fact, event, at)

    toy = Toy(make_settings(), react)
    toy.say(REFS[0])
    with consuming(toy, rabbit):
        put(rabbit.url, *bodies_of(toy, REFS[0]))
        eventually(lambda: toy.heard(REFS[0]).value == 1, "it came again and was heard")

    assert toy.held.counts() == {}


def test_what_a_long_batch_has_done_is_acknowledged_before_the_batch_is_done(
    make_settings: MakeSettings, rabbit: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "CAREFUL", 10)  # batches from the first message on
    monkeypatch.setattr(consumer, "LONGEST_SILENCE", -1.0)  # every batch takes too long
    toy = Toy(make_settings())
    toy.say(REFS[0], times=8)
    failed: list[bytes] = []
    came_again: list[bytes] = []
    take_body, take_bodies = toy.listener.take_body, toy.listener.take_bodies

    def fails_before_its_last(bodies: Sequence[bytes]) -> Iterator[Outcome]:
        for place, outcome in enumerate(take_bodies(bodies), start=1):
            if not failed and place == len(bodies) > 1:
                failed.extend(bodies)
                raise StoreAway("AutoReconnect")
            yield outcome

    def noted(body: bytes, *, again: bool = False) -> Outcome:
        if again:
            came_again.append(body)
        return take_body(body, again=again)

    monkeypatch.setattr(toy.listener, "take_bodies", fails_before_its_last)
    monkeypatch.setattr(toy.listener, "take_body", noted)
    put(rabbit.url, *bodies_of(toy, REFS[0]))
    with consuming(toy, rabbit):
        eventually(
            lambda: failed and failed[-1] in came_again, "what was not acknowledged came again"
        )
        eventually(lambda: toy.heard(REFS[0]).value == 8, "all heard")

    assert set(failed) & set(came_again) == {failed[-1]}


def test_what_still_arrives_while_the_store_is_away_acknowledges_nothing_before_it(
    make_settings: MakeSettings, rabbit: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "CAREFUL", 10)  # several are on their way when the first fails
    toy = Toy(make_settings())
    for ref in REFS[:3]:
        toy.say(ref)
        put(rabbit.url, *bodies_of(toy, ref))
    handed_out_before(rabbit, 3)
    away = [StoreAway("AutoReconnect")]
    take_body = toy.listener.take_body

    def fails_once(body: bytes, *, again: bool = False) -> Outcome:
        if away:
            raise away.pop()
        return take_body(body, again=again)

    monkeypatch.setattr(toy.listener, "take_body", fails_once)
    with consuming(toy, rabbit):
        for ref in REFS[:3]:
            eventually(lambda ref=ref: toy.heard(ref).value == 1, "heard")


def test_one_message_is_handed_out_at_a_time_until_many_came_without_a_death(
    make_settings: MakeSettings, rabbit: Broker
) -> None:
    taken, go_on = threading.Event(), threading.Event()

    def react(state, fact, event, at):  # type: ignore[no-untyped-def]
        taken.set()
        assert go_on.wait(60)
        return note(state, fact, event, at)

    toy = Toy(make_settings(), react)
    toy.say(REFS[0], times=10)
    put(rabbit.url, *bodies_of(toy, REFS[0]))
    with consuming(toy, rabbit):
        assert taken.wait(60)
        with connection(rabbit.url) as opened:
            queue = opened.default_channel.queue_declare(f"{rabbit.service}.events", passive=True)
        go_on.set()
        eventually(lambda: toy.heard(REFS[0]).value == 10, "all heard")

    assert queue.message_count == 9, "a crash now would have counted against its neighbours"


def test_an_event_that_no_queue_is_bound_for_stays_unpublished(toy: Toy, rabbit: Broker) -> None:
    with connection(rabbit.url) as opened:
        opened.default_channel.queue_unbind(f"{rabbit.service}.events", EXCHANGE.name, "referral.#")
    toy.say(REFS[0], times=2)
    relay = Relay(toy.streams, partial(publisher_for, rabbit.url), sweep_seconds=0.1)

    assert relay.publish_pending() is False
    assert toy.streams.oldest_unpublished() is not None

    rabbit.declare()
    assert relay.publish_pending() is True
    assert toy.streams.oldest_unpublished() is None
    relay.stop()
    relay.run()


def test_a_broker_that_is_away_stops_nobody_from_writing(toy: Toy, tmp_path: Path) -> None:
    nobody = "amqp://guest:guest@127.0.0.1:9/"
    with relaying(toy, nobody):
        toy.say(REFS[0], times=3)

    assert toy.speakers.load(REFS[0]).version == 3
    assert toy.streams.oldest_unpublished() is not None


def test_an_envelope_survives_the_wire_bit_for_bit(toy: Toy) -> None:
    toy.say(REFS[0])
    (event,) = toy.said(REFS[0])

    assert Envelope.from_wire(event.to_wire()) == event
    assert canonical(event.to_wire()) == bodies_of(toy, REFS[0])[0]
