"""The judge: reads what a user could read and recomputes everything from the rules in words.

It shares no code with the product, and does not see its databases or its broker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from tests.chaos.checker.book import Attempt, read_book
from tests.chaos.checker.chains import judge_chains, judge_copies
from tests.chaos.checker.commands import judge_commands
from tests.chaos.checker.evidence import Evidence, gather
from tests.chaos.checker.reading import Doors
from tests.chaos.verdicts import Verdict, Violation

__all__ = ["Doors", "judge"]


def judge(
    doors: Doors,
    ledger: Path,
    *,
    now: Callable[[], datetime],
    before: frozenset[str] = frozenset(),
) -> Verdict:
    """Judge a run whose faults are healed. `now` is everybody's clock; `before` names old cases."""
    book, evidence = read_book(ledger), gather(doors)
    return Verdict.over(_figures(book, evidence), _violations(book, evidence, before=before))


def _violations(
    book: Mapping[str, Attempt], evidence: Evidence, *, before: frozenset[str]
) -> Iterator[Violation]:
    yield from judge_commands(book, evidence.events, before=before)
    yield from judge_chains(evidence.sources)
    yield from judge_copies(evidence.sources, evidence.copies, evidence.heads)


def _figures(book: Mapping[str, Attempt], evidence: Evidence) -> dict[str, int]:
    attempts = book.values()
    return {
        "attempted": len(book),
        "acknowledged": sum(each.done for each in attempts),
        "refused": sum(each.refused for each in attempts),
        "unanswered": sum(each.unanswered for each in attempts),
        "cases": len({event["subject"] for event in evidence.events}),
        "events": len(evidence.events),
        "streams": len(evidence.sources),
    }
