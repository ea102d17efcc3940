"""Are the figures that an auditor looks at first the sums of what the events say?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from tests.chaos.checker.book import Event
from tests.chaos.checker.calendar import day_of
from tests.chaos.checker.clocks import Window
from tests.chaos.checker.promises import Promise, promises_of
from tests.chaos.verdicts import Kind, Violation


def judge_overview(
    shown: Mapping[str, int], cases: Mapping[str, Sequence[Event]], *, at: Window
) -> Iterator[Violation]:
    """Compare each figure with what the events say, before or after the reading."""
    promises = [each for events in cases.values() for each in promises_of(events)]
    rules = [{"cases": len(cases), "incomplete": 0, **_figures(promises, now)} for now in at]
    for name in rules[0]:
        low, high = sorted(rule[name] for rule in rules)
        if not low <= shown[name] <= high:
            words = f"{name} is shown as {shown[name]}; the events say {low} to {high}"
            yield Violation(kind=Kind.SHOWN_WRONG, where="overview", words=words)


def _figures(promises: Iterable[Promise], now: datetime) -> dict[str, int]:
    counted = Counter[str]()
    for each in promises:
        standing = each.standing(now)
        if each.kept_at is None:
            counted[standing] += 1
        elif day_of(each.kept_at) >= day_of(now):
            counted[f"{standing} today"] += 1
    return {
        "at_risk": counted["at-risk"],
        "breached": counted["breached"],
        "met_today": counted["met today"],
        "met_late_today": counted["met-late today"],
    }
