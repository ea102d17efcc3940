"""The book of commands as the judge reads it: from its files alone, with its own idea of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Event = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """An event that a command must cause."""

    type: str
    says: Mapping[str, Any]
    actor: str
    occurred_at: datetime | None

    def fits(self, event: Event) -> bool:
        """Can the event be the one that the command caused?"""
        happened = event.get("occurredat")
        return (
            event["type"] == self.type
            and event["actor"] == self.actor
            and (None if happened is None else moment(happened)) == self.occurred_at
            and holds(event["data"], self.says)
        )


@dataclass(kw_only=True)
class Attempt:
    """One command and all that is known of how it ended."""

    key: str
    what: str
    ref: str | None
    expected: tuple[Expected, ...]
    begun_at: float
    acknowledged_as: list[str] = field(default_factory=list)
    """The case that each answer named: more than one name for one command is a doubled one."""
    children: list[str] = field(default_factory=list)
    acknowledged_at: float | None = None
    """The machine's time of the first answer "done", in seconds."""
    refused: bool = False
    unanswered: int = 0

    @property
    def done(self) -> bool:
        """Was somebody told that it is done?"""
        return bool(self.acknowledged_as)

    @property
    def possible(self) -> bool:
        """May it have been done? Not when the system said no to every try."""
        return not self.refused or self.done


def read_book(folder: Path) -> dict[str, Attempt]:
    """Return every command of the run by its key."""
    book: dict[str, Attempt] = {}
    lines = sorted(_lines(folder), key=lambda line: line["state"] != "attempted")
    for line in lines:
        key = line["key"]
        match line["state"]:
            case "attempted":
                book[key] = _attempt(line)
            case "acknowledged":
                _acknowledge(book[key], line)
            case "refused":
                book[key].refused = True
            case "unanswered":
                book[key].unanswered += 1
    return book


def longest_wait(folder: Path) -> float:
    """Return how long the unluckiest user waited for an answer that counts."""
    return max((line.get("waited", 0.0) for line in _lines(folder)), default=0.0)


def holds(told: Any, wanted: Any) -> bool:
    """Does what is told hold all that is wanted? More may stand beside it; times are instants."""
    if isinstance(wanted, Mapping):
        return isinstance(told, Mapping) and all(
            name in told and holds(told[name], value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        same_length = isinstance(told, list) and len(told) == len(wanted)
        return same_length and all(map(holds, told, wanted))
    return bool(told == wanted or _same_instant(told, wanted))


def moment(text: str) -> datetime:
    """Return the instant that a text says, with its zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} does not say its zone")
    return at


def _same_instant(told: Any, wanted: Any) -> bool:
    try:
        return moment(told) == moment(wanted)
    except (TypeError, ValueError):
        return False


def _attempt(line: Mapping[str, Any]) -> Attempt:
    expected = tuple(
        Expected(
            type=each["type"],
            says=each["says"],
            actor=line["person"],
            occurred_at=moment(each["occurred_at"]) if each["occurred_at"] else None,
        )
        for each in line["causes"]
    )
    return Attempt(
        key=line["key"],
        what=line["what"],
        ref=line["ref"],
        expected=expected,
        begun_at=line["at"],
    )


def _acknowledge(attempt: Attempt, line: Mapping[str, Any]) -> None:
    if line["ref"] not in attempt.acknowledged_as:
        attempt.acknowledged_as.append(line["ref"])
    attempt.children = attempt.children or line["children"]
    before = attempt.acknowledged_at
    attempt.acknowledged_at = line["at"] if before is None else min(before, line["at"])


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.jsonl")):
        for text in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(text)


def by_case(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Return events by the case they are about."""
    cases: dict[str, list[Event]] = {}
    for event in events:
        cases.setdefault(event["subject"], []).append(event)
    return cases
