"""A process that carries steps out through the handlers of one service, many cases at once.

    python -m benchmarks.journeys.carry referral | strategy

It reads a number and as many lines of `mash generate`, and answers in one line: for each step, in
order, what became of it and which rule refused it. It ends with its input.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

from marshmallow import ValidationError

from benchmarks.journeys import hub, team
from benchmarks.journeys.doors import Answer, Fate
from benchmarks.journeys.gathering import Gathering
from benchmarks.journeys.told import Told, told_from
from services.strategy.domain.broken import CaseNotOpened
from shared.rules import RuleBroken
from shared.settings import Settings

S = TypeVar("S")

TAKEN: Final = Answer(Fate.TAKEN)
NOT_YET: Final = Answer(Fate.NOT_YET)


class ToldClock:
    """The time of the step that is carried out: what was done then is written as done then."""

    at = datetime(2025, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the time of the step."""
        return self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier(Generic[S]):
    """Carries steps out on the records of one service."""

    roots: Gathering[S]
    clock: ToldClock
    carry_out: Callable[[Told], object]
    """Carries out one step on records that were read. Raises what refuses it."""
    reads: Callable[[Told], Sequence[str]]
    """Which records a step reads."""

    def take(self, steps: Sequence[Told]) -> list[Answer]:
        """Carry out steps: the first of each case in one bulk, then the second, and so on."""
        answers = [NOT_YET] * len(steps)
        early: set[str] = set()
        for wave in waves([step.case for step in steps]):
            places = [place for place in wave if steps[place].case not in early]
            self.roots.begin(ref for place in places for ref in self.reads(steps[place]))
            for place in places:
                answers[place] = self._one(steps[place])
            overtaken = self.roots.finish()
            for place in places:
                if steps[place].case in overtaken:
                    answers[place] = NOT_YET
                if answers[place].fate is Fate.NOT_YET:
                    early.add(steps[place].case)
        return answers

    def _one(self, step: Told) -> Answer:
        self.clock.at = step.at
        try:
            self.carry_out(step)
        except CaseNotOpened:
            return NOT_YET
        except ValidationError as fault:
            return Answer(Fate.REFUSED, f"{step.name}: schema {sorted(fault.messages_dict)[:1]}")
        except RuleBroken as fault:
            return Answer(Fate.REFUSED, f"{step.name}: {fault.code}")
        return TAKEN


def waves(cases: Sequence[str]) -> list[list[int]]:
    """Return the places of the first step of each case, then those of the second, and so on."""
    seen: Counter[str] = Counter()
    made: list[list[int]] = []
    for place, case in enumerate(cases):
        if seen[case] == len(made):
            made.append([])
        made[seen[case]].append(place)
        seen[case] += 1
    return made


def carrier_of(service: str, settings: Settings) -> Carrier[Any]:
    """Return who carries out the steps of a service. Opens nothing."""
    clock = ToldClock()
    room: Any = WAYS[service]
    roots, carry_out = room.hands(settings, clock)
    return Carrier(roots=roots, clock=clock, carry_out=carry_out, reads=room.reads)


WAYS: Final[Mapping[str, Any]] = {"referral": hub, "strategy": team}


def main(service: str) -> None:
    """Take what is sent until nobody sends any more."""
    carrier = carrier_of(service, Settings.from_env())
    while number := sys.stdin.buffer.readline():
        steps = [told_from(json.loads(sys.stdin.buffer.readline())) for _ in range(int(number))]
        told = [(answer.fate, answer.reason) for answer in carrier.take(steps)]
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
