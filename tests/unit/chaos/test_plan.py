"""The plan of a campaign, and making a failing one short."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from shared.faults import Point
from tests.chaos.campaign import ACTS
from tests.chaos.minimise import shortest
from tests.chaos.plan import CLUSTER_SHARES, ONCE, POINTS, POISONS, SHARES, Fault, Kind, plan
from tests.chaos.sabotage import SPOILING
from tests.compose.faults import ACTS as ACTS_ON_CONTAINERS


def test_the_same_seed_plans_the_same_faults_and_another_seed_others() -> None:
    assert plan(7, 300) == plan(7, 300)
    assert plan(7, 300) != plan(8, 300)


@pytest.mark.parametrize("faults", [29, 60, 300, 5000])
def test_every_kind_happens_wherever_there_is_room_for_it(faults: int) -> None:
    planned = plan(3, faults)

    assert len(planned) == faults
    assert {fault.kind for fault in planned} == set(ACTS)
    assert [fault.number for fault in planned] == list(range(faults))


def test_only_the_kinds_that_were_asked_for_happen() -> None:
    kinds = (Kind.KILL, Kind.POISON, Kind.MARCH)

    assert {fault.kind for fault in plan(5, 40, kinds=kinds)} == set(kinds)


def test_the_clock_goes_into_winter_before_it_goes_into_summer() -> None:
    kinds = [fault.kind for fault in plan(11, 300)]

    assert kinds.count(Kind.OCTOBER) == kinds.count(Kind.MARCH) == 1
    assert kinds.index(Kind.OCTOBER) < kinds.index(Kind.MARCH)


def test_a_long_run_kills_at_every_named_point_of_every_process() -> None:
    killed = {
        (fault.target, fault.detail) for fault in plan(2, 1000) if fault.kind is Kind.CRASH_POINT
    }

    assert killed == {(process, point.value) for process in POINTS for point in POINTS[process]}
    assert {point for _, point in killed} == {point.value for point in Point}


def test_every_kind_has_its_share_its_act_and_every_poison_its_recipe() -> None:
    assert set(SHARES) | set(ONCE) == set(ACTS)
    assert set(CLUSTER_SHARES) == set(ACTS_ON_CONTAINERS)
    assert set(ACTS) | set(ACTS_ON_CONTAINERS) == set(Kind)
    assert set(POISONS) == set(SPOILING)


def test_a_fault_is_the_same_after_it_was_kept_in_a_file() -> None:
    for fault in plan(13, 100):
        assert Fault.from_json(json.loads(json.dumps(fault.to_json()))) == fault


@pytest.mark.parametrize("guilty", [{3}, {0, 19}, {4, 5, 17}])
def test_what_is_left_of_a_failing_list_is_what_makes_it_fail(guilty: set[int]) -> None:
    found = shortest(range(20), lambda part: guilty <= set(part), most_tries=200)

    assert set(found) == guilty


def test_minimising_stops_when_its_tries_are_used_up_and_what_it_gives_fails() -> None:
    tried: list[Sequence[int]] = []

    def fails(part: Sequence[int]) -> bool:
        tried.append(part)
        return {2, 90} <= set(part)

    found = shortest(range(100), fails, most_tries=5)

    assert len(tried) == 5
    assert {2, 90} <= set(found)
