"""What did not happen raises an event: on a real store, each thing once, and never wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from services.audit import queries
from services.audit.domain.clocks import Condition
from services.audit.handlers import promises
from services.audit.handlers.lately import Lately
from shared.events.codes import Clock
from shared.events.envelope import Envelope, iso
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

MORNING = in_london("2026-11-23T09:10")
DUE = in_london("2026-11-24T17:00")


@pytest.fixture
def world(tmp_path: Path, mongo_url: str) -> AuditWorld:
    return AuditWorld(audit_settings(tmp_path, mongo_url), MORNING)


def a_referral(at: str = "2026-11-23T09:10") -> list[Envelope]:
    return sealed("/referral", [(SCHOOL, at, received())])


def a_decided_referral(decided_at: str) -> list[Envelope]:
    return sealed(
        "/referral",
        [(SCHOOL, "2026-11-23T09:10", received()), (MANAGER, decided_at, decided())],
    )


def test_at_risk_breached_and_kept_late_are_each_said_once(world: AuditWorld) -> None:
    referral, decision_made = a_decided_referral("2026-11-25T09:30")
    world.hears(referral)

    for at in (
        "2026-11-24T13:59",
        "2026-11-24T14:00",
        "2026-11-24T15:00",
        "2026-11-24T17:00",
        "2026-11-24T17:01",
        "2026-11-25T09:00",
    ):
        world.sweeps(in_london(at))
    assert world.said_types() == ["at-risk", "breached"]

    world.hears(decision_made)
    world.sweeps(in_london("2026-11-25T09:31"))
    world.sweeps(in_london("2026-11-25T10:31"))
    decision = [each for each in world.said() if each["data"]["clock"] == Clock.DECISION]
    assert [each["type"] for each in decision][-1] == "audit.clock-met"
    assert len(decision) == 3


def test_a_kept_line_is_said_to_be_kept_and_nothing_else(world: AuditWorld) -> None:
    world.hears(*a_kept_line())

    world.sweeps(in_london("2026-11-30T09:00"))

    assert world.said_types() == ["met"] * 4


def test_a_late_sweep_says_breached_once_with_the_real_due_time(world: AuditWorld) -> None:
    world.hears(*a_referral())

    world.sweeps(in_london("2026-12-01T09:00"))

    (breach,) = world.said()
    assert breach["type"] == "audit.clock-breached"
    assert breach["data"]["due_at"] == breach["occurredat"] == iso(DUE)


def test_a_decision_still_on_its_way_is_fetched_before_anything_is_called_broken(
    world: AuditWorld,
) -> None:
    line = a_decided_referral("2026-11-24T16:55")
    world.feed.wrote(line)
    world.hears(line[0])

    world.sweeps(in_london("2026-11-24T17:30"))

    decision = [each for each in world.said() if each["data"]["clock"] == Clock.DECISION]
    assert [each["type"] for each in decision] == ["audit.clock-met"]


def test_a_promise_that_falls_due_while_the_services_are_asked_is_not_called_broken(
    world: AuditWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = a_decided_referral("2026-11-24T16:59")
    world.hears(line[0])
    answer = world.feed.heads_of

    def slow(source: str, streams: Sequence[str]) -> Mapping[str, int]:
        world.clock.at = DUE + timedelta(seconds=5)
        return answer(source, streams)

    with monkeypatch.context() as patch:
        patch.setattr(world.feed, "heads_of", slow)
        world.sweeps(DUE - timedelta(minutes=2))
    assert world.said_types() == [], "nor at risk: by now it is due"

    world.feed.wrote(line)
    world.sweeps(DUE + timedelta(seconds=6))
    decision = [each for each in world.said() if each["data"]["clock"] == Clock.DECISION]
    assert [each["type"] for each in decision] == ["audit.clock-met"]


def test_nothing_is_called_broken_while_a_service_does_not_answer(world: AuditWorld) -> None:
    line = a_decided_referral("2026-11-24T16:55")
    world.feed.wrote(line)
    world.feed.away.add("/referral")
    world.hears(line[0])

    world.sweeps(DUE + timedelta(minutes=30))
    assert world.said() == []

    world.feed.away.clear()
    world.sweeps(DUE + timedelta(minutes=40))
    assert "audit.clock-breached" not in {
        each["type"] for each in world.said() if each["data"]["clock"] == Clock.DECISION
    }


def test_a_service_that_does_not_answer_is_asked_once_a_sweep(world: AuditWorld) -> None:
    for number in range(5):
        world.hears(
            *sealed(
                "/referral",
                [(SCHOOL, "2026-11-23T09:10", received())],
                case=f"MASH-00000-0000{number}",
            )
        )
    world.feed.away.update({"/referral", "/strategy"})
    world.feed.asked.clear()

    world.sweeps(DUE + timedelta(minutes=30))

    assert len(world.feed.asked) == 2


def test_each_child_not_seen_is_spoken_of(world: AuditWorld) -> None:
    world.hears(*a_decided_referral("2026-11-23T11:00"))
    world.hears(*sealed("/strategy", [(SOCIAL_WORKER, "2026-11-23T15:40", seen(BLUE))]))

    world.sweeps(in_london("2026-11-24T00:00"))

    broken = [
        (each["data"]["clock"], each["data"]["child"])
        for each in world.said()
        if each["type"] == "audit.clock-breached"
    ]
    assert broken == [("allocation", None), ("child-seen", GREEN)]


def test_a_visit_in_time_that_was_written_down_too_late_is_put_right(world: AuditWorld) -> None:
    world.hears(*a_decided_referral("2026-11-23T11:00"))
    world.sweeps(in_london("2026-11-24T00:05"))

    world.hears(
        *sealed("/strategy", [(SOCIAL_WORKER, "2026-11-24T09:00", seen(BLUE, "2026-11-23T18:00"))])
    )
    world.sweeps(in_london("2026-11-24T09:05"))

    blue = [each for each in world.said() if each["data"]["child"] == BLUE]
    assert [each["type"] for each in blue] == ["audit.clock-breached", "audit.clock-met"]
    line = queries.line(CASE, limits=world.limits, names=str, now=world.clock.now())
    (clock,) = [each for each in line.clocks if each.state.child == BLUE]
    assert clock.condition is Condition.MET


def test_sweeps_at_once_say_each_thing_once(
    world: AuditWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.hears(*a_referral())
    world.clock.at = DUE + timedelta(hours=1)
    all_have_seen_it, say = Barrier(8, timeout=60), promises._say_together

    def at_once(*of: Any, **with_: Any) -> tuple[int, list[str]]:
        all_have_seen_it.wait()
        return say(*of, **with_)

    monkeypatch.setattr(promises, "_say_together", at_once)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: promises.sweep(world.oversight), range(8)))

    assert world.said_types() == ["breached"]


def test_our_own_words_are_on_the_line_at_once_and_start_nothing(world: AuditWorld) -> None:
    world.hears(*a_referral())
    world.sweeps(DUE + timedelta(hours=1))
    own = [Envelope.from_wire(each) for each in world.said()]

    line = queries.line(CASE, limits=world.limits, names=str, now=world.clock.now())
    again = world.hears(*own)

    assert [each.title for each in line.items][-1] == "Not done in time: threshold decision"
    assert line.complete
    assert [each.name for each in again] == ["ALREADY_HANDLED"]
    assert world.sweeps(DUE + timedelta(days=2)) == 0
    assert len(line.clocks) == 1


def test_one_bad_case_does_not_silence_the_others(
    world: AuditWorld, caplog: pytest.LogCaptureFixture
) -> None:
    other = "MASH-SAVCE-R0002"
    world.hears(*a_referral())
    world.hears(*sealed("/referral", [(SCHOOL, "2026-11-23T09:10", received())], case=other))
    world.database["entries"].update_one(
        {"case": CASE, "sequence": 1}, {"$unset": {"event.data": ""}}
    )
    world.oversight = replace(world.oversight, lately=Lately())  # the process began anew

    spoken = world.sweeps(DUE + timedelta(hours=1))

    assert spoken == 1
    assert world.said_types(other) == ["breached"]
    assert "sweep of a case failed" in caplog.text


def test_the_figures_count_promises_as_they_stand(world: AuditWorld) -> None:
    world.hears(*a_kept_line())
    world.hears(
        *sealed("/referral", [(SCHOOL, "2026-11-20T09:00", received())], case="MASH-00000-00001")
    )
    world.hears(
        *sealed("/referral", [(SCHOOL, "2026-11-20T17:30", received())], case="MASH-00000-00002")
    )
    now = in_london("2026-11-23T18:00")

    figures = queries.overview(now)

    assert (figures.cases, figures.met_today, figures.breached, figures.at_risk) == (3, 4, 2, 0)
    assert queries.overview(in_london("2026-11-23T16:30")).at_risk == 2
    assert {each.case for each in queries.clocks_by(now=now, condition=Condition.BREACHED)} == {
        "MASH-00000-00001",
        "MASH-00000-00002",
    }
    assert queries.clocks_by(now=now, due_before=in_london("2026-11-23T17:00")) == []
    assert len(queries.clocks_by(now=now)) == 6


@pytest.mark.parametrize("condition", list(Condition))
def test_the_query_for_a_condition_finds_what_the_rule_says(
    world: AuditWorld, condition: Condition
) -> None:
    world.hears(*a_kept_line())
    world.hears(
        *sealed("/referral", [(SCHOOL, "2026-11-23T09:10", received())], case="MASH-00000-00001")
    )
    for at in (
        "2026-11-24T13:59:59.999",
        "2026-11-24T14:00",
        "2026-11-24T17:00",
        "2026-11-24T17:00:00.001",
    ):
        now = in_london(at)
        every = queries.clocks_by(now=now)
        expected = [each for each in every if each.state.condition(now) is condition]

        assert queries.clocks_by(now=now, condition=condition) == expected
