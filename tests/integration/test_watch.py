"""Signs of life, the alarm book and who is told, on a real store."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from shared.events.envelope import Envelope
from shared.messaging.abreast import Abreast, Look
from shared.messaging.feed import LONG_AGO, FeedClient, FeedHead, FeedUnavailable
from shared.watch.alarms import Measure, Reading, alarms_of
from shared.watch.book import AlarmBook
from shared.watch.heartbeats import Heartbeats, Pulse, Tally
from shared.watch.telling import Teller
from shared.watch.watcher import Watcher
from tests.integration.audit_world import SetClock
from tests.unit.audit.lines import a_kept_line

NOW = datetime(2026, 11, 23, 10, 42, tzinfo=UTC)
STUCK = Reading(measure=Measure.UNPUBLISHED, value=61, since=NOW - timedelta(seconds=61))
FORGED = Reading(measure=Measure.PARKED, value=1, subject="not-intact", since=NOW)


@pytest.fixture
def database(clean_mongo_url: str) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](clean_mongo_url, tz_aware=True) as client:
        yield client["golden_thread_watched"]


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def book(database: Database[dict[str, Any]]) -> AlarmBook:
    book = AlarmBook(database)
    book.ensure_indexes()
    return book


class Inbox(BaseHTTPRequestHandler):
    """Takes what is posted, or refuses it."""

    got: list[dict[str, Any]]
    refuse: list[bool]

    def do_POST(self) -> None:
        self.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(500 if self.refuse else 200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


@dataclass
class Desk:
    """Where alarms are posted to."""

    url: str
    got: list[dict[str, Any]]
    refuse: list[bool]


@contextmanager
def desk() -> Iterator[Desk]:
    got: list[dict[str, Any]] = []
    refuse: list[bool] = []
    handler = type("OneInbox", (Inbox,), {"got": got, "refuse": refuse})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Desk(f"http://127.0.0.1:{server.server_port}/alarms", got, refuse)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class World:
    """One watcher whose readings the test holds in its hand."""

    database: Database[dict[str, Any]]
    clock: SetClock
    book: AlarmBook
    readings: list[Reading] = field(default_factory=list)

    def watcher(self, url: str | None = None) -> Watcher:
        return Watcher(
            service="referral",
            clock=self.clock,
            pulse=Pulse(),
            heartbeats=Heartbeats(self.database),
            measure=lambda: list(self.readings),
            book=self.book,
            teller=Teller("referral", url),
        )


@pytest.fixture
def world(database: Database[dict[str, Any]], clock: SetClock, book: AlarmBook) -> World:
    return World(database, clock, book)


def test_an_alarm_stands_until_its_reading_is_right_again(world: World) -> None:
    watcher = world.watcher()
    world.readings = [STUCK, FORGED]
    watcher.look()
    world.clock.at += timedelta(seconds=10)
    world.readings = [FORGED]
    watcher.look()

    (standing,) = world.book.standing()
    (before,) = world.book.lately()
    assert (standing.rule.measure, standing.subject) == (Measure.PARKED, "not-intact")
    assert (standing.raised_at, standing.cleared_at) == (NOW, None)
    assert before.rule.measure is Measure.UNPUBLISHED
    assert before.cleared_at == NOW + timedelta(seconds=10)


def test_five_processes_that_watch_at_once_raise_and_clear_an_alarm_once(book: AlarmBook) -> None:
    parts = [Reading(measure=Measure.SILENT, value=61, subject=f"part-{n}") for n in range(6)]
    raised: list[str] = []
    cleared: list[str] = []
    together = threading.Barrier(5)

    def watch() -> None:
        for part in parts:
            together.wait(20)
            raised.extend(each.subject for each in book.note(alarms_of([part]), NOW)[0])
            together.wait(20)
            cleared.extend(each.subject for each in book.note([], NOW)[1])

    threads = [threading.Thread(target=watch) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(raised) == sorted(cleared) == sorted(each.subject for each in parts)


def test_raised_and_cleared_are_logged_once_with_references_only(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    watcher = world.watcher()
    world.readings = [FORGED]
    for _ in range(3):
        watcher.look()
    world.readings = []
    for _ in range(3):
        watcher.look()

    said = [(each.levelno, each.msg) for each in caplog.records]
    assert said == [(logging.ERROR, "alarm raised"), (logging.WARNING, "alarm cleared")]


def test_somebody_is_told_when_an_alarm_is_raised_and_when_it_is_cleared(world: World) -> None:
    with desk() as told:
        watcher = world.watcher(told.url)
        world.readings = [STUCK]
        watcher.look()
        watcher.look()
        world.readings = []
        watcher.look()
        watcher.look()

    assert [(each["alarm"], each["state"]) for each in told.got] == [
        ("unpublished", "raised"),
        ("unpublished", "cleared"),
    ]
    assert told.got[0]["id"] == told.got[1]["id"]
    assert told.got[0]["since"] == "2026-11-23T10:40:59.000Z"
    assert told.got[0]["runbook"] == "stuck-outbox"


def test_who_could_not_be_told_is_told_later_and_the_book_does_not_wait(world: World) -> None:
    with desk() as told:
        watcher = world.watcher(told.url)
        told.refuse.append(True)
        world.readings = [STUCK, FORGED]
        watcher.look()
        assert len(told.got) == 1
        assert len(world.book.standing()) == 2

        told.refuse.clear()
        world.clock.at += timedelta(seconds=31)
        watcher.look()

    assert sorted(each["alarm"] for each in told.got[1:]) == ["parked", "unpublished"]


def test_nothing_is_lost_of_the_watch_when_nobody_listens_at_the_address(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.readings = [STUCK]
    world.watcher("http://127.0.0.1:9/secret-token").look()

    assert len(world.book.standing()) == 1
    assert "secret-token" not in caplog.text


def test_a_store_that_is_away_is_said_once_in_the_log_and_to_whoever_is_told(
    caplog: pytest.LogCaptureFixture, clock: SetClock
) -> None:
    nowhere: MongoClient[dict[str, Any]] = MongoClient(
        "mongodb://127.0.0.1:9", serverSelectionTimeoutMS=100
    )
    with nowhere, desk() as told:
        gone = nowhere["golden_thread_watched"]
        watcher = World(gone, clock, AlarmBook(gone)).watcher(told.url)
        watcher.look()
        watcher.look()

    assert [each.msg for each in caplog.records] == ["store away"]
    assert [(each["alarm"], each["state"]) for each in told.got] == [("store-away", "raised")]


def test_a_part_that_vanished_is_noticed_by_its_age(
    database: Database[dict[str, Any]], clock: SetClock
) -> None:
    pulse, heartbeats = Pulse(), Heartbeats(database, clock)
    pulse.beat("consumer", every_seconds=1)
    pulse.beat("sweep", every_seconds=300)
    heartbeats.keep(pulse)

    clock.at += timedelta(seconds=100)
    expected = ("consumer", "sweep", "never-started")
    silent = heartbeats.silences(expected, watched_seconds=70)

    assert silent["consumer"] == pytest.approx(99, abs=1)
    assert silent["sweep"] == 0
    assert silent["never-started"] == 70
    assert "relay" not in silent


def test_a_part_lives_if_any_process_of_the_service_has_it(
    database: Database[dict[str, Any]], clock: SetClock
) -> None:
    for role in ("web", "work"):
        pulse = Pulse(role=role)
        pulse.beat("relay", every_seconds=1)
        Heartbeats(database, clock).keep(pulse)
        clock.at += timedelta(seconds=90)

    clock.at -= timedelta(seconds=90)
    assert Heartbeats(database, clock).silences(["relay"], watched_seconds=0)["relay"] < 1


def test_what_every_process_counts_is_added_up_and_kept_when_the_store_was_away(
    database: Database[dict[str, Any]],
) -> None:
    pulse = Pulse()
    pulse.count(Tally.HANDLED, 3)
    nowhere: MongoClient[dict[str, Any]] = MongoClient(
        "mongodb://127.0.0.1:9", serverSelectionTimeoutMS=100
    )
    with nowhere, pytest.raises(Exception, match=r"127\.0\.0\.1:9"):
        Heartbeats(nowhere["golden_thread_watched"]).keep(pulse)

    heartbeats = Heartbeats(database)
    heartbeats.keep(pulse)
    heartbeats.keep(pulse)
    pulse.count(Tally.HANDLED)
    heartbeats.keep(pulse)

    assert heartbeats.totals()[Tally.HANDLED] == 4


class Source(FeedClient):
    """Another service, as its feed shows it."""

    def __init__(self, clock: SetClock, written: list[Envelope]) -> None:
        super().__init__({}, "")
        self.clock = clock
        self.written = written
        self.away = False
        self.ahead = timedelta(0)

    def time_of(self, source: str) -> datetime:
        if self.away:
            raise FeedUnavailable("away")
        return self.clock.now() + self.ahead

    def heads(self, source: str, *, since: datetime = LONG_AGO) -> Iterator[FeedHead]:
        for last in self.written[-1:]:
            if last.time >= since:
                yield FeedHead(
                    stream=last.stream, sequence=last.sequence, hash=last.hash, changed_at=last.time
                )

    def read(self, source: str, stream: str, *, after: int = 0) -> list[Envelope]:
        return [each for each in self.written if each.sequence > after]


@dataclass
class Listening:
    """A service that hears one source, as far as the test says."""

    database: Database[dict[str, Any]]
    source: Source
    known: int
    held: bool = False

    def look(self) -> Look:
        abreast = Abreast(
            self.database,
            self.source,
            self.source.clock,
            hears=("/referral",),
            known_heads=lambda streams: dict.fromkeys(streams, self.known),
            is_held=lambda event: self.held,
        )
        abreast.look()
        (found,) = abreast.seen()
        return found


@pytest.fixture
def listening(database: Database[dict[str, Any]], clock: SetClock) -> Listening:
    stream = [each for each in a_kept_line() if each.source == "/referral"]
    clock.at = stream[-1].time
    return Listening(database, Source(clock, stream), known=len(stream))


def test_all_heard_is_proved_up_to_the_time_at_the_source(listening: Listening) -> None:
    found = listening.look()

    assert found.unheard_since is None
    assert found.heard_until == listening.source.clock.at


def test_the_age_of_what_was_not_heard_is_that_of_the_first_event_missing(
    listening: Listening, clock: SetClock
) -> None:
    listening.look()
    proved = clock.at
    listening.known = 0
    clock.at += timedelta(seconds=3)

    found = listening.look()
    assert found.unheard_since == listening.source.written[0].time
    assert found.heard_until == proved

    listening.held = True
    assert listening.look().unheard_since is None


def test_since_when_a_source_is_away_is_known_until_it_answers(
    listening: Listening, clock: SetClock
) -> None:
    listening.source.away = True
    since = clock.at
    listening.look()
    clock.at += timedelta(minutes=6)
    assert listening.look().away_since == since

    listening.source.away = False
    assert listening.look().away_since is None


@pytest.mark.parametrize("seconds", [-3600, -3, 0, 3])
def test_a_clock_that_differs_is_measured_in_either_direction(
    listening: Listening, seconds: int
) -> None:
    listening.source.ahead = timedelta(seconds=seconds)

    assert listening.look().skew_seconds == seconds
