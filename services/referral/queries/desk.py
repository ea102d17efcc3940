"""What the views of this service work with, and one referral at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.referral.domain.errors import NoSuchReferral
from services.referral.domain.guidance import Guidance, in_force
from services.referral.domain.referral import Referral
from shared.clock import Clock, london
from shared.events.codes import Clock as Promise
from shared.practice.due import Due, due_for
from shared.practice.limits import TimeLimits
from shared.store import Roots


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


def own_referral_of(desk: Desk, ref: str, *, person: str) -> Referral:
    """Return one referral that this person sent. Another's is answered as if it did not exist."""
    referral = referral_of(desk, ref)
    if referral.sent_by != person:
        raise NoSuchReferral
    return referral


def decision_due(desk: Desk, referral: Referral) -> Due:
    """Return when the threshold decision is due, and the rule in words."""
    return due_for(desk.limits, Promise.DECISION, referral.received_at)
