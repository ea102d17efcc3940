"""A share of the simulation small enough for every run; `make simulate` runs the rest."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice

import pytest

from tests.simulation.broken import GUARDS
from tests.simulation.engine import Turn
from tests.simulation.histories import again, crashed_at, every_crash, random_histories
from tests.simulation.overtaking import every_order
from tests.simulation.people import steps_of
from tests.simulation.world import Straight, World

SHORT = 2
RANDOM = 60


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of warnings about a store that is away are what is asked for here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def wrong(names: Iterable[str]) -> dict[str, list[str]]:
    """Return what was wrong, by the name of the history; `--again NAME` shows its steps."""
    return {name: found for name in names if (found := again(name).found)}


@pytest.mark.parametrize("durable", [True, False], ids=["rabbitmq", "local-disk"])
def test_a_crash_at_any_touch_of_a_port_loses_nothing_until_the_case_is_open(durable: bool) -> None:
    assert wrong(every_crash(durable=durable, steps=SHORT)) == {}


@pytest.mark.parametrize("durable", [True, False], ids=["rabbitmq", "local-disk"])
def test_a_crash_anywhere_on_the_way_to_the_child_seen_loses_nothing(durable: bool) -> None:
    first = 1 if durable else 4
    assert wrong(islice(every_crash(durable=durable), first, None, 6)) == {}


def test_whatever_happens_at_random_nothing_is_lost_doubled_invented_or_out_of_order() -> None:
    assert wrong(islice(random_histories(1), RANDOM)) == {}


def test_a_history_runs_the_same_way_again() -> None:
    first, second = again("seed:7"), again("seed:7")

    assert first.trace == second.trace
    assert first.touches == second.touches


def test_the_random_histories_reach_what_they_are_for() -> None:
    histories = [again(f"seed:{seed}") for seed in range(1, 13)]

    assert all(history.crashes and history.failures and history.mishaps for history in histories)
    assert sum(history.redelivered for history in histories) > len(histories)


def test_a_calm_journey_touches_a_port_hundreds_of_times_and_is_sound() -> None:
    calm = crashed_at(durable=True)

    assert calm.found == []
    assert calm.touches > 200


@pytest.mark.parametrize("guard", GUARDS)
def test_without_this_guard_the_simulation_finds_a_violation(
    guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    GUARDS[guard](monkeypatch)

    assert any(again(name).found for name in islice(random_histories(1), RANDOM))


def two_at_once(given: int) -> tuple[World, list[Turn]]:
    """A world in which so many commands were given, and everybody sends the next at once."""
    world = World(replicas=2, steps=given)
    Straight(world).settle()
    for person in world.people:
        person.steps[:] = steps_of("submission 0")[: given + 1]
    people, processes = world.people, world.of(world.people[0].wants())
    turns = [
        Turn(process.name, f"person {number}", partial(person.attempt, process))
        for number, (person, process) in enumerate(zip(people, processes, strict=True))
    ]
    return world, turns


@pytest.mark.parametrize("given", [0, 1, 3], ids=["received", "decided", "meeting-called"])
def test_two_who_send_the_same_command_at_once_have_one_effect_in_every_order(given: int) -> None:
    orders = list(islice(every_order(partial(two_at_once, given)), 80))

    assert [(order, found) for order, found in orders if found] == []
    assert len(orders) > 5
