"""No due time passes unnoticed: the watchdog computes from the entries alone, each thing once."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.audit.documents import CaseProjectionDocument, MongoArchive
from services.audit.handlers import promises
from services.audit.handlers.promises import WATCHED
from services.audit.queries import unannounced
from shared.database import collection_of
from shared.practice import load_time_limits
from tests.integration.audit_world import AuditWorld, audit_settings
from tests.unit.audit.lines import CASE, SCHOOL, in_london, received, sealed

MORNING = in_london("2026-11-23T09:10")
DUE = in_london("2026-11-24T17:00")
CASES = [f"MASH-TEAP0-KET{n:02}" for n in range(12)]


@pytest.fixture
def world(tmp_path: Path, mongo_url: str) -> AuditWorld:
    return AuditWorld(audit_settings(tmp_path, mongo_url), MORNING)


def receive(world: AuditWorld, *cases: str) -> None:
    for ref in cases:
        world.hears(*sealed("/referral", [(SCHOOL, "2026-11-23T09:10", received())], case=ref))


def watch(world: AuditWorld, at: datetime) -> int:
    world.clock.at = at
    return promises.watch(world.oversight)


def change(ref: str, **fields: object) -> None:
    collection_of(CaseProjectionDocument).update_one({"_id": ref}, {"$set": fields})


def test_a_quiet_watchdog_finds_nothing(world: AuditWorld) -> None:
    receive(world, CASE)
    world.sweeps(DUE + timedelta(minutes=1))

    assert watch(world, DUE + timedelta(minutes=2)) == 0


def test_a_deleted_projection_is_noticed_computed_again_and_its_promise_said(
    world: AuditWorld, caplog: pytest.LogCaptureFixture
) -> None:
    receive(world, CASE)
    MongoArchive().drop_case(CASE)
    assert world.sweeps(DUE + timedelta(minutes=1)) == 0

    with caplog.at_level(logging.ERROR):
        assert watch(world, DUE + timedelta(minutes=2)) == 1

    assert world.said_types() == ["breached"]
    assert [each.case for each in caplog.records] == [CASE]  # type: ignore[attr-defined]
    assert watch(world, DUE + timedelta(minutes=3)) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"next_tick": None},
        {"next_tick": DUE + timedelta(days=365)},
        {"clocks": []},
        {"clocks.0.due_at": DUE + timedelta(days=365)},
    ],
    ids=["never", "next-year", "no-clocks", "due-next-year"],
)
def test_a_note_that_somebody_changed_is_put_right_and_what_was_due_is_said(
    world: AuditWorld, fields: dict[str, object]
) -> None:
    receive(world, CASE)
    change(CASE, **fields)
    if "next_tick" not in fields:
        change(CASE, next_tick=None)
    assert world.sweeps(DUE + timedelta(minutes=1)) == 0

    assert watch(world, DUE + timedelta(minutes=2)) == 1

    assert world.said_types() == ["breached"]


def test_what_a_process_left_unread_of_long_ago_is_for_the_round_over_everything(
    world: AuditWorld,
) -> None:
    receive(world, CASE)
    MongoArchive().drop_case(CASE)
    assert watch(world, DUE + WATCHED + timedelta(days=1)) == 0

    promises.project_what_is_behind(world.oversight)

    assert MongoArchive().case_at(CASE) is not None
    assert list(MongoArchive().cases_behind()) == []


def test_the_watchdog_leaves_to_the_sweep_what_the_sweep_knows_of(world: AuditWorld) -> None:
    receive(world, CASE)

    assert watch(world, DUE + timedelta(minutes=2)) == 0
    assert world.said() == []


def test_how_long_a_due_promise_has_waited_to_be_said_is_measured(world: AuditWorld) -> None:
    receive(world, CASE)
    late = DUE + timedelta(minutes=2)
    world.sweeps(DUE - timedelta(hours=1))  # at risk is said

    (waiting,) = unannounced(MongoArchive(), late)
    world.sweeps(late)
    (said,) = unannounced(MongoArchive(), late)

    assert waiting.value == pytest.approx(120, abs=1)
    assert said.value == 0


def test_three_sweepers_and_a_watchdog_at_once_say_each_thing_once(world: AuditWorld) -> None:
    receive(world, *CASES)
    for ref in CASES[::2]:
        change(ref, next_tick=None)
    world.clock.at = DUE + timedelta(minutes=1)

    with ThreadPoolExecutor(4) as pool:
        acts = [*[promises.sweep] * 3, promises.watch]
        for done in [pool.submit(act, world.oversight) for act in acts]:
            done.result()
    promises.sweep(world.oversight)

    assert [world.said_types(ref) for ref in CASES] == [["breached"]] * len(CASES)


def test_a_sweeper_that_was_away_for_two_hours_says_each_thing_once_with_its_real_time(
    world: AuditWorld,
) -> None:
    receive(world, *CASES)
    world.sweeps(DUE - timedelta(minutes=1))
    assert all(world.said_types(ref) == ["at-risk"] for ref in CASES)

    for late in (120, 121):
        world.sweeps(DUE + timedelta(minutes=late))

    for ref in CASES:
        assert world.said_types(ref) == ["at-risk", "breached"]
        assert world.said(ref)[-1]["occurredat"] == world.said(ref)[-1]["data"]["due_at"]


def test_no_promise_runs_longer_than_the_watchdog_looks() -> None:
    longest = max(limit.limit for limit in load_time_limits().limits)

    assert timedelta(days=2 * longest + 14) < WATCHED
