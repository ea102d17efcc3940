"""A short campaign: every kind of fault once at least, while people work; and what once failed.

`make chaos` runs a longer one. CHAOS_SEED=n repeats a run's choices; the seed
here kills every process, most of them more than once.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from rich.console import Console

from tests.chaos.campaign import Order, order_from, run
from tests.chaos.plan import plan
from tests.chaos.report import table_of
from tests.chaos.world import possible_kinds

SEED = int(os.environ.get("CHAOS_SEED", "392"))  # noqa: TID251 - a test's own choice
FAULTS = 80
GAP = 0.6
CLIENTS = 8
SHORT = Order(
    seed=SEED, faults=plan(SEED, FAULTS, kinds=possible_kinds(), gap=GAP), clients=CLIENTS
)
REPLAYS = {
    path.stem: order_from(json.loads(path.read_text()))
    for path in sorted(Path(__file__).parent.glob("replays/*.json"))
}
"""What once made a campaign fail, made short."""


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("order", [SHORT, *REPLAYS.values()], ids=["every-kind", *REPLAYS])
def test_a_campaign_of_faults_loses_doubles_and_misjudges_nothing(
    order: Order, tmp_path: Path
) -> None:
    came = run(order, tmp_path)

    Console(width=120).print(table_of(came))
    assert came.verdict.violations == ()
    assert came.faults_of_load == ()
    assert came.unmended == ()
    if order is SHORT:
        assert came.void == ()
