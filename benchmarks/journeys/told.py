"""A step as it arrives at a door: what is done, by whom, when and about which case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from shared.events.codes import Role
from shared.mash.accounts import people_of_the_directory
from shared.mash.generate.proportions import read_data
from shared.mash.generate.steps import StandsFor, StepName
from shared.store import Actor

CHILD: Final = 6
"""Which part of the address of a visit names the child."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of `mash generate`."""

    name: StepName
    case: str
    at: datetime
    by: str
    stands_for: StandsFor | None
    where: Mapping[str, str]
    """What the address says beside the case: the child of a visit."""
    body: Mapping[str, Any]


def told_from(row: Mapping[str, Any]) -> Told:
    """Read a line."""
    parts = row["to"].split("/")
    stands_for = row["stands_for"]
    return Told(
        name=StepName(row["step"]),
        case=row["case"],
        at=datetime.fromisoformat(row["at"]),
        by=row["by"],
        stands_for=stands_for and StandsFor(stands_for),
        where={"child": parts[CHILD]} if "children" in parts else {},
        body=row["body"],
    )


def actor(person: str) -> Actor:
    """Return who acts, in the role that the person has."""
    return Actor(person, _roles()[person])


@cache
def _roles() -> Mapping[str, Role]:
    everybody = [
        *read_data("demo_people.json"),
        *people_of_the_directory(read_data("demo_directory.json")),
    ]
    return {person["id"]: Role(person["roles"][0]) for person in everybody}
