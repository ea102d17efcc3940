"""The facts that the referral service publishes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.events.codes import (
    Agreement,
    Concern,
    Danger,
    Door,
    InformedBy,
    NotAskedReason,
    ReferralSource,
    ThresholdOutcome,
)
from shared.events.facts import Area, CaseRef, ChildOnCase, ChildRef, Code, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralReceived(Fact):
    """A worry about one or more children reached the hub. Starts the decision clock."""

    type: ClassVar[str] = "referral.received"
    source: ReferralSource
    door: Door
    urgent: bool
    """True when the urgent short form was used: the rest of the form is still to come."""
    immediate_danger: Danger
    children: tuple[ChildOnCase, ...]
    concerns: tuple[Concern, ...]
    area: Area
    told_family: bool | None
    agreement: Agreement | None
    not_asked_reason: NotAskedReason | None
    threshold_level: int | None
    """Level 1 to 4 in the referrer's view; None when a member of the public sends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildMatched(Fact):
    """A practitioner confirmed that a child is one the hub already knows."""

    type: ClassVar[str] = "referral.child-matched"
    child: ChildRef
    known_child: ChildRef
    known_case: CaseRef


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdDecided(Fact):
    """A MASH manager decided the threshold. Stops the decision clock."""

    type: ClassVar[str] = "referral.threshold-decided"
    outcome: ThresholdOutcome
    threshold_level: int
    guidance_version: Code
    child_protection_concerns: bool
    """May a child be suffering significant harm, or likely to? Arms the child-seen clock."""
    physical_harm_alleged: bool
    children: tuple[ChildOnCase, ...]
    concerns: tuple[Concern, ...]
    area: Area
    received_at: datetime
    earlier_cases: tuple[CaseRef, ...]
    """Cases of children confirmed to be the same, for continuity; newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferrerInformed(Fact):
    """The referrer was told the outcome and the reason."""

    type: ClassVar[str] = "referral.referrer-informed"
    informed_by: InformedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralSentAgain(Fact):
    """The form of a referral that a restore had left without its words was sent again."""

    type: ClassVar[str] = "referral.sent-again"
    received_at: datetime
    """When it was first received: no promise starts anew."""
