"""The steps of the hub, through the schemas and handlers of the referral service."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.journeys.gathering import Gathering
from benchmarks.journeys.told import Told, actor
from services.referral import handlers
from services.referral.app import NAME, read_guidance
from services.referral.documents import DATABASE, ReferralDocument
from services.referral.domain.commands import (
    DecideThreshold,
    InformReferrer,
    MatchChild,
    ReceiveReferral,
)
from services.referral.domain.referral import Referral
from services.referral.schemas import DecisionIn, FeedbackIn, MatchIn, ReferralIn
from shared.clock import Clock
from shared.database import connect
from shared.events.codes import Door
from shared.mash.generate.steps import StepName
from shared.mongo_records import MongoRecords
from shared.restored import Mark
from shared.settings import Settings


def reads(step: Told) -> Sequence[str]:
    """Return the referrals that a step reads: its own, and the earlier one of a match."""
    known = step.body["known_case"] if step.name is StepName.MATCH else step.case
    return (step.case, known)


def hands(settings: Settings, clock: Clock) -> tuple[Gathering[Referral], Callable[[Told], object]]:
    """Return the referrals and what carries out a step on them."""
    database = connect(DATABASE, settings)
    referrals = Gathering(MongoRecords(ReferralDocument), Referral, source=f"/{NAME}", clock=clock)
    referrals.refuse = Mark(database).refuse
    guidance = read_guidance()

    def carry_out(step: Told) -> object:
        by, ref, body = actor(step.by), step.case, dict(step.body)
        match step.name:
            case StepName.RECEIVE:
                received = ReceiveReferral(door=Door.API, **ReferralIn(now=step.at).load(body))
                return handlers.receive_referral(
                    received, referrals=referrals, secret=settings.secret_key, by=by
                )
            case StepName.MATCH:
                matched = MatchChild(ref=ref, **MatchIn().load(body))
                return handlers.match_child(matched, referrals=referrals, by=by)
            case StepName.DECIDE:
                decided = DecideThreshold(ref=ref, **DecisionIn().load(body))
                return handlers.decide_threshold(
                    decided, referrals=referrals, guidance=guidance, by=by
                )
            case _:
                told = InformReferrer(ref=ref, **FeedbackIn(now=step.at).load(body))
                return handlers.inform_referrer(told, referrals=referrals, by=by)

    return referrals, carry_out
