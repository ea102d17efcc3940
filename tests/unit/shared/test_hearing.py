"""Hearing an event: in its turn, once, and only as its source wrote it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from shared.clock import SystemClock
from shared.events.envelope import Envelope, parse
from shared.events.referral import ReferrerInformed
from shared.hearing import Early, Hearer, Outcome
from shared.messaging.causes import NotIntact
from shared.messaging.publisher import Outgoing, PublishFailed
from shared.messaging.relay import Relay
from shared.records import RecordWrite
from shared.store import Root, Roots, Write
from shared.streams import Streams
from tests.models.store import MemoryRecords
from tests.support.toy import SOMEBODY, Count, note, speak

REF, OTHER = "MASH-00000-00001", "MASH-00000-00002"


class Killed(BaseException):
    """The process ends between two steps."""


class Line:
    """A speaker and a hearer over stores in memory."""

    def __init__(self) -> None:
        clock = SystemClock()
        self.speakers = Roots(MemoryRecords({}), Count, source="/referral", clock=clock)
        self.hearers = Roots(MemoryRecords({}), Count, source="/strategy", clock=clock)
        self.hearer = Hearer(self.hearers, {ReferrerInformed: note})

    def say(self, times: int, ref: str = REF) -> list[Envelope]:
        """Write facts; return the stream."""
        for _ in range(times):
            self.speakers.act(ref, speak, by=SOMEBODY)
        return [Envelope.from_wire(wire) for wire in Streams(self.speakers).read(ref)]

    @property
    def heard(self) -> Root[Count]:
        """The hearer's record."""
        return self.hearers.load(REF)


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_second_copy_has_no_second_effect(line: Line) -> None:
    first, second = line.say(2)

    outcomes = [line.hearer.receive(event) for event in (first, first, second, first, second)]

    assert outcomes.count(Outcome.HANDLED) == 2
    assert outcomes.count(Outcome.ALREADY_HANDLED) == 3
    assert line.heard.state == Count(value=2, order=(1, 2))


def test_an_event_before_its_turn_is_not_taken(line: Line) -> None:
    _, second, third = line.say(3)

    for early in (second, third):
        with pytest.raises(Early):
            line.hearer.receive(early)

    assert line.heard == Root(ref=REF)


def test_a_changed_event_is_not_taken(line: Line) -> None:
    (event,) = line.say(1)

    with pytest.raises(NotIntact):
        line.hearer.receive(replace(event, actor="someone-else"))

    assert line.heard == Root(ref=REF)


def test_the_effect_and_the_note_that_it_was_heard_are_one_write(line: Line) -> None:
    (event,) = line.say(1)

    def die(refs: Sequence[str]) -> None:
        raise Killed

    line.hearers.after_commit = die
    with pytest.raises(Killed):
        line.hearer.receive(event)
    line.hearers.after_commit = lambda refs: None

    assert line.hearer.receive(event) is Outcome.ALREADY_HANDLED
    assert line.heard.state == Count(value=1, order=(1,))
    assert line.heard.version == 1


def test_a_batch_is_heard_in_the_order_of_each_case_in_as_few_writes_as_that_takes(
    line: Line,
) -> None:
    ours, theirs = line.say(3), line.say(2, OTHER)
    bulks: list[int] = []
    line.hearers.after_commit = lambda refs: bulks.append(1)

    came = [ours[0], theirs[0], ours[1], ours[1], theirs[1], ours[2], ours[0]]
    outcomes = line.hearer.receive_many(came)

    twice = {3, 6}
    assert outcomes == [
        Outcome.ALREADY_HANDLED if place in twice else Outcome.HANDLED for place in range(len(came))
    ]
    assert line.heard.state == Count(value=3, order=(1, 2, 3))
    assert line.hearers.load(OTHER).state == Count(value=2, order=(1, 2))
    assert len(bulks) == len(ours)


def test_what_a_batch_cannot_take_is_left_with_all_behind_it_and_nothing_else(line: Line) -> None:
    ours, theirs = line.say(4), line.say(2, OTHER)
    forged = replace(ours[1], actor="someone-else")

    outcomes = line.hearer.receive_many([ours[0], theirs[1], forged, ours[1], ours[2]])

    assert outcomes == [Outcome.HANDLED, None, None, None, None]
    assert line.heard.state == Count(value=1, order=(1,))
    assert line.hearers.load(OTHER).version == 0


def test_a_forged_copy_of_what_was_heard_is_left_too(line: Line) -> None:
    (event,) = line.say(1)
    line.hearer.receive(event)

    assert line.hearer.receive_many([replace(event, actor="someone-else")]) == [None]


def test_a_record_that_changes_under_a_batch_is_left(line: Line) -> None:
    first, second = line.say(2)
    (other,) = line.say(1, OTHER)
    records = line.hearers.records
    write = records.write

    def overtaken(writes: Sequence[RecordWrite]) -> list[bool]:
        records.write = write  # type: ignore[method-assign]
        line.hearer.receive(first)
        return write(writes)

    records.write = overtaken  # type: ignore[method-assign]

    assert line.hearer.receive_many([first, second, other]) == [None, None, Outcome.HANDLED]
    assert line.heard.state == Count(value=1, order=(1,))


def test_of_two_who_read_the_same_only_the_first_writes(line: Line) -> None:
    line.say(1)
    read, now = line.speakers.load(REF), line.speakers.clock.now()
    writes = [Write(root=read, change=speak(read.state, now), by=SOMEBODY, at=now) for _ in "ab"]

    assert line.speakers.commit(writes[0]) is not None
    assert line.speakers.commit(writes[1]) is None
    assert line.speakers.load(REF).version == 2


class Refusing:
    """A broker whose confirms never come."""

    def publish(self, batch: object, meanwhile: object) -> set[int]:
        """Take a batch and say nothing."""
        raise PublishFailed("the broker did not confirm in time")

    def close(self) -> None:
        """There is no connection."""


class Half(Refusing):
    """A broker that takes the first of a batch and refuses the rest."""

    def publish(self, batch: object, meanwhile: object) -> set[int]:
        """Confirm the first alone."""
        return {0}


def test_what_the_broker_did_not_confirm_has_not_left(line: Line) -> None:
    line.say(3)
    streams = Streams(line.speakers)

    with pytest.raises(PublishFailed):
        Relay(streams, Refusing, sweep_seconds=1).publish_pending()
    assert [len(each.events) for each in streams.pending()] == [3]

    assert not Relay(streams, Half, sweep_seconds=1).publish_pending()
    assert [len(each.events) for each in streams.pending()] == [2]


class Busy(Refusing):
    """A broker that takes everything; something happens while it takes the first part."""

    def __init__(self, then: Callable[[], object]) -> None:
        self.then = then
        self.parts: list[list[bytes]] = []

    def publish(self, batch: Sequence[Outgoing], meanwhile: Callable[[], None]) -> set[int]:
        """Confirm all of it."""
        meanwhile()
        if not self.parts:
            self.then()
        self.parts.append([each.body for each in batch])
        return set(range(len(batch)))


def test_what_is_written_while_a_part_is_on_its_way_goes_out_next_and_nothing_goes_out_twice(
    line: Line,
) -> None:
    line.say(3)
    broker = Busy(lambda: (line.say(2), line.say(1, OTHER)))
    streams = Streams(line.speakers)

    assert Relay(streams, lambda: broker, sweep_seconds=1, in_the_air=2).publish_pending()

    sent = [parse(body).key for part in broker.parts for body in part]
    assert sent == [*(f"referral:{REF}#{place}" for place in range(1, 6)), f"referral:{OTHER}#1"]
    assert list(streams.pending()) == [], "all of it is noted"


def test_a_relay_that_is_told_to_stop_ends_between_two_parts(line: Line) -> None:
    line.say(3)
    streams = Streams(line.speakers)
    relay = Relay(streams, lambda: broker, sweep_seconds=1, in_the_air=2)
    broker = Busy(relay.stop)

    relay.publish_pending()

    assert [len(part) for part in broker.parts] == [2]
    assert [len(each.events) for each in streams.pending()] == [1], "what went out is noted"


def test_a_relay_with_nothing_to_publish_passes_none_of_its_points(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed: list[object] = []
    monkeypatch.setattr("shared.messaging.relay.reached", passed.append)

    assert not Relay(Streams(line.speakers), Refusing, sweep_seconds=1).publish_pending()

    assert passed == [], "a fault there would be caused although nothing was on its way"
