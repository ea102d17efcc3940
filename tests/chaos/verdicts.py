"""What a judgement comes to: figures, and everything that is not as it must be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The ways in which the line can fail the people who rely on it."""

    LOST = "lost"
    """Acknowledged, and not there for whoever looks."""
    INVENTED = "invented"
    """There, and nobody ever attempted it."""
    DOUBLED = "doubled"
    """Attempted once, and there more than once."""
    OUT_OF_ORDER = "out-of-order"
    """A step before its cause, a hole in a stream, or a step that the practice does not allow."""
    BROKEN_CHAIN = "broken-chain"
    """A seal that does not belong to its event, or a link that leads nowhere."""
    COPIES_DIFFER = "copies-differ"
    """The service that wrote an event and the auditor's copy do not say the same."""
    WRONG_VERDICT = "wrong-verdict"
    """A promise, its due time or what was announced about it is not what the rules say."""
    UNEXPLAINED_PARKED = "unexplained-parked"
    """A message waits for a person without saying why, without an alarm, or for ever."""
    SHOWN_WRONG = "shown-wrong"
    """A page or a list does not say what the events say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that is wrong, and where: a case, a stream, an event, a page."""

    kind: Kind
    where: str
    words: str

    def __str__(self) -> str:
        return f"{self.kind} {self.where}: {self.words}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement over one run. `counts` also holds a figure for each kind of violation."""

    counts: Mapping[str, int]
    violations: tuple[Violation, ...]

    @classmethod
    def over(cls, counts: Mapping[str, int], violations: Iterable[Violation]) -> Verdict:
        """Return the verdict with every kind counted, those that were not found as 0."""
        found = tuple(violations)
        kinds = {kind.value: sum(each.kind is kind for each in found) for kind in Kind}
        return cls(counts={**counts, **kinds}, violations=found)

    @property
    def sound(self) -> bool:
        """Is everything as it must be?"""
        return not self.violations
