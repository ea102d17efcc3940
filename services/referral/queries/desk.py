"""What the views of this service work with, and one referral at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.referral.domain.errors import NoSuchReferral
from services.referral.domain.guidance import Guidance, in_force
from services.referral.domain.referral import Referral
from services.referral.domain.threshold import STATUTORY
from shared.clock import Clock, london
from shared.events.codes import Clock as Promise
from shared.events.codes import Role
from shared.practice.due import Due, due_for
from shared.practice.limits import TimeLimits
from shared.store import Roots

READ_ALL: Final = frozenset({Role.MASH_MANAGER, Role.MASH_PRACTITIONER, Role.AUDITOR})
"""Who reads every referral, whatever was decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What pages and the API work with: the referrals, the time, the limits, the guidance."""

    referrals: Roots[Referral]
    clock: Clock
    limits: TimeLimits
    guidance: tuple[Guidance, ...]
    secret: str

    def guidance_in_force(self, at: datetime) -> Guidance:
        """Return the threshold guidance in force at a moment."""
        return in_force(self.guidance, london(at).date())


def referral_of(desk: Desk, ref: str) -> Referral:
    """Return one referral. Raises NoSuchReferral."""
    state = desk.referrals.load(ref).state
    if state is None:
        raise NoSuchReferral
    return state


def readable_referral_of(desk: Desk, ref: str, *, roles: Collection[Role]) -> Referral:
    """Return one referral that somebody in these roles may read, or answer as if it did not exist.

    Social workers and team managers need to know only what was decided to come to them: names and
    narrative of any other referral are the hub's. Local policy: need to know.
    """
    referral = referral_of(desk, ref)
    if not (READ_ALL & set(roles) or came_to_social_care(referral)):
        raise NoSuchReferral
    return referral


def came_to_social_care(referral: Referral) -> bool:
    """Was it decided that social care works with these children?"""
    return referral.decision is not None and referral.decision.outcome in STATUTORY


def own_referral_of(desk: Desk, ref: str, *, person: str) -> Referral:
    """Return one referral that this person sent. Another's is answered as if it did not exist."""
    referral = referral_of(desk, ref)
    if referral.sent_by != person:
        raise NoSuchReferral
    return referral


def decision_due(desk: Desk, referral: Referral) -> Due:
    """Return when the threshold decision is due, and the rule in words."""
    return due_for(desk.limits, Promise.DECISION, referral.received_at)
