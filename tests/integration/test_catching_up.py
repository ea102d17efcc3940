"""What the broker lost is found by comparing heads, however the clocks of the machines stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from shared.hearing import Outcome
from shared.messaging.feed import OVERLAP, WHOLE_EVERY, CatchUp, MongoFeedMarks
from shared.streams import Streams
from tests.conftest import MakeSettings
from tests.support.toy import DirectFeed, Toy

REF, OTHER = "MASH-00000-00001", "MASH-00000-00002"
GRACE = timedelta(seconds=5)
TWO_HOURS = timedelta(hours=2)


@dataclass
class SetClock:
    """A clock that a test sets."""

    at: datetime

    def now(self) -> datetime:
        """The time it was set to."""
        return self.at


class Line:
    """A speaker whose events no broker brings, a hearer that compares, and a clock for each."""

    def __init__(self, toy: Toy) -> None:
        self.toy = toy
        at = toy.speakers.clock.now()
        self.speaks, self.hears = SetClock(at), SetClock(at)
        toy.speakers.clock, toy.hearers.clock = self.speaks, self.hears
        self.feed = DirectFeed(Streams(toy.speakers))
        self.catch_up = CatchUp(
            MongoFeedMarks(toy.database),
            self.feed,
            self.hears,
            hears=("/referral",),
            known_heads=toy.hearer.known_heads,
            take=toy.listener.take,
            is_held=toy.held.is_held,
        )

    def pass_time(self, span: timedelta) -> None:
        """Time passes for both."""
        self.speaks.at += span
        self.hears.at += span

    def said_and_lost(self, ref: str) -> None:
        """The speaker says something that no broker brings."""
        self.toy.say(ref)

    def compare(self) -> int:
        """Compare some time later."""
        self.pass_time(timedelta(seconds=10))
        return self.catch_up.compare(grace=GRACE)


@pytest.fixture
def line(make_settings: MakeSettings) -> Line:
    return Line(Toy(make_settings()))


def test_a_lost_last_event_leaves_no_hole_and_is_found(line: Line) -> None:
    line.said_and_lost(REF)
    line.said_and_lost(REF)

    assert line.compare() == 2
    assert line.toy.heard(REF).order == (1, 2)
    assert line.compare() == 0


def test_what_changed_a_moment_ago_is_left_to_the_broker(line: Line) -> None:
    line.said_and_lost(REF)

    assert line.catch_up.compare(grace=GRACE) == 0
    assert line.compare() == 1


def test_a_change_that_was_seen_late_is_not_passed_over(line: Line) -> None:
    """Two writers at once: the one that took its time first may be seen second."""
    began = line.speaks.at
    line.pass_time(timedelta(minutes=1))
    line.said_and_lost(REF)
    assert line.compare() == 1
    later, line.speaks.at = line.speaks.at, began

    line.said_and_lost(OTHER)
    line.speaks.at = later

    assert began > later - OVERLAP
    assert line.compare() == 1


def test_a_source_whose_clock_runs_ahead_hides_nothing(line: Line) -> None:
    line.said_and_lost(OTHER)
    line.speaks.at += TWO_HOURS
    line.said_and_lost(REF)

    assert line.compare() == 2
    assert line.toy.heard(REF).value == 1


def test_what_a_source_writes_after_its_clock_was_set_back_is_found(line: Line) -> None:
    line.speaks.at += TWO_HOURS
    line.said_and_lost(REF)
    assert line.compare() == 1
    line.speaks.at -= TWO_HOURS

    line.said_and_lost(OTHER)
    line.said_and_lost(REF)

    assert line.compare() == 2
    assert [line.toy.heard(ref).value for ref in (REF, OTHER)] == [2, 1]


def test_something_fresh_does_not_hide_what_bears_a_time_to_come(line: Line) -> None:
    line.speaks.at += TWO_HOURS
    line.said_and_lost(REF)
    line.speaks.at -= TWO_HOURS
    line.pass_time(timedelta(seconds=10))
    line.said_and_lost(OTHER)

    assert line.catch_up.compare(grace=GRACE) == 1
    assert line.toy.heard(REF).value == 1
    assert line.compare() == 1


def test_what_was_written_while_a_clock_was_wrong_is_found_within_the_hour(line: Line) -> None:
    """Back and forward again between two comparisons: no mark can know."""
    line.said_and_lost(REF)
    assert line.compare() == 1
    line.speaks.at -= TWO_HOURS
    line.said_and_lost(OTHER)
    line.speaks.at += TWO_HOURS
    assert line.compare() == 0

    line.pass_time(WHOLE_EVERY)

    assert line.compare() == 1
    assert line.toy.heard(OTHER).value == 1


@pytest.mark.parametrize("skew", [TWO_HOURS, -TWO_HOURS], ids=["ahead", "behind"])
def test_order_and_effects_do_not_depend_on_the_clock_of_either(
    line: Line, skew: timedelta
) -> None:
    for moved in (line.speaks, line.hears, line.speaks):
        line.said_and_lost(REF)
        moved.at += skew
        line.said_and_lost(REF)
    events = line.toy.said(REF)

    outcomes = [line.toy.listener.take(event) for event in (*events, *reversed(events))]

    assert line.toy.heard(REF).order == (1, 2, 3, 4, 5, 6)
    assert outcomes[6:] == [Outcome.ALREADY_HANDLED] * 6
    assert line.toy.hearers.load(REF).version == 6
