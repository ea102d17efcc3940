"""The one write, on a real MongoDB: state and events together, conditional, chained."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pymongo.collection import Collection

from shared.database import collection_of
from shared.events.envelope import Envelope
from shared.mongo_records import MongoRecords
from shared.store import Change, Write
from tests.conftest import MakeSettings
from tests.support.toy import SOMEBODY, Count, SpeakerDocument, Toy, speak

REF = "MASH-00000-00001"


@pytest.fixture
def toy(make_settings: MakeSettings) -> Toy:
    return Toy(make_settings())


def test_state_and_events_are_one_document_with_an_unbroken_chain(toy: Toy) -> None:
    toy.say(REF, times=5)

    stored = collection_of(SpeakerDocument).find_one({"_id": REF})
    assert stored is not None
    assert stored["state"]["value"] == stored["version"] == len(stored["events"]) == 5
    previous = None
    for event in map(Envelope.from_wire, stored["events"]):
        assert event.is_intact()
        assert event.follows(previous)
        previous = event


def test_fifty_at_once_on_one_record_lose_nothing(toy: Toy) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: toy.say(REF), range(50)))

    assert toy.speakers.load(REF).state == Count(value=50)
    assert [event.sequence for event in toy.said(REF)] == list(range(1, 51))


def test_a_write_on_a_record_that_changed_meanwhile_is_refused(toy: Toy) -> None:
    toy.say(REF)
    stale = toy.speakers.load(REF)
    toy.say(REF)

    now = toy.speakers.clock.now()
    change = speak(stale.state, now)

    assert toy.speakers.commit(Write(root=stale, change=change, by=SOMEBODY, at=now)) is None
    assert toy.speakers.load(REF).version == 2


def test_a_bulk_over_many_records_tells_which_were_overtaken(toy: Toy) -> None:
    refs = [f"MASH-00000-0000{n}" for n in range(6)]
    toy.say(refs[2])
    roots = [toy.speakers.load(ref) for ref in refs]
    toy.say(refs[2])
    toy.say(refs[4])

    now = toy.speakers.clock.now()
    writes = [
        Write(root=root, change=speak(root.state, now), by=SOMEBODY, at=now) for root in roots
    ]
    after = toy.speakers.commit_many(writes)

    assert [n for n, root in enumerate(after) if root is None] == [2, 4]
    assert [toy.speakers.load(ref).version for ref in refs] == [1, 1, 2, 1, 1, 1]


def test_a_change_that_says_no_fact_is_refused(toy: Toy) -> None:
    with pytest.raises(ValueError, match="without a fact"):
        toy.speakers.act(REF, lambda state, at: Change(Count(), ()), by=SOMEBODY)


def test_the_published_marker_only_rises_and_never_hides_a_later_event(toy: Toy) -> None:
    toy.say(REF, times=3)
    toy.streams.mark_published({REF: 3})
    assert toy.streams.oldest_unpublished() is None

    toy.say(REF)
    toy.streams.mark_published({REF: 2})

    (pending,) = toy.streams.pending()
    assert [event["sequence"] for event in pending.events] == [4]


def test_a_marker_that_another_relay_raised_at_the_same_moment_does_not_fall(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.say(REF, times=4)
    write = Collection.bulk_write

    def overtaken(*what: Any, **how: Any) -> Any:
        monkeypatch.undo()
        toy.streams.mark_published({REF: 3})
        return write(*what, **how)

    monkeypatch.setattr(MongoRecords, "_raise_markers_of_all", lambda *_: 0)
    monkeypatch.setattr(Collection, "bulk_write", overtaken)
    toy.streams.mark_published({REF: 2})

    (pending,) = toy.streams.pending()
    assert [event["sequence"] for event in pending.events] == [4]


def test_heads_are_paged_without_missing_one(toy: Toy) -> None:
    for n in range(7):
        toy.say(f"MASH-00000-0000{n}", times=n + 1)
    first = toy.streams.heads(since=toy.speakers.clock.now().replace(year=2000), most=3)
    seen = [*first]
    while first:
        first = toy.streams.heads(
            since=first[-1].changed_at, after_ref=first[-1].stream.split(":")[1], most=3
        )
        seen += first

    assert [head.sequence for head in seen] == [1, 2, 3, 4, 5, 6, 7]
