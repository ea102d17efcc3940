"""A share of the simulation small enough for every run; `make simulate` runs the rest."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import islice

import pytest

from tests.simulation.broken import GUARDS
from tests.simulation.histories import again, crashed_at, every_crash, random_histories

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
