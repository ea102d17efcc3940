"""The team directory as the rules see it: teams, patches, people, rota and leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.clock import london

ANYBODY_AREA = "not-known"


class Post(StrEnum):
    """What a person in the directory is employed to do."""

    HEAD_OF_SERVICE = "head-of-service"
    TEAM_MANAGER = "team-manager"
    SOCIAL_WORKER = "social-worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Duty on one weekday (Monday is 0), in minutes after local midnight, end not included."""

    weekday: int
    starts: int
    ends: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Days away, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who leads meetings or carries cases. `id` is the sign-in reference."""

    id: str
    name: str
    post: Post
    team: str | None
    capacity: int = 0
    newly_qualified: bool = False
    duty: tuple[Shift, ...] = ()
    leave: tuple[Leave, ...] = ()

    def on_leave(self, at: datetime) -> bool:
        """Is the person away on the local day of `at`?"""
        day = london(at).date()
        return any(leave.first <= day <= leave.last for leave in self.leave)

    def on_duty(self, at: datetime) -> bool:
        """Is the person on the rota at `at`, by the clock on the wall?"""
        local = london(at)
        minute = local.hour * 60 + local.minute
        return any(
            shift.weekday == local.weekday() and shift.starts <= minute < shift.ends
            for shift in self.duty
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A safeguarding and assessment team and the postcode districts of its patch."""

    code: str
    name: str
    patch: tuple[str, ...]
    neighbours: tuple[str, ...]
    managers: tuple[str, ...]
    deputies: Mapping[str, str]
    """The named deputy of each manager."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Who works where, who is on duty, and the settings that go with it."""

    teams: tuple[Team, ...]
    people: tuple[Person, ...]
    head_of_service: str
    acknowledge_minutes: int
    meeting_minutes: int

    def team(self, code: str | None) -> Team | None:
        """Return the team with this code."""
        return next((team for team in self.teams if team.code == code), None)

    def person(self, person_id: str | None) -> Person | None:
        """Return the person with this sign-in reference."""
        return next((person for person in self.people if person.id == person_id), None)

    def patch_team(self, area: str) -> Team | None:
        """Return the team whose patch holds the postcode district."""
        return next((team for team in self.teams if area in team.patch), None)

    def workers(self, team: str) -> tuple[Person, ...]:
        """Return the social workers of a team."""
        return tuple(
            person
            for person in self.people
            if person.team == team and person.post is Post.SOCIAL_WORKER
        )

    def can_lead(self, person_id: str) -> bool:
        """May this person lead a strategy meeting? Team managers and the head of service may."""
        person = self.person(person_id)
        return person is not None and person.post in (Post.TEAM_MANAGER, Post.HEAD_OF_SERVICE)

    def may_manage(self, person_id: str, team: str) -> bool:
        """May this person act as manager of the team: its managers, their deputies, the head?"""
        found = self.team(team)
        named = (*found.managers, *found.deputies.values()) if found else ()
        return person_id == self.head_of_service or person_id in named

    def teams_of(self, person_id: str) -> tuple[str, ...]:
        """Return the teams that this person may manage."""
        return tuple(team.code for team in self.teams if self.may_manage(person_id, team.code))

    def label(self, person_id: str | None) -> str:
        """Return how a page names a person: the name in the directory, else the reference."""
        person = self.person(person_id)
        return person.name if person else (person_id or "nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The time a meeting takes."""

    starts_at: datetime
    ends_at: datetime

    @classmethod
    def from_start(cls, starts_at: datetime, minutes: int) -> Slot:
        """Return the slot of `minutes` from `starts_at`."""
        return cls(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes))
