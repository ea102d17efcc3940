"""The files that are imported: what `mash generate` writes, as many referrals a day as in the year.

They are made before anything is measured: inventing people is no part of the pipeline.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.harness import NotMeasured
from benchmarks.machine import ROOT
from shared.mash.generate import Plan

THE_YEAR: Final = 621_880
"""Referrals to children's social care in England, year to 31 March 2024 (DfE, Children in need)."""
DAYS: Final = 365
FIRST_DAY: Final = date(2025, 9, 1)
"""A Monday with no bank holiday near: a small share is a usual week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A file of steps, in the order of time over all cases."""

    file: Path
    steps: int
    ends_at: datetime
    """When its last step was taken."""
    cases: tuple[str, ...]
    """Those of its first referrals."""


def referrals_of(share: float) -> int:
    """Return how many referrals a share of the year has; at least one."""
    return max(1, round(THE_YEAR * share))


def plan_of(referrals: int, *, seed: int, first: date = FIRST_DAY) -> Plan:
    """Return a plan in which as many arrive a day as in the whole year.

    So a share has fewer days, not thinner ones: as many cases are at work at the same time.
    """
    days = max(1, round(DAYS * referrals / THE_YEAR))
    last = first + timedelta(days=days - 1)
    return Plan(referrals=referrals, seed=seed, first=first, last=last)


def generate(file: Path, plan: Plan, *, cases: int) -> History:
    """Let `mash generate` write a plan into a file; note the cases of so many first referrals."""
    told = {
        "referrals": plan.referrals,
        "seed": plan.seed,
        "from": plan.first,
        "to": plan.last,
        "out": file,
    }
    done = subprocess.run(
        [sys.executable, "-m", "shared.mash.cli", "generate"]
        + [f"--{name}={value}" for name, value in told.items()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotMeasured(f"mash generate: {done.stderr.strip()}")
    return _history(file, cases)


def _history(file: Path, cases: int) -> History:
    steps, last, first = 0, {}, dict[str, None]()
    for last in _lines(file):
        steps += 1
        if len(first) < cases:
            first[last["case"]] = None
    return History(
        file=file, steps=steps, ends_at=datetime.fromisoformat(last["at"]), cases=tuple(first)
    )


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as opened:
        yield from map(json.loads, opened)
