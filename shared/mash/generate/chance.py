"""Chance that comes again: every referral of a seed has its own, whatever was asked before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Final, TypeVar
from uuid import UUID

from shared.mash.generate.proportions import ALL, YES, Figure, Proportions

T = TypeVar("T")
A_FRACTION: Final = 2.0**-32
A_TINY_FRACTION: Final = 2.0**-16


@dataclass(frozen=True, slots=True)
class Identity:
    """What names a referral of a seed, and the lots that tie it to an earlier one: a digest.

    A digest and not a generator, because it is asked for many earlier referrals on the way.
    """

    digest: bytes

    @property
    def submission_id(self) -> str:
        """The id of its submission."""
        return str(UUID(bytes=self.digest[:16], version=4))

    @property
    def council_ref(self) -> str:
        """The council's own reference: opaque, the same whenever the file is made again."""
        return f"WREN-{self.digest[16:24].hex().upper()}"

    @property
    def again(self) -> float:
        """From 0 to 1: below the share of re-referrals it is one, if anything is before it."""
        return int.from_bytes(self.digest[24:28], "big") * A_FRACTION

    @property
    def how_far(self) -> float:
        """From 0 to 1: how far back the earlier referral lies."""
        return int.from_bytes(self.digest[28:], "big") * A_FRACTION

    @property
    def place(self) -> float:
        """From 0 to 1: where in its turn it arrives."""
        return int.from_bytes(self.digest[14:16], "big") * A_TINY_FRACTION


def identity(seed: int, number: int) -> Identity:
    """Return what names referral `number` of a seed."""
    return Identity(sha256(f"mash generate|{seed}|{number}".encode()).digest())


class Chance:
    """Draws answers of figures and notes each, so that what came out can be compared."""

    def __init__(self, proportions: Proportions, whose: Identity, about: str) -> None:
        self.proportions = proportions
        self.drawn: list[tuple[str, str]] = []
        seed = int.from_bytes(whose.digest + about.encode(), "big")
        # Not for secrets: the same seed must give the same people.
        self._random = Random(seed).random  # noqa: S311

    def pick(self, name: str) -> str:
        """Return an answer of a figure, each as often as its weight says."""
        code = self.proportions.figures[name].at(self._random())
        self.drawn.append((name, code))
        return code

    def whether(self, name: str) -> bool:
        """Is the answer of a yes-or-no figure yes?"""
        return self.pick(name) == YES

    def some_of(self, figure: Figure, *, leaning: float, to: bool) -> tuple[str, ...]:
        """Return each code of a figure by itself, leaning to one side of a share `leaning`.

        On that side (`to`) a code that leans stands so many times as often, on the other so much
        more seldom that over both its share is kept.
        """
        chosen = []
        for code, share in figure.shares.items():
            lean = self.proportions.leans.get(code, 1.0)
            tilt = lean if to else (1 - lean * leaning) / (1 - leaning)
            if self._random() < share / ALL * tilt:
                chosen.append(code)
                self.drawn.append((figure.name, code))
        return tuple(chosen)

    def one_of(self, things: Sequence[T]) -> T:
        """Return one of these, each as often."""
        return things[int(self._random() * len(things))]

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self._random() * (high - low + 1))
