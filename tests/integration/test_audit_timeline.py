"""The timeline on a real store: each event once, holes seen and filled, projections rebuilt."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from services.audit import queries
from services.audit.documents import CaseProjectionDocument, EntryDocument, MongoArchive
from services.audit.domain.projection import project
from services.audit.handlers import keeping, promises
from shared.database import collection_of
from shared.events.envelope import Envelope, MalformedEvent, hash_of
from shared.events.referral import ChildMatched
from shared.hearing import Early, Outcome
from tests.integration.audit_world import AuditWorld, audit_settings
from tests.unit.audit.lines import (
    BLUE,
    CASE,
    GREEN,
    MANAGER,
    SCHOOL,
    SOCIAL_WORKER,
    a_kept_line,
    decided,
    in_london,
    received,
    sealed,
    seen,
)

EVENING = in_london("2026-11-23T18:00")
OTHER_CASE = "MASH-SAVCE-R0002"


@pytest.fixture
def world(tmp_path: Path, mongo_url: str) -> AuditWorld:
    return AuditWorld(audit_settings(tmp_path, mongo_url), EVENING)


def the_line(world: AuditWorld, ref: str = CASE) -> queries.Line:
    return queries.line(ref, limits=world.limits, names=str, now=world.clock.now())


def test_every_event_is_kept_once_however_often_and_in_whatever_order_it_comes(
    world: AuditWorld,
) -> None:
    line = a_kept_line()
    world.feed.wrote(line)
    copies = line * 3
    random.Random(7).shuffle(copies)

    outcomes = world.hears(*copies)

    assert world.entries() == sorted(each.key for each in line)
    assert set(outcomes) == {Outcome.HANDLED, Outcome.ALREADY_HANDLED}
    assert the_line(world).complete


def test_two_workers_at_once_keep_everything_once(world: AuditWorld) -> None:
    line = a_kept_line()
    world.feed.wrote(line)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: keeping.receive(each, world.oversight), line * 4))

    case = world.case()
    assert case is not None
    assert len(world.entries()) == case["entries_read"] == len(line)
    assert the_line(world).complete


def test_what_is_missing_is_asked_of_the_source(world: AuditWorld) -> None:
    line = a_kept_line()
    world.feed.wrote(line)

    world.hears(line[0], line[-1])

    assert [each.type for each in the_line(world).items].count("strategy.child-seen") == 2
    assert MongoArchive().head_of(f"strategy:{CASE}") == 6
    assert the_line(world).complete


def test_a_hole_that_cannot_be_filled_is_shown_and_closes_when_the_events_come(
    world: AuditWorld,
) -> None:
    line = a_kept_line()
    world.feed.away.add("/strategy")

    world.hears(*line[:5], line[7])

    assert not the_line(world).complete
    assert [each.words for each in the_line(world).holes] == [
        f"not complete: events 4 to 5 of strategy:{CASE} are missing"
    ]
    assert MongoArchive().head_of(f"strategy:{CASE}") == 3
    assert queries.overview(EVENING).incomplete == 1

    world.hears(line[5], line[6])

    assert the_line(world).complete
    assert queries.overview(EVENING).incomplete == 0


def test_a_word_of_our_own_that_joins_nothing_waits_and_makes_no_hole(world: AuditWorld) -> None:
    """After a restore: what it said first is lost, and its next words would go on behind a hole."""
    world.hears(*a_kept_line())
    world.sweeps(in_london("2026-11-24T09:00"))
    own = [each for each in MongoArchive().entries_of_case(CASE) if each.source == "/audit"]
    own.sort(key=lambda each: each.sequence)
    assert len(own) > 1
    world.database["entries"].delete_many({"source": "/audit"})

    with pytest.raises(Early):
        world.hears(own[1])

    assert MongoArchive().head_of(own[1].stream) == 0
    assert world.hears(*own) == [Outcome.HANDLED] * len(own)


def test_projections_are_there_again_before_a_restored_audit_opens(world: AuditWorld) -> None:
    world.hears(*a_kept_line())
    before = MongoArchive().case_at(CASE)
    world.database["cases"].delete_many({})

    promises.project_what_is_behind(world.oversight)

    assert MongoArchive().case_at(CASE) == before is not None


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "somebody-else"},
        {"data": {"children": []}},
        {"sequence": 2},
        {"source": "/strategy"},
        {"subject": OTHER_CASE},
    ],
)
def test_a_changed_event_is_refused_and_nothing_is_kept(
    world: AuditWorld, change: dict[str, object]
) -> None:
    event = a_kept_line()[0]

    with pytest.raises(MalformedEvent):
        world.hears(replace(event, **change))  # type: ignore[arg-type]

    assert world.entries() == []


def resealed(event: Envelope, **change: object) -> Envelope:
    changed = replace(event, **change)  # type: ignore[arg-type]
    return replace(changed, hash=hash_of(changed.to_wire()))


def test_a_well_made_forgery_is_refused_by_its_link_or_its_place(world: AuditWorld) -> None:
    line = a_kept_line()
    world.hears(*line[:2])

    with pytest.raises(MalformedEvent, match="neighbours"):
        world.hears(resealed(line[1], sequence=3, previous_hash="f" * 64))
    with pytest.raises(MalformedEvent, match="already holds this place"):
        world.hears(resealed(line[1], actor="somebody-else"))
    with pytest.raises(MalformedEvent, match="neighbours"):
        world.hears(resealed(line[0], previous_hash="f" * 64))

    assert world.entries() == sorted(each.key for each in line[:2])


def test_a_forged_event_from_a_feed_does_not_get_in(world: AuditWorld) -> None:
    line = a_kept_line()
    world.feed.wrote([line[2], replace(line[3], actor="somebody-else"), line[4]])

    world.hears(line[4])

    assert line[3].key not in world.entries()
    assert [(each.stream, each.first, each.last) for each in the_line(world).holes] == [
        (f"referral:{CASE}", 1, 1),
        (f"strategy:{CASE}", 2, 2),
    ]


def test_an_older_reading_never_replaces_a_newer_projection(world: AuditWorld) -> None:
    line = a_kept_line()
    world.hears(*line)
    stale = project(CASE, line[:3], world.limits)

    MongoArchive().put_cases([stale])

    case = world.case()
    assert case is not None
    assert case["entries_read"] == len(line)


def test_thrown_away_projections_are_rebuilt_to_the_same_result(world: AuditWorld) -> None:
    world.hears(*a_kept_line())
    world.hears(*sealed("/referral", [(SCHOOL, "2026-11-23T11:00", received())], case=OTHER_CASE))
    world.sweeps(EVENING)
    before = list(collection_of(CaseProjectionDocument).find({}).sort("_id", 1))

    collection_of(CaseProjectionDocument).delete_many({})

    assert promises.rebuild(world.oversight) == 2
    assert list(collection_of(CaseProjectionDocument).find({}).sort("_id", 1)) == before


def test_the_watchdog_finds_a_projection_that_a_crash_left_behind(world: AuditWorld) -> None:
    line = a_kept_line()
    world.hears(*line[:4])
    MongoArchive().insert_entries([line[4]])
    world.hears(*sealed("/referral", [(SCHOOL, "2026-11-23T11:00", received())], case=OTHER_CASE))
    MongoArchive().drop_case(OTHER_CASE)

    assert promises.watch(world.oversight) == 2
    assert promises.watch(world.oversight) == 0
    case = world.case()
    assert case is not None
    assert case["entries_read"] == 5 + len(world.said())


def test_a_duplicate_brings_a_projection_up_to_date_after_a_crash(world: AuditWorld) -> None:
    line = a_kept_line()
    world.hears(*line[:2])
    MongoArchive().insert_entries([line[2]])

    assert world.hears(line[2]) == [Outcome.ALREADY_HANDLED]

    case = world.case()
    assert case is not None
    assert case["entries_read"] == 3


def test_the_line_says_who_when_and_how_long(world: AuditWorld) -> None:
    world.hears(*a_kept_line())

    items = the_line(world).items

    assert [(each.title, each.who, each.since_previous) for each in items[:2]] == [
        ("Referral received from a school", SCHOOL.id, ""),
        ("Threshold decided: strategy meeting", MANAGER.id, "1 hour 20 minutes"),
    ]
    assert items[2].name == "the strategy service"
    assert {each.condition.value for each in the_line(world).clocks} == {"met"}


def test_a_childs_line_leaves_out_what_concerns_only_a_sibling(world: AuditWorld) -> None:
    world.hears(*a_kept_line())

    line = queries.child_line(BLUE, limits=world.limits, names=str, now=EVENING)

    seen_there = [each.children for each in line.items if each.type == "strategy.child-seen"]
    assert seen_there == [(BLUE,)]
    assert "strategy.meeting-held" in {each.type for each in line.items}
    assert {each.state.child for each in line.clocks} == {None, BLUE}


def test_a_childs_line_goes_over_every_reference_and_case_of_the_child(world: AuditWorld) -> None:
    world.hears(*a_kept_line())
    known = "CH-KN0WN-TEAP0"
    match = ChildMatched(child=known, known_child=BLUE, known_case=CASE)
    world.hears(
        *sealed(
            "/referral",
            [(SCHOOL, "2026-12-01T09:00", received()), (MANAGER, "2026-12-01T09:20", match)],
            case=OTHER_CASE,
        )
    )

    for child in (BLUE, known):
        line = queries.child_line(child, limits=world.limits, names=str, now=EVENING)
        assert line.cases == (CASE, OTHER_CASE)
        assert line.children == (BLUE, known)


def test_no_case_and_no_child_is_said_in_words(world: AuditWorld) -> None:
    with pytest.raises(queries.NoSuchCase, match="Check the reference"):
        the_line(world, OTHER_CASE)
    with pytest.raises(queries.NoSuchChild):
        queries.child_line(GREEN, limits=world.limits, names=str, now=EVENING)


def test_verification_of_a_whole_record_finds_nothing(world: AuditWorld) -> None:
    line = a_kept_line()
    world.feed.wrote(line)
    world.hears(*line)

    verdict = queries.verify(MongoArchive(), world.feed)

    assert verdict.sound
    assert (verdict.streams, verdict.events) == (2, 8)
    assert verdict.heads_compared == {"referral": 1, "strategy": 1, "audit": 0}


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"$set": {"event.actor": "somebody-else"}}, "hash"),
        ({"$set": {"event.data.extra": 1}}, "hash"),
        ({"$set": {"event.extra": "slipped in"}}, "unreadable"),
        ({"$unset": {"event.stream": ""}}, "unreadable"),
        ({"$set": {"case": OTHER_CASE}}, "copy"),
        ({"$set": {"children": []}}, "copy"),
    ],
)
def test_verification_finds_an_entry_that_was_changed_in_the_store(
    world: AuditWorld, change: dict[str, object], kind: str
) -> None:
    line = a_kept_line()
    world.feed.wrote(line)
    world.hears(*line)
    collection_of(EntryDocument).update_one({"_id": line[1].key}, change)

    verdict = queries.verify(MongoArchive(), world.feed)

    assert not verdict.sound
    assert kind in {each.kind.value for each in verdict.faults}
    assert {(each.stream, each.sequence) for each in verdict.faults} == {
        (line[1].stream, line[1].sequence)
    }


def test_verification_finds_a_dropped_event_and_a_lost_last_one(world: AuditWorld) -> None:
    line = a_kept_line()
    world.feed.wrote(line)
    world.hears(*line[:-1])
    collection_of(EntryDocument).delete_one({"_id": line[3].key})

    verdict = queries.verify(MongoArchive(), world.feed)

    assert [(each.kind.value, each.sequence) for each in verdict.faults] == [("hole", 3)]
    assert [(each.stream, each.first, each.last) for each in verdict.missing] == [
        (f"strategy:{CASE}", 2, 6)
    ]


def test_verification_finds_a_stream_that_was_never_heard(world: AuditWorld) -> None:
    world.feed.wrote(a_kept_line())

    verdict = queries.verify(MongoArchive(), world.feed)

    assert {each.stream for each in verdict.missing} == {f"referral:{CASE}", f"strategy:{CASE}"}


def test_verification_finds_that_a_source_has_forgotten_or_changed_its_last_event(
    world: AuditWorld,
) -> None:
    line = a_kept_line()
    world.hears(*line)
    world.feed.wrote(
        sealed(
            "/referral",
            [(SCHOOL, "2026-11-23T09:10", received()), (SCHOOL, "2026-11-23T10:30", decided())],
        )
    )

    verdict = queries.verify(MongoArchive(), world.feed)

    assert {(each.stream, each.kind.value) for each in verdict.faults} == {
        (f"referral:{CASE}", "head"),
        ("strategy:*", "head"),
    }


def test_verification_is_not_sound_while_a_service_does_not_answer(world: AuditWorld) -> None:
    world.feed.away.add("/strategy")

    verdict = queries.verify(MongoArchive(), world.feed)

    assert verdict.not_compared == ["strategy"]
    assert not verdict.sound


def test_a_late_record_is_seen_as_late(world: AuditWorld) -> None:
    visit = sealed(
        "/strategy", [(SOCIAL_WORKER, "2026-11-24T09:00", seen(BLUE, "2026-11-23T15:30"))]
    )
    world.hears(*a_kept_line()[:2], *visit)

    last = the_line(world).items[-1]

    assert last.late
    assert last.late_by == "17 hours 30 minutes"
    assert last.at == in_london("2026-11-23T15:30")
