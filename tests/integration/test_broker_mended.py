"""Somebody takes a queue, a binding or an exchange away: it comes back, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pymongo.errors import AutoReconnect

from shared.hearing import Outcome
from shared.messaging.held import Kind
from shared.messaging.topology import DELIVERY_LIMIT, EXCHANGE, mend, missing
from tests.support.carriers import HEARS, Broker, bodies_of, consuming, put, relaying
from tests.support.toy import Toy
from tests.support.waiting import eventually

REF = "MASH-00000-00001"


def at_the_broker(broker: Broker, do: Callable[[BlockingChannel], object]) -> None:
    """Do something at the broker past the product, as an operator's slip would."""
    with closing(pika.BlockingConnection(pika.URLParameters(broker.url))) as opened:
        do(opened.channel())


def one_is_heard(toy: Toy) -> None:
    """Return when the consumer consumes: it declares what it needs before it does."""
    toy.say(REF)
    eventually(lambda: toy.heard(REF).value == 1, "heard")


def test_a_consumer_whose_queue_is_deleted_declares_it_again_and_goes_on(
    toy: Toy, rabbit: Broker
) -> None:
    with relaying(toy, rabbit.url), consuming(toy, rabbit):
        one_is_heard(toy)

        at_the_broker(rabbit, lambda c: c.queue_delete(f"{rabbit.service}.events"))

        toy.say(REF, times=2)
        eventually(lambda: toy.heard(REF).order == (1, 2, 3), "heard all the same", within=60)


def test_a_binding_that_is_deleted_comes_back_and_what_it_held_back_flows(
    toy: Toy, rabbit: Broker
) -> None:
    unbound = f"{rabbit.service}.events"
    with relaying(toy, rabbit.url) as relay, consuming(toy, rabbit):
        one_is_heard(toy)
        at_the_broker(rabbit, lambda c: c.queue_unbind(unbound, EXCHANGE.name, "referral.#"))
        toy.say(REF, times=2)
        eventually(lambda: relay.unroutable == 2, "nothing takes them")
        assert toy.streams.oldest_unpublished() is not None

        mend(rabbit.url, rabbit.service, HEARS)

        eventually(lambda: toy.heard(REF).order == (1, 2, 3), "heard", within=60)
        eventually(lambda: relay.unroutable == 0, "all have a queue")


def test_what_one_service_missed_for_want_of_its_binding_comes_from_the_feed(
    toy: Toy, rabbit: Broker
) -> None:
    # Another service's queue takes the events: for the broker all is well.
    other = Broker(rabbit.url, f"{rabbit.service}-other")
    other.declare()
    unbound = f"{rabbit.service}.events"
    try:
        with relaying(toy, rabbit.url), consuming(toy, rabbit):
            one_is_heard(toy)
            at_the_broker(rabbit, lambda c: c.queue_unbind(unbound, EXCHANGE.name, "referral.#"))
            toy.say(REF, times=2)
            eventually(lambda: toy.streams.oldest_unpublished() is None, "all published")

            assert toy.heard(REF).value == 1
            assert toy.catch_up.compare() == 2
    finally:
        at_the_broker(other, lambda c: c.queue_delete(f"{other.service}.events"))
        at_the_broker(other, lambda c: c.queue_delete(f"{other.service}.parked"))

    assert toy.heard(REF).order == (1, 2, 3)


def test_an_exchange_that_is_deleted_comes_back_with_its_bindings(toy: Toy, rabbit: Broker) -> None:
    with relaying(toy, rabbit.url), consuming(toy, rabbit):
        one_is_heard(toy)

        at_the_broker(rabbit, lambda c: c.exchange_delete(EXCHANGE.name))
        assert missing(rabbit.url, rabbit.service, HEARS) == [EXCHANGE.name]
        toy.say(REF)

        assert mend(rabbit.url, rabbit.service, HEARS) in ([EXCHANGE.name], [])
        eventually(lambda: toy.heard(REF).order == (1, 2), "heard", within=60)

    assert missing(rabbit.url, rabbit.service, HEARS) == []


def test_a_parking_place_that_is_deleted_comes_back_and_is_used(toy: Toy, rabbit: Broker) -> None:
    parked = f"{rabbit.service}.parked"
    at_the_broker(rabbit, lambda c: (c.queue_delete(parked), c.exchange_delete(parked)))

    assert mend(rabbit.url, rabbit.service, HEARS) == [parked, parked]

    toy.say(REF)
    put(rabbit.url, *bodies_of(toy, REF))
    at_the_broker(rabbit, lambda c: give_up_on_one(c, rabbit))
    with consuming(toy, rabbit):
        eventually(lambda: toy.heard(REF).value == 1, "it arrived there")


def give_up_on_one(channel: BlockingChannel, broker: Broker, *, arrives: bool = True) -> None:
    """Return a message so often that the broker puts it into the parking queue, if it can."""
    coming = channel.consume(f"{broker.service}.events", inactivity_timeout=20)
    for _ in range(DELIVERY_LIMIT + 1):
        method, _, _ = next(coming)
        assert method, "the message is there"
        channel.basic_reject(method.delivery_tag, requeue=True)
    channel.cancel()
    if not arrives:
        return
    parking = f"{broker.service}.parked"
    eventually(
        lambda: channel.queue_declare(parking, passive=True).method.message_count,
        "the broker has given up",
    )


def test_what_the_broker_gave_up_on_though_nobody_died_of_it_is_handled_not_parked(
    toy: Toy, rabbit: Broker
) -> None:
    toy.say(REF)
    put(rabbit.url, *bodies_of(toy, REF))
    at_the_broker(rabbit, lambda c: give_up_on_one(c, rabbit))

    with consuming(toy, rabbit):
        eventually(lambda: toy.outcomes == [Outcome.HANDLED], "handled")
        eventually(lambda: toy.held.counts() == {}, "nothing is held")


def test_the_store_away_burns_no_deliveries(
    toy: Toy, rabbit: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.say(REF)
    put(rabbit.url, *bodies_of(toy, REF))
    asked = []

    def away(kind: Kind) -> None:
        asked.append(kind)
        raise AutoReconnect

    monkeypatch.setattr(toy.held, "oldest", away)
    with consuming(toy, rabbit):
        eventually(lambda: len(asked) >= 3, "it asks for the store again and again")
        assert toy.outcomes == []
        monkeypatch.undo()
        eventually(lambda: toy.outcomes == [Outcome.HANDLED], "handled", within=60)


def spoilt(channel: BlockingChannel, *bodies: bytes, **attributes: object) -> None:
    """Put messages on the exchange whose attributes were spoilt on the way; the bodies were not."""
    for body in bodies:
        properties = pika.BasicProperties(delivery_mode=2, **attributes)  # type: ignore[arg-type]
        channel.basic_publish(EXCHANGE.name, "referral.referrer-informed", body, properties)


@pytest.mark.parametrize(
    "attributes",
    [
        {"content_type": b"application/cloudevents\xfajson"},
        {"content_encoding": b"\xf5tf-8"},
        {"message_id": b"\xff0191"},
        {"headers": {b"\xfe": 1}},
    ],
    ids=lambda attributes: next(iter(attributes)),
)
def test_an_event_whose_attributes_cannot_be_read_is_heard_and_holds_nothing_up(
    toy: Toy, rabbit: Broker, attributes: dict[str, object]
) -> None:
    toy.say(REF, times=3)
    first, second, third = bodies_of(toy, REF)
    put(rabbit.url, first)
    at_the_broker(rabbit, lambda c: spoilt(c, second, b"no event at all", **attributes))
    put(rabbit.url, third)

    with consuming(toy, rabbit):
        eventually(lambda: toy.heard(REF).order == (1, 2, 3), "heard", within=60)
        eventually(lambda: set(toy.held.counts()) == {Kind.PARKED}, "held, and told", within=60)


def test_what_the_broker_gave_up_on_as_nobody_could_open_it_is_taken_from_its_parking_place(
    toy: Toy, rabbit: Broker
) -> None:
    toy.say(REF)

    def as_it_came(channel: BlockingChannel) -> None:
        spoilt(channel, *bodies_of(toy, REF), message_id=b"\xff0191")
        give_up_on_one(channel, rabbit)

    at_the_broker(rabbit, as_it_came)

    with consuming(toy, rabbit):
        eventually(lambda: toy.outcomes == [Outcome.HANDLED], "handled", within=60)
