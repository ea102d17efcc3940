"""A service restored older takes back its own events, says what it cannot, and forks nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.events.envelope import Envelope
from shared.events.seal import stream_of
from shared.healing import FORKED, NOT_HERE, Copy, Healer, Heard
from shared.hearing import Outcome
from shared.lost import LostWords
from shared.rebuilt import Rebuilt, Told
from shared.records import RecordWrite
from shared.restored import Mark, Phase, RecordWounded
from shared.streams import Streams
from tests.conftest import MakeSettings
from tests.support.toy import SOMEBODY, Count, Toy, speak

REF = "MASH-AAAAA-AAAAA"
OTHER = "MASH-BBBBB-BBBBB"


@dataclass
class Elsewhere:
    """What others keep and heard of the speaker's streams."""

    kept: dict[str, list[Envelope]] = field(default_factory=dict)
    listeners: list[Heard] = field(default_factory=list)

    def heads(self) -> Iterator[Copy]:
        """What is kept of each stream."""
        for ref, events in self.kept.items():
            yield Copy(ref=ref, sequence=events[-1].sequence, hash=events[-1].hash)

    def of_case(self, ref: str) -> Sequence[Envelope]:
        """What is kept of a case, in no order."""
        return list(reversed(self.kept[ref]))

    def heard(self) -> Iterator[Heard]:
        """How far others heard."""
        yield from self.listeners


def count(state: Count | None, told: tuple[Told, ...]) -> Rebuilt[Count]:
    """The rule of the toy: every event counts one; what was said with it is lost."""
    before = state or Count()
    lost = {each.event.sequence: "What was said." for each in told}
    return Rebuilt(state=replace(before, value=before.value + len(told)), lost=lost)


@dataclass
class World:
    """A speaker that was restored after two of its five events, and what others hold."""

    toy: Toy
    elsewhere: Elsewhere
    lost: LostWords
    whole: list[dict[str, Any]]

    @property
    def healer(self) -> Healer:
        """Its healer."""
        return Healer(self.toy.speakers, count, self.elsewhere, self.lost)

    def stored(self, ref: str = REF) -> list[dict[str, Any]]:
        """What the speaker holds."""
        return self.toy.streams.read(ref)

    def forget(self, *, after: int, ref: str = REF) -> None:
        """Restore a record as it was after some of its events."""
        database = self.toy.speakers.records.document._get_db()  # type: ignore[attr-defined]
        kept = self.stored(ref)[:after]
        database["speakers"].delete_one({"_id": ref})
        if kept:
            database["speakers"].insert_one(
                {
                    "_id": ref,
                    "version": after,
                    "published": after,
                    "heard": {},
                    "events": kept,
                    "state": {"value": after, "order": []},
                }
            )


@pytest.fixture
def world(make_settings: MakeSettings) -> World:
    toy = Toy(make_settings())
    for _ in range(5):
        toy.speakers.act(REF, speak, by=SOMEBODY)
    whole = toy.streams.read(REF)
    kept = {REF: [Envelope.from_wire(each) for each in whole]}
    elsewhere = Elsewhere(kept=kept)
    made = World(toy=toy, elsewhere=elsewhere, lost=LostWords(toy.database), whole=whole)
    made.forget(after=2)
    return made


def test_the_very_events_that_others_heard_come_back(world: World) -> None:
    report = world.healer.heal()

    assert (report.records, report.events, report.wounds) == (1, 3, [])
    assert world.stored() == world.whole
    assert world.toy.speakers.load(REF).state == Count(value=5)


def test_the_next_event_joins_the_chain_that_others_hold(world: World) -> None:
    world.healer.heal()

    world.toy.speakers.act(REF, speak, by=SOMEBODY)

    last = Envelope.from_wire(world.stored()[-1])
    assert last.follows(world.elsewhere.kept[REF][-1])


def test_a_record_of_which_nothing_was_restored_comes_back_whole(world: World) -> None:
    world.forget(after=0)

    world.healer.heal()

    assert world.stored() == world.whole


def test_what_came_back_leaves_again_for_whoever_lacks_it(world: World) -> None:
    world.healer.heal()

    (pending,) = world.toy.streams.pending()
    assert [each["sequence"] for each in pending.events] == [3, 4, 5]


def test_words_that_no_event_carries_are_listed_with_who_knows_them(world: World) -> None:
    world.healer.heal()

    listed = list(world.lost.all())
    assert [each.key for each in listed] == [
        f"{stream_of('/referral', REF)}#{n}" for n in (3, 4, 5)
    ]
    assert {(each.who, each.type, each.words) for each in listed} == {
        (SOMEBODY.id, "referral.referrer-informed", "What was said.")
    }

    assert world.lost.settle(listed[0].key, by="officer-demo", at=listed[0].at)
    assert world.lost.settle(listed[0].key, by="somebody-else", at=listed[1].at)
    settled = world.toy.database["lost_words"].find_one({"_id": listed[0].key})
    assert settled["settled_by"] == "officer-demo", "a second press changes nothing"
    assert not world.lost.settle("referral:MASH-UNHEA-RDOF0#1", by="officer-demo", at=listed[0].at)

    assert [each.sequence for each in world.lost.all()] == [4, 5]
    assert world.healer.heal().events == 0
    assert [each.sequence for each in world.lost.all()] == [4, 5], "settled stays settled"


def test_healing_twice_changes_nothing_the_second_time(world: World) -> None:
    world.healer.heal()
    before = world.stored()

    report = world.healer.heal()

    assert (report.records, report.events, report.wounds) == (0, 0, [])
    assert world.stored() == before


class Killed(BaseException):
    """The process ended here."""


def test_killed_before_a_record_is_written_it_is_healed_by_the_next_try(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(world.toy.speakers.records, "write", die)
    with pytest.raises(Killed):
        world.healer.heal()
    monkeypatch.undo()
    assert len(world.stored()) == 2

    world.healer.heal()

    assert world.stored() == world.whole
    assert len(list(world.lost.all())) == 3


def test_two_healers_at_once_append_each_event_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = world.toy.speakers.records
    write = records.write

    def after_the_other(writes: Sequence[RecordWrite]) -> list[bool]:
        monkeypatch.undo()
        world.healer.heal()
        return write(writes)

    monkeypatch.setattr(records, "write", after_the_other)
    world.healer.heal()

    assert world.stored() == world.whole


def test_a_record_that_worked_on_before_it_healed_is_named_and_left_as_it_is(
    world: World,
) -> None:
    world.toy.speakers.act(REF, speak, by=SOMEBODY)
    before = world.stored()

    (wound,) = world.healer.heal().wounds

    assert (wound.ref, wound.last, wound.words) == (REF, 5, FORKED)
    assert world.stored() == before


def test_a_fork_of_the_same_length_is_found_by_its_hash(world: World) -> None:
    for _ in range(3):
        world.toy.speakers.act(REF, speak, by=SOMEBODY)

    (wound,) = world.healer.heal().wounds

    assert wound.words == FORKED


def test_what_nobody_holds_any_more_is_named_and_nothing_is_put_in_its_place(
    world: World,
) -> None:
    world.elsewhere.kept[REF] = [each for each in world.elsewhere.kept[REF] if each.sequence != 4]

    (wound,) = world.healer.heal().wounds

    assert (wound.first, wound.last, wound.words) == (4, 5, NOT_HERE)
    assert world.stored() == world.whole[:3]


def test_what_a_listener_heard_and_nobody_holds_is_named_with_the_listener(world: World) -> None:
    world.elsewhere.listeners = [
        Heard(ref=REF, sequence=7, by="strategy"),
        Heard(ref=OTHER, sequence=1, by="strategy"),
    ]

    wounds = world.healer.heal().wounds

    assert [(each.ref, each.first, each.last, each.heard_by) for each in wounds] == [
        (REF, 6, 7, "strategy"),
        (OTHER, 1, 1, "strategy"),
    ]


def test_a_changed_copy_is_not_taken_back(world: World) -> None:
    forged = replace(world.elsewhere.kept[REF][2], actor="intruder-demo")
    world.elsewhere.kept[REF][2] = forged

    (wound,) = world.healer.heal().wounds

    assert wound.words == FORKED
    assert world.stored() == world.whole[:2]


def test_an_event_whose_cause_comes_again_is_not_caused_a_second_time(world: World) -> None:
    toy = world.toy
    said = world.elsewhere.kept[REF]
    for event in said:
        toy.hearer.receive(event)
    caused = [Envelope.from_wire(each) for each in Streams(toy.hearers).read(REF)]
    toy.database["hearers"].delete_one({"_id": REF})
    elsewhere = Elsewhere(kept={REF: [*said, *caused]})
    elsewhere.kept[REF].sort(key=lambda each: each.stream == caused[0].stream)

    Healer(toy.hearers, count, elsewhere, world.lost).heal()

    assert toy.hearers.load(REF).heard == {said[0].stream: 5}
    assert {toy.hearer.receive(event) for event in said} == {Outcome.ALREADY_HANDLED}
    assert Streams(toy.hearers).read(REF) == [each.to_wire() for each in caused]


def test_nothing_is_added_to_a_record_that_could_not_be_made_good(world: World) -> None:
    mark = Mark(world.toy.database)
    mark.begin(backup="2026-11-20T09:00:00.000Z", at=world.toy.speakers.clock.now())
    world.elsewhere.listeners = [Heard(ref=REF, sequence=7, by="strategy")]
    mark.healed(world.healer.heal(), at=world.toy.speakers.clock.now())
    world.toy.speakers.refuse = mark.refuse
    before = world.stored()

    with pytest.raises(RecordWounded):
        world.toy.speakers.act(REF, speak, by=SOMEBODY)
    world.toy.speakers.act(OTHER, speak, by=SOMEBODY)

    assert world.stored() == before
    assert mark.phase() is Phase.OPEN


def test_what_turns_up_later_makes_a_wound_good(world: World) -> None:
    everything = world.elsewhere.kept[REF]
    world.elsewhere.kept[REF] = everything[:4]
    world.elsewhere.listeners = [Heard(ref=REF, sequence=5, by="strategy")]
    assert len(world.healer.heal().wounds) == 1

    world.elsewhere.kept[REF] = everything

    assert world.healer.heal().wounds == []
    assert world.stored() == world.whole
