"""Keeping events that arrive together: what simply continues its stream, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.audit.domain.announcing import Announcements
from services.audit.handlers.keeping import receive, receive_many
from services.audit.handlers.oversight import Oversight
from shared.clock import SystemClock
from shared.events.envelope import Envelope, hash_of
from shared.hearing import Outcome
from shared.practice import load_time_limits
from shared.store import Roots
from tests.models.store import Entries, MemoryArchive, MemoryRecords
from tests.unit.audit.lines import CASE, a_kept_line

LINE = a_kept_line()


class World:
    """Audit over a store in memory."""

    def __init__(self) -> None:
        self.kept = Entries()
        clock = SystemClock()
        self.oversight = Oversight(
            archive=MemoryArchive(self.kept),
            announcements=Roots(MemoryRecords({}), Announcements, source="/audit", clock=clock),
            limits=load_time_limits(),
            clock=clock,
            feed=None,
        )

    def hears(self, *events: Envelope) -> list[Outcome | None]:
        """Take events as one batch."""
        return receive_many(events, self.oversight)


@pytest.fixture
def world() -> World:
    return World()


def resealed(event: Envelope, **changed: object) -> Envelope:
    """The event with other attributes and the hash that belongs to them."""
    other = replace(event, **changed)  # type: ignore[arg-type]
    return replace(other, hash=hash_of(other.to_wire()))


def test_a_line_that_arrives_together_is_what_it_is_one_by_one(world: World) -> None:
    alone = World()
    for event in LINE:
        receive(event, alone.oversight)

    assert set(world.hears(*LINE)) == {Outcome.HANDLED}

    assert world.kept.entries == alone.kept.entries
    assert world.kept.cases == alone.kept.cases


def test_second_copies_of_what_is_stored_are_known(world: World) -> None:
    assert world.hears(LINE[0], LINE[0]) == [Outcome.HANDLED, Outcome.ALREADY_HANDLED]
    assert world.hears(LINE[0], LINE[1]) == [Outcome.ALREADY_HANDLED, Outcome.HANDLED]


def test_of_one_that_somebody_else_keeps_meanwhile_the_copies_are_left_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        world.oversight.archive, "insert_entries", lambda events: [False] * len(events)
    )

    assert world.hears(LINE[0], LINE[0]) == [None, None]
    assert world.oversight.lately.known([LINE[0].key]) == {}


def test_a_second_copy_makes_up_for_a_crash_before_the_clocks_were_noted(world: World) -> None:
    world.hears(*LINE)
    noted = dict(world.kept.cases)
    world.kept.cases.clear()

    assert set(world.hears(*LINE)) == {Outcome.ALREADY_HANDLED}
    assert world.kept.cases == noted


def test_another_event_in_a_place_that_is_taken_is_left(world: World) -> None:
    world.hears(LINE[0])

    assert world.hears(resealed(LINE[0], actor="somebody-else"), LINE[0]) == [
        None,
        Outcome.ALREADY_HANDLED,
    ]


def test_one_before_its_turn_is_left_and_those_behind_it_too(world: World) -> None:
    stream = [each for each in LINE if each.source == "/strategy"]

    outcomes = world.hears(stream[0], stream[2], stream[3])

    assert outcomes == [Outcome.HANDLED, None, None]
    assert list(world.kept.entries) == [stream[0].key]


def test_one_that_does_not_link_is_left(world: World) -> None:
    stream = [each for each in LINE if each.source == "/strategy"]
    other = resealed(stream[1], previous_hash="f" * 64)

    assert world.hears(stream[0], other) == [Outcome.HANDLED, None]
    assert world.hears(other) == [None]


def test_one_that_what_is_held_behind_it_does_not_follow_is_left(world: World) -> None:
    stream = [each for each in LINE if each.source == "/strategy"]
    world.kept.entries[stream[1].key] = stream[1]
    other = resealed(stream[0], actor="somebody-else")

    assert world.hears(other) == [None]
    assert world.hears(stream[0]) == [Outcome.HANDLED]


def test_a_changed_one_is_left(world: World) -> None:
    forged = replace(LINE[0], actor="somebody-else")

    assert world.hears(forged, LINE[0]) == [None, Outcome.HANDLED]
    assert world.kept.entries == {LINE[0].key: LINE[0]}


def test_one_that_is_filed_under_another_case_is_left(world: World) -> None:
    elsewhere = resealed(LINE[0], subject="MASH-00000-00009")

    assert world.hears(elsewhere) == [None]


def test_a_case_that_cannot_be_computed_is_left_and_hides_no_other(world: World) -> None:
    spoilt = resealed(LINE[0], data={**LINE[0].data, "children": [{"nobody": True}]})
    sound = resealed(LINE[0], subject="MASH-00000-00009", stream="referral:MASH-00000-00009")

    assert world.hears(spoilt, sound) == [None, Outcome.HANDLED]
    assert CASE not in world.kept.cases
