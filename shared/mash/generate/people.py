"""Invented families and the invented staff who work with them. Nobody could take them for real."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

from shared.mash.generate.chance import Chance
from shared.mash.generate.proportions import read_data

MARK: Final = "-Demo"
"""How every last name ends."""
NEVER_REAL: Final = "CIKMOV"
"""Letters in which no postcode of the Royal Mail ends."""
UNBORN: Final = "unborn"
A_YEAR: Final = 365.25
GROWN_UP: Final = timedelta(18 * 365)
APART: Final = (300, 1_300)
"""Days between the birthdays of brothers and sisters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One invented child. `born_on` lies ahead while the child is not born yet."""

    first_names: str
    last_name: str
    sex: str
    born_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Brothers and sisters at one address, with the team whose patch holds it."""

    children: tuple[Child, ...]
    address: str
    postcode: str
    ethnicity: str
    school: str
    team: Team


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team of the demonstration's directory, without those who are on leave."""

    code: str
    name: str
    patch: tuple[str, ...]
    managers: tuple[str, ...]
    deputies: tuple[str, ...]
    workers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """The sign-ins of the demonstration's people."""

    teams: tuple[Team, ...]
    practitioners: tuple[str, ...]
    hub_manager: str
    partners: Mapping[str, str]
    """Sign-in of a partner agency by the first character of the referral source."""


@cache
def words() -> Mapping[str, Any]:
    """Return what invented people are called, and what is said of them."""
    told: Mapping[str, Any] = read_data("generate_words.json")
    return told


@cache
def staff_of_demo(first: date, last: date) -> Staff:
    """Return the demonstration's staff, less whoever is on leave on a day of the period."""
    directory = read_data("demo_directory.json")
    away = {
        person["id"]
        for person in directory["people"]
        for leave in person.get("leave", ())
        if leave["from"] <= last.isoformat() and leave["to"] >= first.isoformat()
    }

    def there(people: list[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each for each in people if each not in away))

    return Staff(
        teams=tuple(
            Team(
                code=team["code"],
                name=team["name"],
                patch=tuple(team["patch"]),
                managers=there(team["managers"]),
                deputies=there(list(team["deputies"].values())),
                workers=there(team["workers"]),
            )
            for team in directory["teams"]
        ),
        practitioners=("p.clover-demo", "q.heather-demo"),
        hub_manager="m.rowan-demo",
        partners={
            "2": "partner.school-demo",
            "3": "partner.health-demo",
            "6": "partner.police-demo",
            **dict.fromkeys("4578", "partner.other-demo"),
        },
    )


def a_family(chance: Chance, teams: tuple[Team, ...], day: date) -> Family:
    """Return a family as it is on a day."""
    team = chance.one_of(teams)
    count = int(chance.pick("children"))
    last_name = _last_name(chance)
    first = _first_child(chance, last_name, day)
    units = chance.one_of(NEVER_REAL) + chance.one_of(NEVER_REAL)
    street = chance.one_of(words()["streets"])
    return Family(
        children=(first, *_siblings(chance, first, count - 1, day)),
        address=f"{chance.between(1, 199)} {street}, {team.name}",
        postcode=f"{chance.one_of(team.patch)} {chance.between(0, 9)}{units}",
        ethnicity=chance.pick("ethnicity"),
        school=chance.one_of(words()["schools"]),
        team=team,
    )


def a_name(chance: Chance) -> str:
    """Return the name of an invented grown-up."""
    return f"{chance.one_of(words()['first_names'])} {_last_name(chance)}"


def _last_name(chance: Chance) -> str:
    begins, ends = words()["last_name_begins"], words()["last_name_ends"]
    return f"{chance.one_of(begins)}{chance.one_of(ends)}{MARK}"


def _first_child(chance: Chance, last_name: str, day: date) -> Child:
    sex = chance.pick("sex")
    if sex == UNBORN:
        sex, born_on = chance.one_of(("female", "male")), day + timedelta(chance.between(20, 200))
    else:
        low, high = map(int, chance.pick("age").split("-"))
        born_on = _birthday(chance, chance.between(low, high), day)
    return Child(
        first_names=chance.one_of(words()["first_names"]),
        last_name=last_name,
        sex=sex,
        born_on=born_on,
    )


def _siblings(chance: Chance, first: Child, count: int, day: date) -> Iterator[Child]:
    """Return more children of a family: nearly a year apart or more, all born, none grown up."""
    older = younger = first.born_on
    for _ in range(count):
        apart = timedelta(chance.between(*APART))
        if younger + apart < day and (chance.between(0, 1) or older - apart <= day - GROWN_UP):
            born_on = younger = younger + apart
        else:
            born_on = older = older - apart
        yield Child(
            first_names=chance.one_of(words()["first_names"]),
            last_name=first.last_name,
            sex=chance.one_of(("female", "male")),
            born_on=born_on,
        )


def _birthday(chance: Chance, years: int, day: date) -> date:
    """Return a day on which somebody was born who is so many years old on `day`."""
    return day - timedelta(int(years * A_YEAR) + chance.between(1, 360))
