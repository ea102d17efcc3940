"""Codes as they read inside a sentence of the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.audit.domain.clocks import Condition
from shared.clock import london, wall_clock
from shared.events.codes import (
    Agency,
    AssignmentRule,
    Clock,
    Concern,
    Danger,
    Door,
    MedicalDecision,
    NotAloneReason,
    ReassignedBecause,
    ReferralSource,
)

IN_A_SENTENCE: Final[Mapping[StrEnum, str]] = {
    ReferralSource.FAMILY: "a family member",
    ReferralSource.ACQUAINTANCE: "an acquaintance",
    ReferralSource.SELF: "the young person",
    ReferralSource.OTHER_INDIVIDUAL: "a member of the public",
    ReferralSource.SCHOOLS: "a school",
    ReferralSource.EDUCATION_SERVICES: "education services",
    ReferralSource.GP: "a GP",
    ReferralSource.HEALTH_VISITOR: "a health visitor",
    ReferralSource.SCHOOL_NURSE: "a school nurse",
    ReferralSource.OTHER_PRIMARY_HEALTH: "primary health services",
    ReferralSource.ACCIDENT_AND_EMERGENCY: "an emergency department",
    ReferralSource.OTHER_HEALTH: "health services",
    ReferralSource.HOUSING: "housing",
    ReferralSource.SOCIAL_CARE: "social care in this council",
    ReferralSource.OTHER_INTERNAL: "another department of this council",
    ReferralSource.EXTERNAL_AUTHORITY: "another council",
    ReferralSource.EARLY_HELP_SERVICE: "the early help service",
    ReferralSource.POLICE: "the police",
    ReferralSource.OTHER_LEGAL: "a court, probation or another legal agency",
    ReferralSource.OTHER: "another source",
    ReferralSource.ANONYMOUS: "somebody who did not give a name",
    ReferralSource.UNKNOWN: "an unknown source",
    Danger.NOT_SURE: "not sure",
    Door.PAGE: "the online form",
    Door.API: "another system",
    Concern.DOMESTIC_ABUSE: "domestic abuse",
    Concern.SELF_HARM: "self-harm or suicide",
    Concern.CHILD_ON_CHILD: "harm by another child",
    Concern.HONOUR_BASED: "forced marriage or so-called honour-based abuse",
    Concern.PARENTAL_MENTAL_HEALTH: "a parent's mental health",
    Concern.PARENTAL_SUBSTANCE_USE: "a parent's use of alcohol or drugs",
    Concern.ONLINE: "online harm",
    Agency.SOCIAL_CARE: "social care",
    Agency.REFERRER: "the referrer",
    Agency.PAEDIATRICIAN: "a paediatrician",
    Agency.OTHER: "another agency",
    AssignmentRule.CONTINUITY: "the team already works with the family",
    AssignmentRule.PATCH: "the address is on the team's patch",
    AssignmentRule.DEPUTY: "the named deputy",
    AssignmentRule.NEIGHBOURING_TEAM: "the neighbouring team",
    AssignmentRule.HEAD_OF_SERVICE: "the head of service",
    AssignmentRule.OVERRIDE: "chosen by a person",
    ReassignedBecause.NOT_ACKNOWLEDGED: "the lead did not acknowledge in time",
    ReassignedBecause.DECLINED: "the lead could not take it",
    ReassignedBecause.OVERRIDE: "somebody chose another lead",
    MedicalDecision.REQUIRED: "a paediatrician must see the child",
    MedicalDecision.NOT_REQUIRED: "not required",
    NotAloneReason.BABY_OR_VERY_YOUNG: "a baby or very young child",
    NotAloneReason.CHILD_DECLINED: "the child did not want to be",
    NotAloneReason.PARENT_REFUSED: "a parent or carer refused",
    NotAloneReason.NEEDS_SUPPORTER: "the child needed a supporter or an interpreter",
    NotAloneReason.UNBORN: "not born yet",
    Clock.DECISION: "threshold decision",
    Clock.ALLOCATION: "allocation to a social worker",
    Clock.CHILD_SEEN: "child seen",
}
"""Only where the code itself, its hyphens read as spaces, is not the word people use."""

STANDS: Final[Mapping[Condition, str]] = {
    Condition.RUNNING: "Running",
    Condition.AT_RISK: "At risk",
    Condition.BREACHED: "Not done in time",
    Condition.MET: "Done in time",
    Condition.MET_LATE: "Done late",
    Condition.CANCELLED: "No longer due",
}
"""How a promise stands, wherever it is said: beside the promise and in the line."""


def words(code: StrEnum) -> str:
    """Return a code as it reads in a sentence."""
    return IN_A_SENTENCE.get(code) or code.value.replace("-", " ")


def listed(codes: Iterable[StrEnum]) -> str:
    """Return codes as a list: "police, health and education"."""
    return joined([words(code) for code in codes])


def joined(parts: list[str]) -> str:
    """Join words as a sentence does."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def moment(at: datetime) -> str:
    """Return a moment on the clock on the wall: "23 November 2026, 16:50"."""
    local = london(at)
    return f"{local.day} {local:%B} {local.year}, {wall_clock(at)}"


def promise_words(clock: Clock, child: str | None) -> str:
    """Return a promise as it reads in a sentence: "child seen, child CH-7K3M9-Q2FX4"."""
    return f"{words(clock)}, child {child}" if child else words(clock)


def beginning(said: str) -> str:
    """Return words as they begin a line; what follows the first letter stays as it is."""
    return said[:1].upper() + said[1:]


def counted(number: int, one: str, many: str) -> str:
    """Return "1 child" or "3 children"."""
    return f"{number} {one if number == 1 else many}"
