"""The broker away while people work: no post fails, and the backlog drains in order.

BROKER_AWAY_SECONDS=600 tries it for ten minutes.
"""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.chaos.checker import judge
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load, doors_of
from tests.journeys.lines import settle
from tests.support.system import SERVICES, System
from tests.support.waiting import eventually

AWAY = float(os.environ.get("BROKER_AWAY_SECONDS", "15"))  # noqa: TID251 - a test's own choice
CLIENTS = 4
SEED = 20261122


@pytest.mark.slow
@pytest.mark.timeout(AWAY * 3 + 900)
def test_no_post_fails_while_the_broker_is_away_and_the_backlog_drains_in_order(
    system: System, tmp_path: Path
) -> None:
    before = cases_of(system)
    with (
        closing(Ledger(tmp_path / "book")) as ledger,
        Load(system, ledger, seed=SEED, clients=CLIENTS) as load,
    ):
        eventually(lambda: load.acknowledged > 10, "people are at work", within=120)
        done = load.acknowledged
        system.rabbit.kill()
        try:
            over = time.monotonic() + AWAY
            eventually(lambda: time.monotonic() > over, "the time is up", within=AWAY + 60)
            done = load.acknowledged - done
        finally:
            system.rabbit.start()
    waiting = unpublished(system)
    back = time.monotonic()
    settle(system, within=300 + AWAY)
    drained = time.monotonic() - back
    print(  # noqa: T201 - the figures
        f"{AWAY:.0f} s without the broker: {done} commands done, longest wait "
        f"{load.longest_wait:.1f} s; {waiting} cases waited, drained {drained:.1f} s after"
    )

    assert load.faults == []
    assert load.unanswered == 0, "a post failed"
    assert done > 0, "void: nobody did anything meanwhile"
    assert waiting > 0, "void: nothing waited for the broker"
    verdict = judge(doors_of(system), tmp_path / "book", now=system.clock.now, before=before)
    assert verdict.violations == ()


def cases_of(system: System) -> frozenset[str]:
    """Return the cases that are there already."""
    with system.database("audit") as database:
        return frozenset(database["entries"].distinct("case"))


def unpublished(system: System) -> int:
    """Count the records with events that have not left yet."""
    waiting = 0
    for service, roots in zip(SERVICES, ("referrals", "cases", "announcements"), strict=True):
        with system.database(service) as database:
            waiting += database[roots].count_documents({"unpublished_since": {"$exists": True}})
    return waiting
