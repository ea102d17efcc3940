"""Every order in which a few turns can overtake one another, touch by touch, none left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.simulation.engine import Turn
from tests.simulation.invariants import violations
from tests.simulation.world import Straight, World

Scene = Callable[[], tuple[World, list[Turn]]]
"""Makes the same world again, with the turns that begin at the same moment."""


def every_order(scene: Scene) -> Iterator[tuple[list[int], list[str]]]:
    """Yield each order, as the turns that were let go on, and what was wrong in the end.

    A search by running again: the orders differ in what is chosen last, then before that.
    """
    order: list[int] = []
    while True:
        world, turns = scene()
        taken, choices = _run(turns, order)
        run = Straight(world)
        run.settle()
        yield taken, violations(world) if run.settled else ["it never settled"]
        while choices and choices[-1][0] + 1 >= choices[-1][1]:
            choices.pop()
        if not choices:
            return
        order = [place for place, _ in choices[:-1]] + [choices[-1][0] + 1]


def _run(turns: list[Turn], order: list[int]) -> tuple[list[int], list[tuple[int, int]]]:
    """Run the turns: as `order` says while it lasts, then always the first that is not over.

    Returns who went on at each step; and which choice that was, of how many.
    """
    taken: list[int] = []
    choices: list[tuple[int, int]] = []
    while running := [turn for turn in turns if not turn.over]:
        place = order[len(choices)] if len(choices) < len(order) else 0
        choices.append((place, len(running)))
        taken.append(turns.index(running[place]))
        running[place].go()
    return taken, choices
