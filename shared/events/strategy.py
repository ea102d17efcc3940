"""The facts that the strategy service publishes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.events.codes import (
    Agency,
    AssignmentRule,
    MedicalDecision,
    MeetingMode,
    NotAloneReason,
    NotSeenReason,
    Presence,
    ReassignedBecause,
    Route,
)
from shared.events.facts import ChildOnCase, ChildRef, Code, Fact, StaffRef, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Fact):
    """The case reached the service that carries the work."""

    type: ClassVar[str] = "strategy.case-opened"
    route: Route
    children: tuple[ChildOnCase, ...]
    received_at: datetime
    decided_at: datetime
    child_protection_concerns: bool
    physical_harm_alleged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingCalled(Fact):
    """A strategy meeting was called; meetings of a case are numbered from 1."""

    type: ClassVar[str] = "strategy.meeting-called"
    meeting: int
    starts_at: datetime
    mode: MeetingMode
    invited: tuple[Agency, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadAssigned(Fact):
    """A team manager was assigned to lead a meeting, with the reasons in words."""

    type: ClassVar[str] = "strategy.lead-assigned"
    meeting: int
    lead: StaffRef
    team: Code
    rule: AssignmentRule
    reasons: tuple[Words, ...]
    acknowledge_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadAcknowledged(Fact):
    """The lead said: mine."""

    type: ClassVar[str] = "strategy.lead-acknowledged"
    meeting: int
    lead: StaffRef


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadDeclined(Fact):
    """The lead cannot lead this meeting. A reassignment follows in the same write."""

    type: ClassVar[str] = "strategy.lead-declined"
    meeting: int
    lead: StaffRef
    reason: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadReassigned(Fact):
    """The lead of a meeting changed."""

    type: ClassVar[str] = "strategy.lead-reassigned"
    meeting: int
    previous_lead: StaffRef
    lead: StaffRef
    team: Code
    because: ReassignedBecause
    rule: AssignmentRule
    reasons: tuple[Words, ...]
    acknowledge_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyPresence:
    """One agency's part in a meeting."""

    agency: Agency
    presence: Presence
    can_decide: bool
    """Sufficiently senior to decide on behalf of the agency (Working Together)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingHeld(Fact):
    """A strategy meeting was held; `occurred_at` is when it started."""

    type: ClassVar[str] = "strategy.meeting-held"
    meeting: int
    led_by: StaffRef
    attendance: tuple[AgencyPresence, ...]
    quorate: bool
    section_47: bool
    """True when an enquiry under section 47, Children Act 1989, starts with this meeting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingNotQuorate(Fact):
    """A meeting was held in an emergency without its quorum; a follow-up is due."""

    type: ClassVar[str] = "strategy.meeting-not-quorate"
    meeting: int
    missing: tuple[Agency, ...]
    follow_up_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicalDecided(Fact):
    """Whether a paediatrician must see this child (the letter: always, for alleged injury)."""

    type: ClassVar[str] = "strategy.medical-decided"
    meeting: int
    child: ChildRef
    decision: MedicalDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAllocated(Fact):
    """A team manager allocated the case to a social worker. Stops the allocation clock."""

    type: ClassVar[str] = "strategy.case-allocated"
    social_worker: StaffRef
    team: Code
    children: tuple[ChildRef, ...]
    visit_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitAttempted(Fact):
    """A visit that did not see the child. The child-seen clock keeps running."""

    type: ClassVar[str] = "strategy.visit-attempted"
    child: ChildRef
    social_worker: StaffRef
    reason: NotSeenReason
    next_attempt_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSeen(Fact):
    """A social worker saw the child. Stops that child's child-seen clock."""

    type: ClassVar[str] = "strategy.child-seen"
    child: ChildRef
    social_worker: StaffRef
    seen_alone: bool
    not_alone_reason: NotAloneReason | None
