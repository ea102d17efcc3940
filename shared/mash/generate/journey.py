"""Whole journeys: each made by itself from the plan and its number, so that none is ever kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from heapq import heappop, heappush
from typing import Final

from shared.clock import london
from shared.mash.generate import hub, referral, work
from shared.mash.generate.chance import Chance, identity
from shared.mash.generate.hours import Arrivals, Office
from shared.mash.generate.people import Family, Staff, a_family, staff_of_demo
from shared.mash.generate.proportions import YES, Proportions, read_proportions
from shared.mash.generate.steps import Step
from shared.mash.generate.story import Story

FIRST_DAY: Final = date(2025, 4, 1)
LAST_DAY: Final = date(2026, 3, 31)
"""The year of the children in need census that ended last."""
AGAIN_WITHIN: Final = 365
"""Days: a re-referral is one within twelve months of another (DfE)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to make: so many referrals, received from `first` to `last`, both days included.

    Who is referred, about what and what comes of it depends on seed and number alone while the
    period is no longer than a year; the moments also depend on how many share the period.
    """

    referrals: int
    seed: int
    first: date = FIRST_DAY
    last: date = LAST_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One referral and what came of it, in the order of time."""

    number: int
    steps: tuple[Step, ...]
    drawn: tuple[tuple[str, str], ...]
    """Which figure was answered how on the way: what a comparison counts."""


class World:
    """All that the journeys of a plan have in common: calendar, staff, proportions."""

    def __init__(self, plan: Plan, *, staff: Staff | None = None) -> None:
        self.plan = plan
        self.proportions: Proportions = read_proportions()
        self.staff = staff or staff_of_demo(plan.first, plan.last)
        self.office = Office(plan.first, plan.last)
        self._again = self.proportions["re_referral"]
        self.arrivals = Arrivals(self.proportions, plan.first, plan.last, plan.referrals)

    def journey(self, number: int) -> Journey:
        """Return one journey. It costs the same for any number, and nothing is remembered."""
        own = identity(self.plan.seed, number)
        earlier, first = self._follows(number)
        drawn = [(self._again.name, "no" if earlier is None else YES)]
        family, about_family = self._family(first)
        story = Story(
            number=number,
            identity=own,
            family=family,
            earlier=None if earlier is None else identity(self.plan.seed, earlier),
            received_at=self.arrivals.at(number, own.place),
            staff=self.staff,
            office=self.office,
            chance=Chance(self.proportions, own, "story"),
        )
        _live(story)
        drawn += story.chance.drawn
        if earlier is None:
            drawn += about_family
        steps = tuple(sorted(story.steps, key=lambda step: step.at))
        return Journey(number=number, steps=steps, drawn=tuple(drawn))

    @cached_property
    def _a_year(self) -> int:
        """How many numbers back the referrals of the last twelve months reach."""
        share = min(1.0, AGAIN_WITHIN / self.arrivals.days)
        return max(1, int(self.plan.referrals * share))

    def _follows(self, number: int) -> tuple[int | None, int]:
        """Return which earlier referral of its family this one follows, if any, and the first."""
        own = identity(self.plan.seed, number)
        if number == 0 or self._again.at(own.again) != YES:
            return None, number
        earlier = number - 1 - int(own.how_far * min(number, self._a_year))
        _, first = self._follows(earlier)
        # Nobody grows up unnoticed: a family is followed for a year from its first referral.
        return (earlier, first) if number - first <= self._a_year else (None, number)

    def _family(self, first: int) -> tuple[Family, list[tuple[str, str]]]:
        own = identity(self.plan.seed, first)
        chance = Chance(self.proportions, own, "family")
        received_at = self.arrivals.at(first, own.place)
        family = a_family(chance, self.staff.teams, london(received_at).date())
        return family, chance.drawn


def _live(story: Story) -> None:
    """Tell one journey from the referral to as far as it comes."""
    referral.settle(story)
    referral.send(story)
    hub.match(story)
    decided_at = hub.decide(story)
    if decided_at is None:
        return
    hub.tell(story, decided_at)
    match story.outcome:
        case "strategy-meeting":
            ready_at = work.meet(story, decided_at)
        case "single-assessment":
            ready_at = decided_at + timedelta(minutes=1)
        case _:
            return
    if ready_at is not None:
        work.allocate(story, ready_at)


def journeys(plan: Plan, *, staff: Staff | None = None) -> Iterator[Journey]:
    """Yield every journey of a plan in the order of receipt, each made when it is asked for."""
    world = World(plan, staff=staff)
    return (world.journey(number) for number in range(plan.referrals))


def in_order(several: Iterable[Journey]) -> Iterator[Step]:
    """Yield the steps of journeys, received one after another, in the order of time over all.

    Only the steps that are still to come of journeys received so far are held.
    """
    waiting: list[tuple[float, int, int, Step]] = []
    for journey in several:
        received_at = journey.steps[0].at.timestamp()
        while waiting and waiting[0][0] < received_at:
            yield heappop(waiting)[-1]
        for place, step in enumerate(journey.steps):
            heappush(waiting, (step.at.timestamp(), journey.number, place, step))
    while waiting:
        yield heappop(waiting)[-1]
