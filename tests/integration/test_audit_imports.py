"""What was imported long after it happened: judged as of then, and not called broken too soon."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.audit.domain.clocks import SETTLES_WITHIN, Condition
from services.audit.handlers import promises
from services.audit.queries.items import items_of
from shared.events.codes import Clock
from shared.events.envelope import Envelope
from shared.events.facts import Fact
from tests.integration.audit_world import AuditWorld, audit_settings
from tests.unit.audit.lines import (
    BLUE,
    CASE,
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

OFFICER = "officer-demo"
IMPORTED = "2027-03-01T09:00"
"""When it was entered: months after it happened."""
NOW = in_london(IMPORTED)


@pytest.fixture
def world(tmp_path: Path, mongo_url: str) -> AuditWorld:
    return AuditWorld(audit_settings(tmp_path, mongo_url), NOW)


def then(fact: Fact, at: str) -> Fact:
    return replace(fact, occurred_at=in_london(at))


def history(decided_at: str, *, written: str = IMPORTED) -> list[Envelope]:
    return sealed(
        "/referral",
        [
            (SCHOOL, IMPORTED, then(received(), "2026-11-23T09:10")),
            (MANAGER, written, then(decided(), decided_at)),
        ],
        entered_by=OFFICER,
    )


def visits(*children: str) -> list[Envelope]:
    facts = [then(seen(child), "2026-11-23T15:00") for child in children]
    return sealed(
        "/strategy", [(SOCIAL_WORKER, IMPORTED, fact) for fact in facts], entered_by=OFFICER
    )


def test_a_promise_whose_history_still_arrives_is_not_called_broken(world: AuditWorld) -> None:
    referral, decision = history("2026-11-23T11:00")
    world.hears(referral)

    assert world.sweeps(NOW + timedelta(minutes=5)) == 0
    world.hears(decision)
    world.sweeps(NOW + timedelta(minutes=6))

    assert world.said_types() == ["met"]


def test_what_was_kept_late_is_called_broken_as_of_its_due_time(world: AuditWorld) -> None:
    world.hears(*history("2026-11-26T11:00"))

    world.sweeps(NOW + timedelta(minutes=5))

    assert world.said_types() == ["breached", "met"]
    breached = Envelope.from_wire(world.said()[0])
    assert breached.happened_at == in_london("2026-11-24T17:00")


def test_what_was_never_done_is_called_broken_a_day_after_the_last_imported_step(
    world: AuditWorld,
) -> None:
    referral, _ = history("2026-11-23T11:00")
    world.hears(referral)

    assert world.sweeps(NOW + SETTLES_WITHIN - timedelta(minutes=1)) == 0
    assert world.sweeps(NOW + SETTLES_WITHIN) == 1
    assert world.said_types() == ["breached"]
    assert world.sweeps(NOW + timedelta(days=9)) == 0


def test_while_it_waits_nothing_is_late_in_being_said_and_the_page_says_it_is_broken(
    world: AuditWorld,
) -> None:
    referral, _ = history("2026-11-23T11:00")
    world.hears(referral)
    world.clock.at = NOW + timedelta(hours=3)

    assert list(world.oversight.archive.cases_due(world.clock.now())) == []
    assert promises.watch(world.oversight) == 0
    case = world.oversight.archive.case_at(CASE)
    assert case is not None
    (clock,) = case.clocks
    assert (clock.clock, clock.condition(world.clock.now())) == (
        Clock.DECISION,
        Condition.BREACHED,
    )


def test_one_child_of_two_who_was_never_seen_is_spoken_of_alone(world: AuditWorld) -> None:
    world.hears(*history("2026-11-23T11:00"), *visits(BLUE))

    world.sweeps(NOW + SETTLES_WITHIN)

    broken = [each["data"] for each in world.said() if each["type"] == "audit.clock-breached"]
    assert {(each["clock"], each["child"]) for each in broken} == {
        ("allocation", None),
        ("child-seen", GREEN),
    }


def test_a_promise_of_today_that_was_imported_is_watched_as_any_other(world: AuditWorld) -> None:
    (referral,) = sealed("/referral", [(SCHOOL, IMPORTED, received())], entered_by=OFFICER)
    world.hears(referral)

    world.sweeps(in_london("2027-03-02T17:01"))

    assert world.said_types() == ["breached"]


def test_a_late_entry_that_was_not_imported_is_called_broken_as_ever(world: AuditWorld) -> None:
    late = [(SCHOOL, IMPORTED, then(received(), "2026-11-23T09:10"))]
    world.hears(*sealed("/referral", late))

    world.sweeps(NOW + timedelta(minutes=1))

    assert world.said_types() == ["breached"]


def test_the_line_says_who_entered_it(world: AuditWorld) -> None:
    events = history("2026-11-23T11:00")

    items = list(items_of(events, [], limits=world.limits, names=str.upper))

    assert [each.late for each in items] == [True, True]
    assert all(each.written_down.endswith("by import by OFFICER-DEMO") for each in items)
    assert [each.name for each in items] == [SCHOOL.id.upper(), MANAGER.id.upper()]
