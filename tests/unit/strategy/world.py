"""A small, obviously fictional world for the rules of the strategy service."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from services.strategy.domain.allocation import allocate
from services.strategy.domain.assignment import Choice
from services.strategy.domain.case import Attendance, Case, CaseChild, Medical, Stage
from services.strategy.domain.commands import (
    AllocateCase,
    CallMeeting,
    RecordChildSeen,
    RecordMeetingHeld,
    RecordVisitAttempted,
)
from services.strategy.domain.directory import Directory, Leave, Person, Post, Shift, Team
from services.strategy.domain.lead import acknowledge
from services.strategy.domain.meeting import call
from services.strategy.domain.record import record_held
from shared.events.codes import (
    Agency,
    AssignmentRule,
    Concern,
    MedicalDecision,
    MeetingMode,
    NotSeenReason,
    Presence,
    Role,
    Route,
)
from shared.store import Actor

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
"""A Wednesday."""
REF = "MASH-TEST1-TEST1"
FIRST, SECOND = "CH-TEST1-TEST1", "CH-TEST1-TEST2"
ALWAYS = tuple(Shift(weekday=day, starts=0, ends=1440) for day in range(7))
TODAY_OFF = (Leave(first=date(2026, 3, 2), last=date(2026, 3, 6)),)
LEAD = Actor("tm-north-a", Role.TEAM_MANAGER)
OTHER_LEAD = Actor("tm-south-a", Role.TEAM_MANAGER)
WORKER = Actor("sw-north-1", Role.SOCIAL_WORKER)
CORE = (Agency.SOCIAL_CARE, Agency.POLICE, Agency.HEALTH)


def a_person(person_id: str, post: Post = Post.TEAM_MANAGER, **but: object) -> Person:
    """Return somebody who is always on duty."""
    values = {"team": None, "capacity": 15, "duty": ALWAYS} | but
    return Person(id=person_id, name=f"Fictional {person_id}", post=post, **values)


def a_directory(**but: object) -> Directory:
    """Return two neighbouring teams, north (two managers, a deputy) and south (one manager)."""
    north = Team(
        code="north",
        name="North",
        patch=("B70", "B71"),
        neighbours=("south",),
        managers=("tm-north-a", "tm-north-b"),
        deputies={"tm-north-a": "tm-north-d", "tm-north-b": "tm-north-d"},
    )
    south = Team(
        code="south",
        name="South",
        patch=("B66",),
        neighbours=("north",),
        managers=("tm-south-a",),
        deputies={},
    )
    people = (
        a_person("tm-north-a", team="north"),
        a_person("tm-north-b", team="north"),
        a_person("tm-north-d", team="north"),
        a_person("tm-south-a", team="south"),
        a_person("head-1", Post.HEAD_OF_SERVICE),
        a_person("sw-north-1", Post.SOCIAL_WORKER, team="north"),
        a_person("sw-north-2", Post.SOCIAL_WORKER, team="north", newly_qualified=True),
        a_person("sw-north-3", Post.SOCIAL_WORKER, team="north", leave=TODAY_OFF),
        a_person("sw-south-1", Post.SOCIAL_WORKER, team="south"),
    )
    values = {
        "teams": (north, south),
        "people": people,
        "head_of_service": "head-1",
        "acknowledge_minutes": 15,
        "meeting_minutes": 60,
    }
    return Directory(**(values | but))


def with_person(directory: Directory, person_id: str, **but: object) -> Directory:
    """Return the directory with one person changed."""
    people = tuple(
        replace(each, **but) if each.id == person_id else each for each in directory.people
    )
    return replace(directory, people=people)


def a_case(**but: object) -> Case:
    """Return a case just opened on the strategy route, with two children."""
    values = {
        "ref": REF,
        "route": Route.STRATEGY_MEETING,
        "stage": Stage.OPENED,
        "children": (CaseChild(child=FIRST), CaseChild(child=SECOND)),
        "concerns": (Concern.NEGLECT,),
        "area": "B70",
        "received_at": NOW - timedelta(hours=2),
        "decided_at": NOW - timedelta(hours=1),
        "opened_at": NOW - timedelta(hours=1),
        "child_protection_concerns": True,
        "physical_harm_alleged": False,
        "submissions": {},
    }
    return Case(**(values | but))


def a_choice(lead: str = "tm-north-a", team: str = "north") -> Choice:
    """Return a choice of lead as the assignment gives one."""
    return Choice(lead=lead, team=team, rule=AssignmentRule.PATCH, reasons=("The patch fits.",))


def a_call(**but: object) -> CallMeeting:
    """Return the call of a meeting in an hour with the core agencies."""
    values = {
        "ref": REF,
        "submission_id": "call-1",
        "starts_at": NOW + timedelta(hours=1),
        "mode": MeetingMode.VIDEO,
        "invited": CORE,
    }
    return CallMeeting(**(values | but))


def attendance(*present: Agency, away: tuple[Agency, ...] = ()) -> tuple[Attendance, ...]:
    """Return who attended and who did not."""
    return tuple(
        Attendance(agency=agency, presence=Presence.ATTENDED, can_decide=True) for agency in present
    ) + tuple(
        Attendance(agency=agency, presence=Presence.DID_NOT_ATTEND, can_decide=False)
        for agency in away
    )


def a_record(**but: object) -> RecordMeetingHeld:
    """Return the record of a quorate meeting that decided on section 47."""
    values = {
        "ref": REF,
        "submission_id": "record-1",
        "held_at": NOW,
        "attendance": attendance(*CORE),
        "section_47": True,
        "rationale": "Fictional: the accounts do not fit together.",
    }
    return RecordMeetingHeld(**(values | but))


def an_allocation(**but: object) -> AllocateCase:
    """Return the allocation to the first social worker of the north team."""
    values = {
        "ref": REF,
        "submission_id": "allocate-1",
        "social_worker": "sw-north-1",
        "plan": "Fictional: see both children today.",
        "visit_by": NOW + timedelta(hours=6),
    }
    return AllocateCase(**(values | but))


def a_seen(**but: object) -> RecordChildSeen:
    """Return a visit that saw the first child alone."""
    values = {
        "ref": REF,
        "submission_id": "seen-1",
        "child": FIRST,
        "seen_at": NOW - timedelta(minutes=30),
        "seen_alone": True,
        "childs_views": "Fictional: would like the dog to stay.",
    }
    return RecordChildSeen(**(values | but))


def an_attempt(**but: object) -> RecordVisitAttempted:
    """Return a visit that found nobody at home."""
    values = {
        "ref": REF,
        "submission_id": "attempt-1",
        "child": FIRST,
        "attempted_at": NOW - timedelta(minutes=30),
        "reason": NotSeenReason.NOBODY_AT_HOME,
        "next_attempt_at": NOW + timedelta(hours=2),
    }
    return RecordVisitAttempted(**(values | but))


def medicals(*children: str) -> tuple[Medical, ...]:
    """Return "a paediatrician must see the child" for each child."""
    return tuple(Medical(child=each, decision=MedicalDecision.REQUIRED) for each in children)


def called(case: Case | None = None, **but: object) -> Case:
    """Return the case with a meeting called and its lead assigned."""
    command, directory = a_call(**but), a_directory()
    choice = a_choice()
    return call(
        case or a_case(), command, choice=choice, directory=directory, by=LEAD, at=NOW
    ).state


def acknowledged(case: Case | None = None) -> Case:
    """Return the case with a meeting whose lead acknowledged."""
    return acknowledge(called(case), by=LEAD, at=NOW).state


def held(case: Case | None = None) -> Case:
    """Return the case with its meeting recorded."""
    at = NOW + timedelta(hours=2)
    return record_held(called(case), a_record(), directory=a_directory(), by=LEAD, at=at).state


def allocated(case: Case | None = None) -> Case:
    """Return the case allocated to the first worker of the north team."""
    command, directory = an_allocation(), a_directory()
    return allocate(held(case), command, team="north", directory=directory, by=LEAD, at=NOW).state
