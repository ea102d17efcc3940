"""What people may ask this service to do. Pages and the API both make these, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.referral.domain.report import Report
from shared.events.codes import Door, InformedBy, ThresholdOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReferral:
    """Take in a worry about one or more children."""

    submission_id: str
    door: Door
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchChild:
    """Confirm that a child of this referral is a child of an earlier one."""

    ref: str
    child: str
    known_child: str
    known_case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideThreshold:
    """Decide what happens next for the children of a referral."""

    ref: str
    outcome: ThresholdOutcome
    threshold_level: int
    rationale: str
    guidance_version: str
    feedback: str
    child_protection_concerns: bool
    danger_passed_detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InformReferrer:
    """Record that the referrer was told the outcome and the reason."""

    ref: str
    informed_by: InformedBy
    informed_at: datetime
    what_was_said: str


Command = ReceiveReferral | MatchChild | DecideThreshold | InformReferrer
