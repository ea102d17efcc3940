"""Histories as the bulk door takes them, made by the generator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from shared.mash.generate import Plan, Step, in_order, journeys

YEAR = (date(2025, 4, 1), date(2025, 9, 30))


def steps(referrals: int, *, seed: int = 3) -> Iterator[Step]:
    """Yield the steps of so many invented referrals, in the order of time."""
    return in_order(journeys(Plan(referrals=referrals, seed=seed, first=YEAR[0], last=YEAR[1])))


def order_of(step: Step, **but: Any) -> dict[str, Any]:
    """Return a step as the bulk door takes it."""
    return {
        "step": step.name.value,
        "case": step.case,
        "child": step.child,
        "at": step.at.isoformat(),
        "by": step.by,
        "stands_for": step.stands_for and step.stands_for.value,
        "body": json.loads(json.dumps(step.body)),
        **but,
    }
