"""The steps of generated journeys as lines of a file, in the order of time over all referrals.

The file is made before anything is measured: inventing people is no part of the pipeline.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from shared.mash.generate import Plan, in_order, journeys

THE_YEAR: Final = 621_880
"""Referrals to children's social care in England, year to 31 March 2024 (DfE, Children in need)."""
DAYS: Final = 365
FIRST_DAY: Final = date(2025, 9, 1)
"""A Monday with no bank holiday near: a small share is a usual week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One step: what must be known to send it, and the line of `mash generate` that it is."""

    service: str
    case: str
    at: datetime
    text: str


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


def write_lines(path: Path, plan: Plan) -> int:
    """Write every step of a plan; return how many there are."""
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for step in in_order(journeys(plan)):
            service = step.to.split("/", 2)[1]
            # JSON writes no tab as it is, so a tab ends a field.
            file.write(f"{service}\t{step.case}\t{step.at.isoformat()}\t{step.line()}\n")
            written += 1
    return written


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the steps of a file, one after another."""
    with path.open(encoding="utf-8") as file:
        for row in file:
            service, case, at, text = row.rstrip("\n").split("\t", 3)
            yield Line(service=service, case=case, at=datetime.fromisoformat(at), text=text)
