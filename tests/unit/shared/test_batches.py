"""Messages that arrive together: what became of each, and none hides that of another."""

from __future__ import annotations

from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from shared.clock import SystemClock
from shared.events.envelope import Envelope, canonical
from shared.events.referral import ReferrerInformed
from shared.hearing import Hearer, Outcome
from shared.messaging.held import HeldEvents, Kind
from shared.messaging.listener import Listener, StoreAway
from shared.rules import RuleBroken
from shared.store import Roots
from shared.streams import Streams
from tests.models.collection import MemoryDatabase
from tests.models.feed import MemoryFeed
from tests.models.store import MemoryRecords
from tests.support.toy import SOMEBODY, Count, note, speak

REF, OTHER, REFUSED = "MASH-00000-00001", "MASH-00000-00002", "MASH-00000-00003"


class NotThisOne(RuleBroken):
    code = "not-this-one"


def react(state: Any, fact: Any, event: Envelope, at: Any) -> Any:
    """Note what is heard; of one case, refuse it."""
    if event.subject == REFUSED:
        raise NotThisOne("no")
    return note(state, fact, event, at)


class Line:
    """A speaker, and a listener over a store in memory."""

    def __init__(self) -> None:
        clock = SystemClock()
        self.speakers = Roots(MemoryRecords({}), Count, source="/referral", clock=clock)
        self.hearers = Roots(MemoryRecords({}), Count, source="/strategy", clock=clock)
        self.held = HeldEvents(MemoryDatabase({}), clock)  # type: ignore[arg-type]
        feed = MemoryFeed({"/referral": Streams(self.speakers)}, clock)
        hearing = Hearer(self.hearers, {ReferrerInformed: react}).hearing()
        self.listener = Listener(("/referral",), hearing, self.held, feed)

    def says(self, ref: str, times: int = 1) -> list[bytes]:
        """Write facts; return the messages of the whole stream."""
        for _ in range(times):
            self.speakers.act(ref, speak, by=SOMEBODY)
        return [canonical(wire) for wire in Streams(self.speakers).read(ref)]

    def takes(self, bodies: list[bytes]) -> list[Outcome]:
        """Take messages as one batch."""
        return list(self.listener.take_bodies(bodies))

    def heard(self, ref: str) -> tuple[int, ...]:
        """The places of the events that had an effect, in order."""
        return (self.hearers.load(ref).state or Count()).order


@pytest.fixture
def line() -> Line:
    return Line()


def test_whatever_is_wrong_with_some_is_found_and_the_others_are_heard(line: Line) -> None:
    ours, theirs, (refused,) = line.says(REF, 2), line.says(OTHER, 2), line.says(REFUSED)
    changed = ours[0].replace(b"somebody-demo", b"someone-else0")

    outcomes = line.takes(
        [ours[0], b"not json at all", theirs[0], changed, refused, ours[1], theirs[1], theirs[0]]
    )

    handled, parked = Outcome.HANDLED, Outcome.PARK
    assert outcomes == [
        *(handled, parked, handled, parked, parked, handled, handled),
        Outcome.ALREADY_HANDLED,
    ]
    assert line.held.counts() == {Kind.PARKED: 3}
    assert (line.heard(REF), line.heard(OTHER), line.heard(REFUSED)) == ((1, 2), (1, 2), ())


def test_one_before_its_turn_is_taken_with_what_its_source_says_is_missing(line: Line) -> None:
    ours, (other,) = line.says(REF, 3), line.says(OTHER)

    assert line.takes([ours[2], other]) == [Outcome.HANDLED, Outcome.HANDLED]
    assert line.heard(REF) == (1, 2, 3)


def test_what_is_not_meant_for_this_service_is_told_apart(line: Line) -> None:
    (ours,) = line.says(REF)
    foreign = ours.replace(b'"/referral"', b'"/strange"').replace(b'"referral:', b'"strange:')

    assert line.takes([ours, foreign]) == [Outcome.HANDLED, Outcome.NOT_FOR_US]


def test_while_the_store_is_away_nothing_of_a_batch_is_taken(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [*line.says(REF), *line.says(OTHER)]

    def away(*_: object) -> None:
        raise AutoReconnect("away")

    with monkeypatch.context() as patch:
        patch.setattr(line.hearers.records, "write", away)
        with pytest.raises(StoreAway):
            line.takes(bodies)

    assert line.held.counts() == {}
    assert line.takes(bodies) == [Outcome.HANDLED, Outcome.HANDLED]


def test_a_batch_that_fails_as_a_whole_is_taken_one_by_one(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [*line.says(REF), *line.says(OTHER)]
    load_many = Roots.load_many

    def unreadable(roots: Roots[Any], refs: Any) -> Any:
        roots_read = load_many(roots, refs)
        if len(refs) > 1:
            raise KeyError("the state of one of them cannot be read")
        return roots_read

    monkeypatch.setattr(Roots, "load_many", unreadable)

    assert line.takes(bodies) == [Outcome.HANDLED, Outcome.HANDLED]
    assert (line.heard(REF), line.heard(OTHER)) == ((1,), (1,))
