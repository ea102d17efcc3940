"""The broker away: work goes on. The database away: clean errors, and nothing told is lost."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import closing

import pika
import pytest

from shared.messaging.topology import EXCHANGE
from tests.builders import a_referral
from tests.journeys.lines import check_line, settle, stream_of, types_of, whole_line_of
from tests.support.doors import Browser, Caller, NotAnswered
from tests.support.pages import check_page
from tests.support.system import System
from tests.support.waiting import eventually
from tests.support.walk import WHOLE_LINE, Walk


@pytest.fixture
def without_broker(system: System) -> Iterator[System]:
    """The system with its broker killed; it is back afterwards, whatever happens."""
    system.rabbit.kill()
    yield system
    if not system.rabbit.is_running():
        system.rabbit.start()


@pytest.fixture
def without_database(system: System) -> Iterator[System]:
    """The system with its database killed; it is back afterwards, whatever happens."""
    system.mongo.kill()
    yield system
    if not system.mongo.is_running():
        system.mongo.start()


def test_without_the_broker_referrals_are_received_and_decided(without_broker: System) -> None:
    system = without_broker
    walks = [Walk(system) for _ in range(3)]

    for walk in walks:
        walk.receive()
        walk.decide()
    assert all(walk.unanswered == 0 for walk in walks), "nobody waits for the broker"
    assert all(walk.referral()["outcome"] == "strategy-meeting" for walk in walks)
    inbox = Browser(system, "manager-demo").open("/referral/inbox")
    assert inbox.errors == ()

    system.rabbit.start()

    for walk in walks:
        walk.meet()
        walk.allocate()
        walk.see_every_child()
        walk.inform()
        check_line(system, walk.ref, WHOLE_LINE)


def test_without_the_database_errors_are_clean_and_nothing_told_is_lost(
    without_database: System,
) -> None:
    system = without_database
    body = a_referral()

    refused = Caller(system, "school-demo").post_once("/referral/api/referrals", body)

    assert refused.status_code == 503
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    assert refused.headers["Retry-After"]
    assert "mongo" not in refused.text.lower()

    system.mongo.start()

    accepted = Caller(system, "school-demo").post("/referral/api/referrals", body)
    assert accepted.status_code == 201
    whole_line_of(system, accepted.json()["reference"], ["referral.received"])


def test_what_the_broker_never_brought_is_taken_from_the_feed(system: System) -> None:
    system.restart("work", CATCH_UP_SECONDS="1")
    expected = WHOLE_LINE[:3]
    with unbound(system, "audit.events", "referral.#"):
        # The other service's queue takes the events: for the broker all is well.
        walk = Walk(system)
        walk.receive()
        walk.decide()

        line = whole_line_of(system, walk.ref, expected)

        assert types_of(line) == list(expected)
    taken = [said for said in system.logs().splitlines() if "taken from the feed" in said]
    assert any(f"referral:{walk.ref}" in said for said in taken)


@contextlib.contextmanager
def unbound(system: System, queue: str, routing_key: str) -> Iterator[None]:
    """Take a binding away, as a slip of an operator would."""
    with closing(pika.BlockingConnection(pika.URLParameters(system.rabbit.url))) as connection:
        channel = connection.channel()
        channel.queue_unbind(queue, EXCHANGE.name, routing_key)
        yield
        channel.queue_bind(queue, EXCHANGE.name, routing_key)


def test_a_page_says_so_when_the_database_is_away(system: System) -> None:
    manager = Browser(system, "manager-demo")
    manager.open("/referral/inbox")
    system.mongo.kill()
    try:
        answer = manager.session.get(f"{system.urls['referral']}/referral/inbox", timeout=60)
    finally:
        system.mongo.start()

    assert answer.status_code == 503
    check_page(answer.text, where="the page without a database")
    eventually(lambda: manager.open("/referral/inbox"), "the inbox is back", within=60)


def test_what_was_acknowledged_while_the_database_died_is_there_afterwards(
    system: System,
) -> None:
    acknowledged: list[str] = []
    over = threading.Event()

    def keep_sending() -> None:
        while not over.is_set():
            try:
                answer = Caller(system, "school-demo").post_once(
                    "/referral/api/referrals", a_referral()
                )
            except NotAnswered:
                continue
            if answer.ok:
                acknowledged.append(answer.json()["reference"])

    senders = [threading.Thread(target=keep_sending) for _ in range(4)]
    for sender in senders:
        sender.start()
    try:
        eventually(lambda: len(acknowledged) > 20, "referrals are accepted", within=60)
        system.mongo.kill()
        system.mongo.start()
        then = len(acknowledged)
        eventually(lambda: len(acknowledged) > then + 20, "and accepted again", within=90)
    finally:
        over.set()
        for sender in senders:
            sender.join()

    settle(system)
    for ref in acknowledged:
        stored = stream_of(system, "referral", ref)
        assert [event["type"] for event in stored] == ["referral.received"], ref
    last = whole_line_of(system, acknowledged[-1], ["referral.received"])
    assert types_of(last) == ["referral.received"]
