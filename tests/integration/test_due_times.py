"""No due time passes unnoticed, nor twice: a sweeper away, killed or doubled, a note lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest

from services.audit.documents import CaseProjectionDocument, MongoArchive
from services.audit.handlers import promises
from services.audit.queries import unannounced
from services.audit.queries.verification import verify
from shared.database import collection_of
from shared.events.codes import Clock, ThresholdOutcome
from shared.events.envelope import Envelope, iso
from shared.faults import Point
from tests.integration.audit_world import AuditWorld, audit_settings
from tests.unit.audit.lines import (
    BLUE,
    GREEN,
    MANAGER,
    SCHOOL,
    SOCIAL_WORKER,
    decided,
    in_london,
    received,
    sealed,
    seen,
)

RECEIVED, DECIDED = "2026-11-23T09:10", "2026-11-23T11:00"
DUE = in_london("2026-11-23T23:59:59.999")
STOPPED, LATE = in_london("2026-11-23T22:30"), in_london("2026-11-24T00:30")
FIFTY = [f"MASH-TEAP0-KET{n:02}" for n in range(50)]
SWEEPERS = 3

DECISION_MET = ("met", Clock.DECISION, None)
AT_MIDNIGHT = ((Clock.ALLOCATION, None), (Clock.CHILD_SEEN, BLUE), (Clock.CHILD_SEEN, GREEN))
"""The three promises that a decided case has until midnight."""
AT_RISK = Counter(("at-risk", *promise) for promise in AT_MIDNIGHT)
BROKEN = Counter(("breached", *promise) for promise in AT_MIDNIGHT)


class Killed(BaseException):
    """The process is gone: nothing it runs can catch that."""


class DyingArchive(MongoArchive):
    """The store of a process that is killed when its first word is on the timeline."""

    def insert_entries(self, events: Sequence[Envelope]) -> list[bool]:
        """Write the entries, and nothing after them."""
        super().insert_entries(events[:1])
        raise Killed


@pytest.fixture
def world(tmp_path: Path, mongo_url: str) -> AuditWorld:
    return AuditWorld(audit_settings(tmp_path, mongo_url), in_london(RECEIVED))


def decide(world: AuditWorld, *cases: str, at: str = DECIDED) -> None:
    """Receive and decide these cases: nobody is allocated, no child is seen."""
    for ref in cases:
        line = [(SCHOOL, RECEIVED, received()), (MANAGER, at, decided(RECEIVED))]
        hear(world, sealed("/referral", line, case=ref))


def hear(world: AuditWorld, events: list[Envelope]) -> None:
    """The services wrote these events, and audit hears them."""
    world.feed.wrote(events)
    world.hears(*events)


def words(world: AuditWorld, ref: str) -> Counter[tuple[str, str, str | None]]:
    """Count what audit's own record says of a case."""
    said = zip(world.said_types(ref), world.said(ref), strict=True)
    return Counter((mark, each["data"]["clock"], each["data"]["child"]) for mark, each in said)


def spoken_of(cases: list[str]) -> int:
    """Count the cases of which the timeline has a word of audit's own."""
    return sum(MongoArchive().head_of(f"audit:{ref}") > 0 for ref in cases)


def killed_at(point: Point, *, visit: int) -> Callable[[Point], None]:
    """Return what stands for `reached` in a process that is killed on a visit to a point."""
    visits = count(1)

    def reached(at: Point) -> None:
        if at is point and next(visits) == visit:
            raise Killed

    return reached


def assert_all_is_said(world: AuditWorld, cases: list[str]) -> None:
    """Nothing is due, another sweep and the watchdog find nothing, and every chain holds."""
    before = [world.said(ref) for ref in cases]
    archive, now = MongoArchive(), world.clock.now()

    assert list(archive.cases_due(now)) == []
    assert {each.value for each in unannounced(archive, now)} == {0}
    assert (promises.sweep(world.oversight), promises.watch(world.oversight)) == (0, 0)
    assert [world.said(ref) for ref in cases] == before
    world.feed.wrote(Envelope.from_wire(wire) for said in before for wire in said)
    assert verify(archive, world.feed).sound


def test_a_sweeper_stopped_for_two_hours_over_midnight_says_each_promise_of_fifty_cases_once(
    world: AuditWorld,
) -> None:
    decide(world, *FIFTY)
    world.sweeps(STOPPED)
    for ref in FIFTY[::2]:  # seen in time, and heard of while the sweeper is stopped
        visit = [(SOCIAL_WORKER, "2026-11-23T23:40", seen(BLUE))]
        hear(world, sealed("/strategy", visit, case=ref))

    world.sweeps(LATE)

    blue = (Clock.CHILD_SEEN, BLUE)
    alone = Counter([DECISION_MET]) + AT_RISK + BROKEN
    kept = alone - Counter([("breached", *blue)]) + Counter([("met", *blue)])
    assert [words(world, ref) for ref in FIFTY] == [kept, alone] * 25
    broken = [each for ref in FIFTY for each in world.said(ref) if "breached" in each["type"]]
    assert {each["occurredat"] for each in broken} == {iso(DUE)}
    assert_all_is_said(world, FIFTY)


def test_what_broke_at_fifty_moments_of_a_two_hour_stop_is_said_once_each_with_its_own_moment(
    world: AuditWorld,
) -> None:
    # Decided a day late, two minutes apart: what was promised for the day before is broken at once.
    moments = [f"2026-11-24T{10 + n // 30}:{2 * (n % 30):02}" for n in range(50)]
    for ref, moment in zip(FIFTY, moments, strict=True):
        decide(world, ref, at=moment)

    world.sweeps(in_london("2026-11-24T12:00"))

    children = Counter(("breached", Clock.CHILD_SEEN, child) for child in (BLUE, GREEN))
    assert [words(world, ref) for ref in FIFTY] == [children + Counter([DECISION_MET])] * 50
    for ref, moment in zip(FIFTY, moments, strict=True):
        assert {each["occurredat"] for each in world.said(ref)} == {iso(in_london(moment))}
    assert_all_is_said(world, FIFTY)


@pytest.mark.parametrize(
    ("point", "recorded"), [(Point.BEFORE_COMMIT, 0), (Point.AFTER_COMMIT, 3)], ids=str
)
def test_a_sweep_killed_around_its_one_write_is_finished_by_the_next_and_says_nothing_twice(
    world: AuditWorld, monkeypatch: pytest.MonkeyPatch, point: Point, recorded: int
) -> None:
    cases = FIFTY[:3]
    decide(world, *cases)

    with monkeypatch.context() as patch:
        patch.setattr("shared.store.reached", killed_at(point, visit=1))
        with pytest.raises(Killed):
            world.sweeps(LATE)
    assert sum(bool(world.said(ref)) for ref in cases) == recorded
    assert spoken_of(cases) == 0
    world.sweeps(LATE + timedelta(seconds=30))

    assert [words(world, ref) for ref in cases] == [Counter([DECISION_MET]) + BROKEN] * 3
    assert spoken_of(cases) == 3
    assert_all_is_said(world, cases)


@pytest.mark.parametrize(
    ("point", "recorded"),
    [(Point.BEFORE_COMMIT, 0), (Point.AFTER_COMMIT, 3), (Point.AUDIT_AFTER_APPEND, 3)],
    ids=str,
)
def test_what_was_kept_is_said_of_many_in_one_write_that_a_kill_does_not_undo_or_double(
    world: AuditWorld, monkeypatch: pytest.MonkeyPatch, point: Point, recorded: int
) -> None:
    cases, soon = FIFTY[:3], in_london("2026-11-23T11:05")
    decide(world, *cases)

    with monkeypatch.context() as patch:
        reached = killed_at(point, visit=1)
        patch.setattr("shared.store.reached", reached)
        patch.setattr("services.audit.handlers.keeping.reached", reached)
        with pytest.raises(Killed):
            world.sweeps(soon)
    assert sum(bool(world.said(ref)) for ref in cases) == recorded
    world.sweeps(soon + timedelta(seconds=30))

    assert [words(world, ref) for ref in cases] == [Counter([DECISION_MET])] * 3
    assert spoken_of(cases) == 3
    assert_all_is_said(world, cases)


def test_of_what_was_kept_nobody_is_asked(world: AuditWorld) -> None:
    decide(world, *FIFTY)

    world.sweeps(in_london("2026-11-23T11:05"))

    assert [words(world, ref) for ref in FIFTY] == [Counter([DECISION_MET])] * 50
    assert world.feed.asked == []


def test_of_many_that_are_due_each_service_is_asked_once_and_all_is_said_in_one_write(
    world: AuditWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(world, *FIFTY)
    passed: list[Point] = []
    monkeypatch.setattr("shared.store.reached", passed.append)

    world.sweeps(LATE)

    assert [words(world, ref) for ref in FIFTY] == [Counter([DECISION_MET]) + BROKEN] * 50
    assert world.feed.asked == ["/referral", "/strategy"]
    assert passed.count(Point.BEFORE_COMMIT) == 1
    assert_all_is_said(world, FIFTY)


def test_what_was_kept_late_with_nothing_left_open_is_said_of_many_in_one_write(
    world: AuditWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = "2026-11-26T11:00"
    nothing_follows = decided(
        RECEIVED, outcome=ThresholdOutcome.EARLY_HELP, child_protection_concerns=False
    )
    for ref in FIFTY:
        line = [(SCHOOL, RECEIVED, received()), (MANAGER, late, nothing_follows)]
        hear(world, sealed("/referral", line, case=ref))
    passed: list[Point] = []
    monkeypatch.setattr("shared.store.reached", passed.append)

    world.sweeps(in_london("2026-11-26T11:05"))

    broken_then_kept = Counter([("breached", *DECISION_MET[1:]), DECISION_MET])
    assert [words(world, ref) for ref in FIFTY] == [broken_then_kept] * 50
    assert passed.count(Point.BEFORE_COMMIT) == 1
    assert_all_is_said(world, FIFTY)


def test_a_sweep_killed_between_two_words_on_the_timeline_is_finished_by_the_next(
    world: AuditWorld,
) -> None:
    cases = FIFTY[:3]
    decide(world, *cases)
    world.clock.at = LATE

    with pytest.raises(Killed):
        promises.sweep(replace(world.oversight, archive=DyingArchive()))
    assert [MongoArchive().head_of(f"audit:{ref}") for ref in cases] == [1, 0, 0]
    world.sweeps(LATE + timedelta(seconds=30))

    assert [words(world, ref) for ref in cases] == [Counter([DECISION_MET]) + BROKEN] * 3
    assert [MongoArchive().head_of(f"audit:{ref}") for ref in cases] == [4, 4, 4]
    assert_all_is_said(world, cases)


def test_three_sweepers_that_decide_on_each_of_fifty_cases_together_say_each_thing_once(
    world: AuditWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(world, *FIFTY)
    world.clock.at = LATE
    all_have_decided = Barrier(SWEEPERS, timeout=30)

    def reached(at: Point) -> None:
        if at is Point.BEFORE_COMMIT:
            all_have_decided.wait()

    with monkeypatch.context() as patch, ThreadPoolExecutor(SWEEPERS) as pool:
        patch.setattr("shared.store.reached", reached)
        sweeps = [pool.submit(promises.sweep, world.oversight) for _ in range(SWEEPERS)]
        for sweep in sweeps:
            sweep.result()

    assert not all_have_decided.broken
    assert [words(world, ref) for ref in FIFTY] == [Counter([DECISION_MET]) + BROKEN] * 50
    assert_all_is_said(world, FIFTY)


def test_a_due_time_taken_away_before_it_came_is_there_again_and_the_sweep_itself_speaks(
    world: AuditWorld,
) -> None:
    ref = FIFTY[0]
    decide(world, ref)
    world.sweeps(in_london("2026-11-23T12:00"))
    collection_of(CaseProjectionDocument).update_one({"_id": ref}, {"$set": {"next_tick": None}})

    world.clock.at = in_london("2026-11-23T13:00")
    mended = promises.watch(world.oversight)

    assert mended == 1
    assert words(world, ref) == Counter([DECISION_MET])  # nothing was due yet
    assert world.sweeps(LATE) == 1
    assert words(world, ref) == Counter([DECISION_MET]) + BROKEN
    assert_all_is_said(world, [ref])


@pytest.mark.parametrize("field", ["next_tick", "clocks"])
def test_a_note_that_cannot_be_read_is_put_right_and_does_not_silence_the_watchdog(
    world: AuditWorld, field: str
) -> None:
    unreadable, unset = FIFTY[:2]
    decide(world, unreadable, unset)
    world.sweeps(in_london("2026-11-23T12:00"))
    notes = collection_of(CaseProjectionDocument)
    notes.update_one({"_id": unreadable}, {"$unset": {field: ""}})
    notes.update_one({"_id": unset}, {"$set": {"next_tick": None}})
    world.clock.at = in_london("2026-11-23T13:00")

    assert promises.watch(world.oversight) == 2

    assert world.sweeps(LATE) == 2


def test_an_entry_that_cannot_be_read_does_not_silence_the_watchdog(world: AuditWorld) -> None:
    unreadable, other = FIFTY[:2]
    decide(world, unreadable, other)
    broken = {"case": unreadable, "sequence": 1}
    world.database["entries"].update_one(broken, {"$unset": {"event.data": ""}})
    MongoArchive().drop_case(other)
    world.clock.at = LATE

    assert promises.watch(world.oversight) == 1

    assert words(world, other) == Counter([DECISION_MET]) + BROKEN
