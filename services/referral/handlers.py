"""One function a command: load, let the rule decide, commit. No rule lives here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from services.referral.domain import feedback, matching, referral, threshold
from services.referral.domain.commands import (
    DecideThreshold,
    InformReferrer,
    MatchChild,
    ReceiveReferral,
)
from services.referral.domain.errors import ReferenceTaken
from services.referral.domain.guidance import Guidance, require_version
from services.referral.domain.rebuilding import send_again
from services.referral.domain.referral import Child, Referral
from services.referral.domain.report import ReportedChild
from shared.events.envelope import Envelope
from shared.events.registry import fact_of
from shared.ids import case_reference, child_reference
from shared.rebuilt import Told
from shared.store import Actor, Change, Root, Roots
from shared.streams import Streams

SALTS: Final = 5
"""How many references are tried for one submission; the first is free but once in 10^15."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The answer to a submission, and whether this was the first time it was sent."""

    root: Root[Referral]
    first_time: bool


def receive_referral(
    command: ReceiveReferral, *, referrals: Roots[Referral], secret: str, by: Actor
) -> Received:
    """Take in a referral; the same submission again gives the same answer."""
    for salt in range(SALTS):
        try:
            return _receive_at(command, salt, referrals=referrals, secret=secret, by=by)
        except ReferenceTaken:
            continue
    raise ReferenceTaken


def _receive_at(
    command: ReceiveReferral, salt: int, *, referrals: Roots[Referral], secret: str, by: Actor
) -> Received:
    ref = case_reference(command.submission_id, salt)
    made: Change[Referral] | None = None

    def name_child(position: int, told: ReportedChild) -> Child:
        return Child(
            ref=child_reference(command.submission_id, position, salt),
            told=told,
            match_key=matching.match_key(told, secret=secret),
        )

    def decide(state: Referral | None, at: datetime) -> Change[Referral] | None:
        nonlocal made
        made = referral.receive(state, command, ref=ref, name_child=name_child, by=by.id, at=at)
        if made is not None and (told := told_of(ref, referrals)):
            made = send_again(
                made.state, told, received_at=partial(received_at, referrals=referrals)
            )
        return made

    root = referrals.act(ref, decide, by=by)
    return Received(root=root, first_time=made is not None)


def told_of(ref: str, referrals: Roots[Referral]) -> tuple[Told, ...]:
    """Return every event of a record as it was told: of one that has no state, what is left."""
    events = map(Envelope.from_wire, Streams(referrals).read(ref))
    return tuple(Told(event=event, fact=fact_of(event)) for event in events)


def received_at(ref: str, *, referrals: Roots[Referral]) -> datetime | None:
    """Return when a referral was received, if this service knows it."""
    state = referrals.load(ref).state
    return state.received_at if state else None


def match_child(command: MatchChild, *, referrals: Roots[Referral], by: Actor) -> Root[Referral]:
    """Confirm a child as one of an earlier referral. Reads that one; writes this one only."""
    known = referrals.load(command.known_case).state

    def decide(state: Referral | None, at: datetime) -> Change[Referral] | None:
        return matching.match_child(state, command, known=known, by=by.id, at=at)

    return referrals.act(command.ref, decide, by=by)


def decide_threshold(
    command: DecideThreshold,
    *,
    referrals: Roots[Referral],
    guidance: Sequence[Guidance],
    by: Actor,
) -> Root[Referral]:
    """Decide the threshold under a version of the guidance that exists."""

    def decide(state: Referral | None, at: datetime) -> Change[Referral]:
        change = threshold.decide(state, command, by=by.id, at=at)
        require_version(guidance, command.guidance_version)
        return change

    return referrals.act(command.ref, decide, by=by)


def inform_referrer(
    command: InformReferrer, *, referrals: Roots[Referral], by: Actor
) -> Root[Referral]:
    """Record that the referrer was told."""

    def decide(state: Referral | None, at: datetime) -> Change[Referral]:
        return feedback.inform(state, command, by=by.id, at=at)

    return referrals.act(command.ref, decide, by=by)
