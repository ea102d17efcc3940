"""What the judge of the campaigns finds out, for tests that look at a few events only."""

from __future__ import annotations

from collections.abc import Iterable

from tests.chaos.checker.book import Event
from tests.chaos.checker.chains import by_stream, judge_chains


def faults_of_chains(events: Iterable[Event]) -> list[str]:
    """Return every fault: a hole, a double, a changed event, a broken link."""
    return [str(each) for each in judge_chains(by_stream(events))]


def fictional_names_in(text: str, names: Iterable[str]) -> list[str]:
    """Return which of the made-up names, addresses and words of a test stand in a text."""
    return [name for name in names if name.lower() in text.lower()]
