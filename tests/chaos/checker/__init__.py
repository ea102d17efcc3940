"""The judge: reads what a user could read and recomputes everything from the rules in words.

It shares no code with the product, and does not see its databases or its broker.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.chaos.checker.book import Attempt, by_case, longest_wait, read_book
from tests.chaos.checker.chains import judge_chains, judge_copies
from tests.chaos.checker.clocks import Window, judge_announced, judge_shown
from tests.chaos.checker.commands import judge_commands
from tests.chaos.checker.evidence import Evidence, Eyes, gather, read_heads
from tests.chaos.checker.lines import Shown, judge_line, judge_pages, read_line
from tests.chaos.checker.lists import judge_lists
from tests.chaos.checker.order import judge_order
from tests.chaos.checker.overview import judge_overview
from tests.chaos.checker.parked import Parked, deal_with_parked, judge_parked
from tests.chaos.checker.reading import Doors, Reader
from tests.chaos.checker.records import judge_records
from tests.chaos.verdicts import Verdict, Violation

__all__ = ["Doors", "judge"]

READINGS = 5
"""How often it is read again because something was still being written: oversight, for example,
says when a promise becomes at risk, whenever that is."""
PAGES = 30
RECORDS = 200
"""How many timeline pages, referrals and cases are opened; lines and lists are read in full."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Everything that was read while nothing changed."""

    evidence: Evidence
    lines: Mapping[str, Shown | None]
    lists: Sequence[Violation]
    overview: Mapping[str, int]
    at: Window


def judge(
    doors: Doors,
    ledger: Path,
    *,
    now: Callable[[], datetime],
    before: frozenset[str] = frozenset(),
) -> Verdict:
    """Judge a run whose faults are healed.

    `now` is everybody's clock; `before` names cases that were there before the book was begun.
    """
    book, parked = read_book(ledger), deal_with_parked(doors)
    reading = _read(doors, now)
    violations = [
        *judge_commands(book, reading.evidence.events, before=before),
        *judge_everything_read(reading, parked),
        *_judge_sample(doors, reading),
    ]
    figures = {**_figures(book, reading), "longest_wait_ms": int(longest_wait(ledger) * 1000)}
    return Verdict.over({**figures, **_parked_figures(parked)}, violations)


def judge_everything_read(reading: Reading, parked: Sequence[Parked]) -> Iterator[Violation]:
    """Judge chains, copies, order, promises, lines, lists and what was parked."""
    evidence = reading.evidence
    yield from judge_chains(evidence.sources)
    yield from judge_copies(evidence.sources, evidence.copies, evidence.heads)
    for ref, events in by_case(evidence.events).items():
        yield from judge_order(ref, events, evidence.sources)
        yield from judge_announced(ref, events, at=reading.at)
        line = reading.lines[ref]
        yield from judge_line(ref, events, line)
        yield from judge_shown(ref, events, line["clocks"] if line else (), at=reading.at)
    yield from reading.lists
    yield from judge_overview(reading.overview, by_case(evidence.events), at=reading.at)
    yield from judge_parked(parked)


def _read(doors: Doors, now: Callable[[], datetime]) -> Reading:
    """Read everything until nothing was written meanwhile, or READINGS times."""
    reading = _read_once(doors, now)
    for _ in range(READINGS - 1):
        if read_heads(Reader(doors)) == reading.evidence.heads and reading.evidence.copied:
            break
        reading = _read_once(doors, now)
    return reading


def _read_once(doors: Doors, now: Callable[[], datetime]) -> Reading:
    began, evidence = now(), gather(doors)
    refs = sorted({event["subject"] for event in evidence.events})
    lines = dict(zip(refs, Eyes(doors).each(refs, read_line), strict=True))
    return Reading(
        evidence=evidence,
        lines=lines,
        lists=list(judge_lists(doors, evidence.sources)),
        overview=Reader(doors).json(doors.auditor, "/audit/api/overview"),
        at=(began, now()),
    )


def _judge_sample(doors: Doors, reading: Reading) -> Iterator[Violation]:
    """Open pages and records of a sample, the same for the same run."""
    lines = {ref: line for ref, line in reading.lines.items() if line is not None}
    chance = random.Random(len(lines))
    yield from judge_pages(doors, lines, most=PAGES, chance=chance)
    cases = by_case(reading.evidence.events)
    yield from judge_records(doors, cases, most=RECORDS, chance=chance)


def _figures(book: Mapping[str, Attempt], reading: Reading) -> dict[str, int]:
    attempts, evidence = book.values(), reading.evidence
    return {
        "attempted": len(book),
        "acknowledged": sum(each.done for each in attempts),
        "refused": sum(each.refused for each in attempts),
        "unanswered": sum(each.unanswered for each in attempts),
        "cases": len(reading.lines),
        "events": len(evidence.events),
        "streams": len(evidence.sources),
        "promises": sum(len(line["clocks"]) for line in reading.lines.values() if line),
    }


def _parked_figures(parked: Sequence[Parked]) -> dict[str, int]:
    return {
        "parked": sum(len(each.before) for each in parked),
        "set_aside": sum(each.set_aside for each in parked),
        "left_parked": sum(len(each.left) for each in parked),
    }
