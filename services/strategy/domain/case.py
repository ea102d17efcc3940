"""What the strategy service knows about one case: the state of its root document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.events.codes import (
    Agency,
    AssignmentRule,
    Concern,
    MedicalDecision,
    MeetingMode,
    NotAloneReason,
    NotSeenReason,
    Presence,
    Route,
)


class Stage(StrEnum):
    """How far along the line a case has come. It never goes back."""

    OPENED = "opened"
    MEETING_CALLED = "meeting-called"
    MEETING_HELD = "meeting-held"
    ALLOCATED = "allocated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """The team manager who leads a meeting, and why this one."""

    person: str
    team: str
    rule: AssignmentRule
    reasons: tuple[str, ...]
    assigned_at: datetime
    acknowledge_by: datetime
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """One agency's part in a meeting."""

    agency: Agency
    presence: Presence
    can_decide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Medical:
    """Whether a paediatrician must see one child, and why not where not."""

    child: str
    decision: MedicalDecision
    reason: str = ""
    approved_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingRecord:
    """What a meeting came to."""

    held_at: datetime
    recorded_at: datetime
    led_by: str
    not_lead_reason: str
    attendance: tuple[Attendance, ...]
    missing: tuple[Agency, ...]
    emergency_reason: str
    follow_up_by: datetime | None
    section_47: bool
    rationale: str
    medicals: tuple[Medical, ...]

    @property
    def quorate(self) -> bool:
        """Did every agency of the quorum take part?"""
        return not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One strategy meeting of a case; meetings are numbered from 1."""

    number: int
    called_at: datetime
    called_by: str
    starts_at: datetime
    ends_at: datetime
    mode: MeetingMode
    invited: tuple[Agency, ...]
    core_missing_reason: str
    lead: Lead
    passed_over: tuple[str, ...] = ()
    """Who led before: they declined, did not acknowledge or were overridden."""
    override_reason: str = ""
    """Why a manager named another lead. Free text: it stays here."""
    record: MeetingRecord | None = None

    @property
    def open(self) -> bool:
        """Is the meeting still to be held, or still to be recorded?"""
        return self.record is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Which social worker carries the case, and the team manager's plan."""

    social_worker: str
    team: str
    allocated_by: str
    allocated_at: datetime
    visit_by: datetime
    plan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A visit that did not see the child."""

    social_worker: str
    attempted_at: datetime
    recorded_at: datetime
    reason: NotSeenReason
    next_attempt_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A visit that saw the child, and what the child said or showed."""

    social_worker: str
    seen_at: datetime
    recorded_at: datetime
    seen_alone: bool
    not_alone_reason: NotAloneReason | None
    childs_views: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChild:
    """A child on the case. Names are held by the referral service, never here."""

    child: str
    unborn: bool = False
    attempts: tuple[Attempt, ...] = ()
    visits: tuple[Seen, ...] = ()

    @property
    def first_seen_at(self) -> datetime | None:
        """When the child was first seen, if ever."""
        return min((visit.seen_at for visit in self.visits), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case, from the threshold decision to every child seen."""

    ref: str
    route: Route
    stage: Stage
    children: tuple[CaseChild, ...]
    concerns: tuple[Concern, ...]
    area: str
    received_at: datetime
    decided_at: datetime
    opened_at: datetime
    child_protection_concerns: bool
    physical_harm_alleged: bool
    earlier_cases: tuple[str, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    allocation: Allocation | None = None
    submissions: Mapping[str, str]
    """Fingerprint of each submission that was acted on, by its client-made id."""
    imported: bool = False
    """Was its referral entered by import? Then its steps may be, too (DECISIONS 31)."""

    @property
    def open_meeting(self) -> Meeting | None:
        """The meeting that is called and not yet recorded, if there is one."""
        return self.meetings[-1] if self.meetings and self.meetings[-1].open else None

    @property
    def team(self) -> str | None:
        """The team that has the case: by allocation, else by the lead of its last meeting."""
        if self.allocation:
            return self.allocation.team
        return self.meetings[-1].lead.team if self.meetings else None

    @property
    def children_not_seen(self) -> tuple[CaseChild, ...]:
        """The children whom nobody has seen yet."""
        return tuple(child for child in self.children if not child.visits)
