"""A broker that is frozen, full or refuses: bounded for who waits, and nothing lost or doubled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pika
import pytest

from shared.hearing import Outcome
from shared.messaging import publisher, topology
from shared.messaging.consumer import Consumer
from shared.messaging.publisher import ConfirmingPublisher, Outgoing, PublishFailed
from shared.messaging.topology import EXCHANGE, mend
from tests.conftest import MakeSettings
from tests.integration.test_broker_mended import at_the_broker, give_up_on_one
from tests.support.carriers import HEARS, Broker, bodies_of, consuming, on_rabbitmq, put, relaying
from tests.support.nodes import RabbitNode
from tests.support.parts import find_rabbitmq
from tests.support.toy import Toy, note
from tests.support.waiting import eventually

REF = "MASH-00000-00001"
PATIENCE = 3.0
FULL, ENOUGH = "999999GB", "1MB"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitNode]:
    """A broker of our own, which tries again soon what it could not park."""
    own = RabbitNode(find_rabbitmq(), tmp_path_factory.mktemp("faults"))
    own._environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = (
        "-rabbit dead_letter_worker_publisher_confirm_timeout 2000"
    )
    own.start()
    yield own
    own.resume()
    own.stop()


@pytest.fixture
def broker(node: RabbitNode) -> Iterator[Broker]:
    yield from on_rabbitmq(node.url)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for seconds where the product waits for a quarter of a minute."""
    monkeypatch.setattr(publisher, "CONFIRM_SECONDS", PATIENCE)
    monkeypatch.setattr(publisher, "HEARTBEAT", 2)
    monkeypatch.setattr(topology, "HEARTBEAT", 2)


@contextmanager
def frozen(node: RabbitNode) -> Iterator[None]:
    node.pause()
    try:
        yield
    finally:
        node.resume()


def warned(caplog: pytest.LogCaptureFixture, words: str) -> Callable[[], bool]:
    before = sum(words in each for each in caplog.messages)
    return lambda: sum(words in each for each in caplog.messages) > before


def outgoing(toy: Toy) -> list[Outgoing]:
    return [
        Outgoing(event.id, event.type, body)
        for event, body in zip(toy.said(REF), bodies_of(toy, REF), strict=True)
    ]


STOPPED = 'ra:stop_server(quorum_queues, {{list_to_atom("%2F_{name}"), node()}}).'
"""Only the name of the queue is left."""
SILENT = 'sys:suspend(list_to_atom("%2F_{name}")).'
"""Whoever asks the queue waits, as for a leader that is never found."""


@pytest.mark.parametrize(
    ("queue", "how"),
    [
        pytest.param("parked", STOPPED, id="parked-stopped"),
        pytest.param("events", STOPPED, id="events-stopped"),
        pytest.param("events", SILENT, id="events-silent"),
    ],
)
def test_a_queue_that_the_broker_cannot_give_out_is_made_anew(
    toy: Toy, broker: Broker, node: RabbitNode, queue: str, how: str
) -> None:
    """As RabbitMQ was seen to keep one when it was killed soon after the queue was declared."""
    name = f"{broker.service}.{queue}"
    node.control("eval", how.format(name=name))

    def consumers() -> int:
        with closing(pika.BlockingConnection(pika.URLParameters(node.url))) as opened:
            told = opened.channel().queue_declare(name, passive=True)
            return int(told.method.consumer_count)

    with relaying(toy, node.url), consuming(toy, broker):
        toy.say(REF, times=2)
        eventually(lambda: toy.heard(REF).order == (1, 2), "heard through the broker", within=180)
        eventually(lambda: consumers() == 1, "the queue is alive", within=30)


def test_a_frozen_broker_is_noticed_by_both_ends_and_all_flows_when_it_thaws(
    toy: Toy, broker: Broker, node: RabbitNode, caplog: pytest.LogCaptureFixture
) -> None:
    with relaying(toy, broker.url), consuming(toy, broker):
        toy.say(REF)
        eventually(lambda: toy.heard(REF).value == 1, "heard")
        relay_says, consumer_says = (
            warned(caplog, "broker away"),
            warned(caplog, "consumer lost its broker"),
        )
        with frozen(node):
            toy.say(REF, times=3)
            eventually(relay_says, "the relay gives up waiting", within=60)
            eventually(consumer_says, "the consumer notices", within=60)

        eventually(lambda: toy.heard(REF).order == (1, 2, 3, 4), "all heard", within=90)
        eventually(lambda: toy.streams.oldest_unpublished() is None, "all published", within=60)


def test_after_a_confirm_that_did_not_come_nothing_is_trusted_on_that_connection(
    toy: Toy, broker: Broker, node: RabbitNode
) -> None:
    toy.say(REF, times=2)
    first, second = outgoing(toy)
    with closing(ConfirmingPublisher(broker.url)) as sender:
        sender._ready.wait(PATIENCE)
        with frozen(node), pytest.raises(PublishFailed):
            sender.publish([first])

        # By now the confirm of the first has come, and must not pass for that of the second.
        with pytest.raises(PublishFailed):
            sender.publish([second])


def test_a_broker_without_disk_takes_nothing_and_everything_goes_out_once_it_has(
    toy: Toy, broker: Broker, node: RabbitNode, caplog: pytest.LogCaptureFixture
) -> None:
    with relaying(toy, broker.url), consuming(toy, broker):
        node.control("set_disk_free_limit", FULL)
        try:
            blocked = warned(caplog, "broker away")
            toy.say(REF, times=3)
            eventually(blocked, "the relay gives up waiting", within=60)
            assert toy.streams.oldest_unpublished() is not None
        finally:
            node.control("set_disk_free_limit", ENOUGH)

        eventually(lambda: toy.heard(REF).order == (1, 2, 3), "all heard", within=90)
        eventually(lambda: toy.streams.oldest_unpublished() is None, "all published", within=60)
    assert toy.outcomes.count(Outcome.HANDLED) == 3


def test_an_event_that_one_queue_refuses_counts_as_not_published(toy: Toy, broker: Broker) -> None:
    toy.say(REF, times=3)
    small = f"{broker.service}.small"
    limits = {"x-max-length": 1, "x-overflow": "reject-publish"}

    def declare_small(channel: Any) -> None:
        channel.queue_declare(small, durable=True, arguments=limits)
        channel.queue_bind(small, EXCHANGE.name, "referral.#")

    at_the_broker(broker, declare_small)
    try:
        with closing(ConfirmingPublisher(broker.url)) as sender:
            assert sender.publish(outgoing(toy)) == {0}
    finally:
        at_the_broker(broker, lambda c: c.queue_delete(small))


def test_what_cannot_be_parked_is_kept_until_the_parking_place_is_back(
    toy: Toy, broker: Broker
) -> None:
    toy.say(REF)
    put(broker.url, *bodies_of(toy, REF))
    at_the_broker(broker, lambda c: c.exchange_delete(f"{broker.service}.parked"))
    at_the_broker(broker, lambda c: give_up_on_one(c, broker, arrives=False))

    assert mend(broker.url, broker.service, HEARS) == [f"{broker.service}.parked"]

    with consuming(toy, broker):
        eventually(lambda: toy.heard(REF).value == 1, "it was kept", within=60)


def test_a_handler_that_takes_longer_than_the_broker_waits_has_its_effect_once(
    make_settings: MakeSettings, broker: Broker
) -> None:
    def nobody_consumes() -> bool:
        with closing(pika.BlockingConnection(pika.URLParameters(broker.url))) as opened:
            declared = opened.channel().queue_declare(f"{broker.service}.events", passive=True)
            return not declared.method.consumer_count

    def react(state: Any, fact: Any, event: Any, at: Any) -> Any:
        if not toy.outcomes:
            eventually(nobody_consumes, "the broker has given us up", within=60)
        return note(state, fact, event, at)

    toy = Toy(make_settings(), react)
    with relaying(toy, broker.url), consuming(toy, broker):
        toy.say(REF, times=2)
        eventually(lambda: toy.heard(REF).order == (1, 2), "both heard", within=90)
        eventually(lambda: Outcome.ALREADY_HANDLED in toy.outcomes, "it came again", within=60)

    assert toy.outcomes.count(Outcome.HANDLED) == 2
    assert toy.held.counts() == {}


def test_of_several_consumers_the_next_takes_over_when_one_stops(toy: Toy, broker: Broker) -> None:
    first, second = (Consumer(broker.url, broker.service, toy.listener) for _ in range(2))
    threads = [
        threading.Thread(target=each.run_until_stopped, daemon=True) for each in (first, second)
    ]
    for thread in threads:
        thread.start()
    with relaying(toy, broker.url):
        toy.say(REF)
        eventually(lambda: toy.heard(REF).value == 1, "heard")
        first.stop()
        threads[0].join(20)
        toy.say(REF)
        eventually(lambda: toy.heard(REF).order == (1, 2), "the other took over", within=60)
    second.stop()
    threads[1].join(20)
