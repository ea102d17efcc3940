"""What a year at a hub is made of: weights, each with its source or marked as our assumption."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Any, Final

DATA: Final = files("shared.mash") / "data"
YES: Final = "yes"
ALL: Final = 100.0
"""The shares of a figure whose codes stand each by itself are per cent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One question and the weight of each answer. `each`: every answer is given by itself."""

    name: str
    what: str
    of: str
    shares: Mapping[str, float]
    each: bool
    sources: tuple[Mapping[str, Any], ...]
    assumption: Mapping[str, Any] | None
    codes: tuple[str, ...]
    bounds: tuple[float, ...]

    def at(self, place: float) -> str:
        """Return the answer at a place from 0 to 1, 1 not included."""
        return self.codes[bisect_right(self.bounds, place * self.bounds[-1])]

    def share(self, code: str) -> float:
        """Return how often a code is expected, from 0 to 1."""
        return self.shares[code] / (ALL if self.each else self.bounds[-1])

    @property
    def origin(self) -> str:
        """How far the figure is published: `published`, `in part` or `assumed`."""
        if not self.assumption:
            return "published"
        return "in part" if self.sources else "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportions:
    """Every figure by its name, and how many referrals the country has in a year."""

    figures: Mapping[str, Figure]
    leans: Mapping[str, float]
    """How many times as often a worry stands where a strategy meeting follows."""
    referrals_in_a_year: int

    def __getitem__(self, name: str) -> Figure:
        return self.figures[name]

    @property
    def meeting_share(self) -> float:
        """Which part of all referrals a strategy meeting follows, from 0 to 1."""
        return self["assessed"].share(YES) * self["strategy_meeting"].share(YES)


@cache
def read_proportions() -> Proportions:
    """Return the proportions of the data file."""
    told = read_data("national_year.json")
    return Proportions(
        figures={name: _figure(name, raw) for name, raw in told["figures"].items()},
        leans=told["leans"]["of"],
        referrals_in_a_year=told["referrals_in_a_year"]["number"],
    )


def read_data(name: str) -> Any:
    """Return a JSON file of the command line's data."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def _figure(name: str, raw: Mapping[str, Any]) -> Figure:
    return Figure(
        name=name,
        what=raw["what"],
        of=raw["of"],
        shares=raw["shares"],
        each=raw.get("each", False),
        sources=tuple(raw["sources"]),
        assumption=raw.get("assumption"),
        codes=tuple(raw["shares"]),
        bounds=tuple(accumulate(raw["shares"].values())),
    )
