"""A referral that was restored older than its events: what they say comes back, words do not.

Events carry decisions, times and who; names and narrative never leave this service (DECISIONS 4).
So the referral itself comes back only when it is sent again; a decision comes back without its
reasons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.referral.domain.commands import DecideThreshold, InformReferrer
from services.referral.domain.errors import ReferenceTaken, SubmissionUsedForAnother
from services.referral.domain.referral import (
    Decision,
    Informing,
    Match,
    Referral,
    received_fact,
)
from services.referral.domain.stages import TRANSITIONS
from shared.changes import Change
from shared.events.referral import (
    ChildMatched,
    ReferralReceived,
    ReferralSentAgain,
    ReferrerInformed,
    ThresholdDecided,
)
from shared.rebuilt import LOST, Rebuilt, Told

ReceivedAt = Callable[[str], datetime | None]
"""When an earlier referral was received; None when this service does not know."""

WHOLE = "The referral itself: ask whoever sent it to send the same form again, or take it anew."
REASONS = "The reason for the decision and the feedback to the referrer."
WHAT_WAS_SAID = "What was said to the referrer."


def rebuild(
    state: Referral | None, told: tuple[Told, ...], *, received_at: ReceivedAt
) -> Rebuilt[Referral]:
    """Return the referral after the events that came back."""
    lost: dict[int, str] = {}
    for each in told:
        if isinstance(each.fact, ReferralReceived):
            lost[each.event.sequence] = WHOLE
        elif isinstance(each.fact, ThresholdDecided):
            lost[each.event.sequence] = REASONS
        elif isinstance(each.fact, ReferrerInformed):
            lost[each.event.sequence] = WHAT_WAS_SAID
        state = _after(state, each, received_at) if state else None
    return Rebuilt(state=state, lost=lost)


def send_again(
    fresh: Referral, told: tuple[Told, ...], *, received_at: ReceivedAt
) -> Change[Referral]:
    """Fill a referral of which only the events came back with the form that is sent again.

    It must be the same form of the same sender as far as the event of its receipt can tell: the
    same submission is one referral (DECISIONS 10). It counts as received when it first was.
    """
    first, fact = told[0].event, told[0].fact
    if not isinstance(fact, ReferralReceived):
        raise ReferenceTaken
    filled = replace(
        fresh,
        received_at=first.happened_at,
        door=fact.door,
        imported=first.imported_by is not None,
    )
    if received_fact(filled) != fact or first.actor != fresh.sent_by:
        raise SubmissionUsedForAnother(earlier=fresh.ref, sent_by=first.actor)
    rebuilt = rebuild(filled, told[1:], received_at=received_at).state
    return Change(rebuilt or filled, (ReferralSentAgain(received_at=first.happened_at),))


def _after(state: Referral, told: Told, received_at: ReceivedAt) -> Referral:
    event, fact = told.event, told.fact
    if isinstance(fact, ChildMatched):
        match = Match(
            child=fact.child,
            known_child=fact.known_child,
            known_case=fact.known_case,
            known_received_at=received_at(fact.known_case) or event.happened_at,
            confirmed_by=event.actor,
            confirmed_at=event.happened_at,
        )
        return replace(state, matches=(*state.matches, match))
    if isinstance(fact, ThresholdDecided):
        stage = TRANSITIONS[state.stage][DecideThreshold]
        return replace(state, stage=stage, decision=_decision(told, fact))
    if isinstance(fact, ReferrerInformed):
        stage = TRANSITIONS[state.stage][InformReferrer]
        return replace(state, stage=stage, informing=_informing(told, fact))
    return state


def _decision(told: Told, fact: ThresholdDecided) -> Decision:
    return Decision(
        outcome=fact.outcome,
        threshold_level=fact.threshold_level,
        rationale=LOST,
        guidance_version=fact.guidance_version,
        feedback=LOST,
        child_protection_concerns=fact.child_protection_concerns,
        danger_passed_detail=None,
        earlier_cases=fact.earlier_cases,
        decided_by=told.event.actor,
        decided_at=told.event.happened_at,
    )


def _informing(told: Told, fact: ReferrerInformed) -> Informing:
    return Informing(
        informed_by=fact.informed_by,
        informed_at=told.event.happened_at,
        what_was_said=LOST,
        recorded_by=told.event.actor,
        recorded_at=told.event.time,
    )
