"""What came out, beside the proportions it was made in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from shared.mash.generate.journey import Journey
from shared.mash.generate.proportions import Figure, read_proportions


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One answer of one figure: how often it came out and was expected, from 0 to 1."""

    figure: Figure
    code: str
    count: int
    asked: int
    """How often the figure was asked for."""

    @property
    def came_out(self) -> float:
        """The share that came out; 0 where nobody was asked."""
        return self.count / self.asked if self.asked else 0.0

    @property
    def expected(self) -> float:
        """The share of the data file."""
        return self.figure.share(self.code)


@dataclass(slots=True)
class Tally:
    """Counts journeys as they pass by, so that none is kept."""

    journeys: int = 0
    steps: int = 0
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)

    def watch(self, journeys: Iterable[Journey]) -> Iterator[Journey]:
        """Yield the journeys on, counted."""
        for journey in journeys:
            self.journeys += 1
            self.steps += len(journey.steps)
            self.answers.update(journey.drawn)
            yield journey

    def rows(self) -> Iterator[Row]:
        """Yield every answer of the figures that were asked for, in the order of the data file."""
        for name, figure in read_proportions().figures.items():
            counts = {code: self.answers[name, code] for code in figure.codes}
            asked = self.journeys if figure.each else sum(counts.values())
            if not any(counts.values()):
                continue
            for code, count in counts.items():
                yield Row(figure=figure, code=code, count=count, asked=asked)
