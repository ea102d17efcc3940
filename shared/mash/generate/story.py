"""What is known while one journey is made, and the steps it has so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from shared.clock import london
from shared.ids import case_reference, child_reference
from shared.mash.generate.chance import Chance, Identity
from shared.mash.generate.hours import Office
from shared.mash.generate.people import Family, Staff
from shared.mash.generate.steps import StandsFor, Step, StepName
from shared.working_days import london_moment

PHYSICAL: Final = "physical"
EARLIEST, LATEST = 8, 20
"""Hours at which meetings and visits begin; at night they wait for the morning."""
MORNING: Final = time(9)


@dataclass(slots=True, kw_only=True)
class Story:
    """One referral on its way."""

    number: int
    identity: Identity
    family: Family
    earlier: Identity | None
    """The earlier referral of the same family, if this is a re-referral."""
    received_at: datetime
    staff: Staff
    office: Office
    chance: Chance
    source: str = ""
    concerns: tuple[str, ...] = ()
    danger: str = "no"
    outcome: str = ""
    concerned: bool = False
    """May a child be suffering significant harm?"""
    steps: list[Step] = field(default_factory=list)
    submission_id: str = field(init=False)
    council_ref: str = field(init=False)
    case: str = field(init=False)
    children: tuple[str, ...] = field(init=False)
    """The references that the hub will give: they are made from the submission alone."""

    def __post_init__(self) -> None:
        self.submission_id = self.identity.submission_id
        self.council_ref = self.identity.council_ref
        self.case = case_reference(self.submission_id)
        count = len(self.family.children)
        self.children = tuple(child_reference(self.submission_id, each) for each in range(count))

    @property
    def day(self) -> date:
        """The London day of receipt."""
        return london(self.received_at).date()

    @property
    def physical_harm(self) -> bool:
        """Is physical harm alleged?"""
        return PHYSICAL in self.concerns

    def minutes(self, low: int, high: int) -> timedelta:
        """Return a time from `low` to `high` minutes, by chance."""
        return timedelta(minutes=self.chance.between(low, high))

    def add(
        self,
        name: StepName,
        at: datetime,
        by: str,
        body: Mapping[str, Any],
        *,
        stands_for: StandsFor | None = None,
        child: str | None = None,
    ) -> None:
        """Note the next step."""
        self.steps.append(
            Step(
                number=self.number,
                council_ref=self.council_ref,
                case=self.case,
                name=name,
                at=at,
                by=by,
                stands_for=stands_for,
                child=child,
                body=body,
            )
        )

    def submission(self, name: StepName) -> str:
        """Return the id of the next step's submission: the same whenever it is made again."""
        return f"{self.submission_id}-{len(self.steps)}-{name}"


def by_day(at: datetime) -> datetime:
    """Return `at`, or the next morning where `at` is at night."""
    local = london(at)
    if EARLIEST <= local.hour < LATEST:
        return at
    day = local.date() + timedelta(days=local.hour >= LATEST)
    return london_moment(day, MORNING) + timedelta(minutes=local.minute)


def to_the_minute(at: datetime) -> datetime:
    """Return the whole minute: people enter no seconds."""
    return at.replace(second=0, microsecond=0)
