"""What people ask the strategy service to do: each command has its client-made submission id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.strategy.domain.case import Attendance, Medical
from shared.events.codes import Agency, MeetingMode, NotAloneReason, NotSeenReason


class DeclineReason(StrEnum):
    """Why a lead cannot lead a meeting."""

    OTHER_URGENT_WORK = "other-urgent-work"
    CONFLICT_OF_INTEREST = "conflict-of-interest"
    NOT_AT_WORK = "not-at-work"
    NOT_OUR_TEAM = "not-our-team"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A request about one case. The same submission twice is one request."""

    ref: str
    submission_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMeeting(Command):
    """Call a strategy meeting."""

    starts_at: datetime
    mode: MeetingMode
    invited: tuple[Agency, ...]
    core_missing_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeLead(Command):
    """The lead says: mine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineLead(Command):
    """The lead cannot lead this meeting."""

    reason: DeclineReason


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideLead(Command):
    """A manager names another lead, with a reason."""

    lead: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMeetingHeld(Command):
    """The lead records what the meeting came to."""

    held_at: datetime
    attendance: tuple[Attendance, ...]
    section_47: bool
    rationale: str
    medicals: tuple[Medical, ...] = ()
    emergency_reason: str = ""
    follow_up_by: datetime | None = None
    not_lead_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateCase(Command):
    """A team manager allocates the case to a social worker."""

    social_worker: str
    plan: str
    visit_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVisitAttempted(Command):
    """A visit that did not see the child."""

    child: str
    attempted_at: datetime
    reason: NotSeenReason
    next_attempt_at: datetime
    visited_by: str | None = None
    """Who went, where a team manager records it for somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChildSeen(Command):
    """A visit that saw the child."""

    child: str
    seen_at: datetime
    seen_alone: bool
    childs_views: str
    not_alone_reason: NotAloneReason | None = None
    visited_by: str | None = None
