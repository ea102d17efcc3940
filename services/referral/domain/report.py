"""What a referrer told the hub, section by section as on the form; answers are kept as given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from services.referral.domain.codes import (
    ALWAYS_CHILD_PROTECTION,
    MEMBERS_OF_THE_PUBLIC,
    SIGNIFICANT_HARM,
    AddressKind,
    AskedBy,
    AskedHow,
    Ethnicity,
    HowKnown,
    Known,
    LegalStatus,
    PrimaryNeed,
    Request,
    SafeTonight,
    Sex,
)
from shared.events.codes import Agreement, Concern, Danger, NotAskedReason, ReferralSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """Section A: is the child safe now?"""

    immediate_danger: Danger
    where_child_now: str
    safe_tonight: SafeTonight | None = None
    going_home: Known | None = None
    going_home_at: str | None = None
    worker_safety: Known | None = None
    worker_safety_detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedChild:
    """Section B: one child, born or not."""

    born: bool
    first_names: str | None = None
    last_name: str | None = None
    known_as: str | None = None
    previous_names: str | None = None
    description: str | None = None
    date_of_birth: date | None = None
    estimated_age: str | None = None
    expected_date: date | None = None
    sex: Sex | None = None
    address_kind: AddressKind
    address: str | None = None
    postcode: str | None = None
    how_long: str | None = None
    ethnicity: Ethnicity | None = None
    first_language: str | None = None
    interpreter: Known | None = None
    disability: str | None = None
    nhs_number: str | None = None
    school: str | None = None
    gp_practice: str | None = None
    legal_status: LegalStatus | None = None

    @property
    def area(self) -> str:
        """The postcode district, the only part of an address that an event may carry."""
        return self.postcode.split(" ")[0] if self.postcode else "not-known"


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyView:
    """Section D: what the family know, and what they said when asked."""

    told_family: bool | None = None
    agreement: Agreement | None = None
    asked_who: str | None = None
    asked_by: AskedBy | None = None
    asked_when: datetime | None = None
    asked_how: AskedHow | None = None
    agreed_scope: str | None = None
    parent_views: str | None = None
    not_asked_reason: NotAskedReason | None = None
    reason_assumed: bool | None = None
    """True when the referrer gave no reason and none may be waited for; see `with_a_reason`."""
    not_asked_detail: str | None = None
    will_ask_by: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worries:
    """Section E: what, when, how known, in whose words."""

    categories: tuple[Concern, ...]
    main_category: Concern | None = None
    primary_need: PrimaryNeed | None = None
    worry_text: str
    happened_on: date | None = None
    happened_at: str | None = None
    ongoing_since: str | None = None
    how_you_know: tuple[HowKnown, ...] = ()
    told_by: str | None = None
    childs_words: str | None = None
    childs_words_why_not: str | None = None
    life_like_now: str | None = None
    impact: str | None = None
    injury_where: str | None = None
    injury_description: str | None = None
    injury_explanation: str | None = None
    injury_mobile: Known | None = None
    injury_medical_seen: Known | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAndStrengths:
    """Section F: what works, what is asked for, and where the referrer sees the threshold."""

    working_well: str | None = None
    needs_to_happen: Request | None = None
    needs_to_happen_detail: str | None = None
    your_next_step: str | None = None
    help_tried: str | None = None
    threshold_level: int | None = None
    threshold_why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrer:
    """Section G: who is telling the hub."""

    referral_source: ReferralSource
    anonymous: bool = False
    ref_name: str | None = None
    ref_role: str | None = None
    ref_agency: str | None = None
    ref_phone: str | None = None
    reach_until: str | None = None
    ref_email: str | None = None
    relationship_to_child: str | None = None
    spoke_to_mash: str | None = None

    @property
    def can_be_informed(self) -> bool:
        """Is there anybody to tell the outcome to?"""
        return not self.anonymous or bool(self.ref_phone or self.ref_email)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a referrer told the hub in one submission."""

    urgent: bool
    safety: Safety
    children: tuple[ReportedChild, ...]
    family: FamilyView
    worries: Worries
    request: RequestAndStrengths
    referrer: Referrer


NO_ANSWER: Final = frozenset({Agreement.NOT_ASKED, Agreement.NO_ANSWER_YET})
"""What "agreement" says when nobody agreed and nobody refused: then it is asked why."""


def needs_a_reason(*, told_family: bool | None, agreement: Agreement | None) -> bool:
    """Was it said that the family were not told, or that there is no answer of theirs?"""
    return told_family is False or agreement in NO_ANSWER


def with_a_reason(family: FamilyView, *, child_protection: bool) -> FamilyView:
    """Give "not asked" its why on the child-protection route, where nobody may be held up for one.

    Where nothing was said, that waiting would be unsafe is taken as read and marked as assumed. A
    referrer who said nothing of the family at all is credited with nothing.

    Source: DfE advice on information sharing, 2024: agreement is never needed to protect a child;
    local policy, to be signed off by the council's information-governance lead.
    """
    silent = family.not_asked_reason is None and needs_a_reason(
        told_family=family.told_family, agreement=family.agreement
    )
    if not (child_protection and silent):
        return family
    return replace(family, not_asked_reason=NotAskedReason.UNSAFE_DELAY, reason_assumed=True)


def is_public(source: ReferralSource | None) -> bool:
    """Is the referrer a member of the public rather than a professional?"""
    return source in MEMBERS_OF_THE_PUBLIC


def on_child_protection_route(
    *,
    urgent: bool,
    danger: Danger | None,
    concerns: frozenset[Concern],
    threshold_level: int | None,
) -> bool:
    """Must this never be returned or queued for want of the family's agreement?

    Immediate danger (or not sure), physical or sexual harm, level 4, or the urgent form. Source:
    Working Together 2023 and DfE information-sharing advice 2024 as quoted by local procedures;
    local policy, to be signed off by the council's information-governance lead.
    """
    return (
        urgent
        or danger in (Danger.YES, Danger.NOT_SURE)
        or threshold_level == SIGNIFICANT_HARM
        or bool(concerns & ALWAYS_CHILD_PROTECTION)
    )
