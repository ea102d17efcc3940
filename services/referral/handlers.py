"""One function a command: load, let the rule decide, commit. No rule lives here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from services.referral.domain import feedback, history, matching, referral, threshold
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
from shared.events.codes import Clock
from shared.events.envelope import Envelope
from shared.events.registry import fact_of
from shared.history import TooLongAgo
from shared.ids import case_reference, child_reference
from shared.orders import Entry
from shared.practice import TimeLimits
from shared.rebuilt import Told
from shared.store import Act, Actor, Change, Done, Root, Roots
from shared.streams import Streams
from shared.working_days import london_day

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
    first_time = False

    def decide(state: Referral | None, at: datetime) -> Change[Referral] | None:
        nonlocal first_time
        made = _received(
            state, command, ref=ref, salt=salt, referrals=referrals, secret=secret, by=by, at=at
        )
        first_time = made is not None
        return made

    root = referrals.act(ref, decide, by=by)
    return Received(root=root, first_time=first_time)


def _received(
    state: Referral | None,
    command: ReceiveReferral,
    *,
    ref: str,
    salt: int = 0,
    is_new: bool = False,
    referrals: Roots[Referral],
    secret: str,
    by: Actor,
    at: datetime,
) -> Change[Referral] | None:
    """Decide on a referral that is sent. `is_new`: it is known that no event of it exists."""

    def name_child(position: int, told: ReportedChild) -> Child:
        return Child(
            ref=child_reference(command.submission_id, position, salt),
            told=told,
            match_key=matching.match_key(told, secret=secret),
        )

    made = referral.receive(state, command, ref=ref, name_child=name_child, by=by.id, at=at)
    if made is None or is_new or not (told := told_of(ref, referrals)):
        return made
    return send_again(made.state, told, received_at=partial(received_at, referrals=referrals))


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


def enter_history(
    entries: Sequence[Entry],
    *,
    referrals: Roots[Referral],
    guidance: Sequence[Guidance],
    limits: TimeLimits,
    secret: str,
) -> list[Done[Referral] | Exception]:
    """Enter steps of imported histories, each judged as of the time at which it happened.

    Returns what became of each, as `Roots.act_many` tells it.
    """
    known = _known_to(entries, referrals)

    def act_of(entry: Entry) -> Act[Referral]:
        def decide(root: Root[Referral], now: datetime) -> Change[Referral] | None:
            if history.is_entered(root.state, entry.command, by=entry.by.id, at=entry.at):
                return None
            if limits.in_force(Clock.DECISION, london_day(entry.at)) is None:
                raise TooLongAgo
            made = _judged(
                root, entry, known=known, referrals=referrals, guidance=guidance, secret=secret
            )
            return made and history.entered(root.state, made, at=entry.at)

        return Act(ref=entry.ref, decide=decide, by=lambda _: entry.by, entered_by=entry.entered_by)

    return referrals.act_many([act_of(entry) for entry in entries])


def _known_to(
    entries: Sequence[Entry], referrals: Roots[Referral]
) -> Mapping[str, Referral | None]:
    """Read at once the earlier referrals that matches name. One that has steps among these entries
    itself is left: it is read when they are made."""
    named = {each.command.known_case for each in entries if isinstance(each.command, MatchChild)}
    others = sorted(named - {each.ref for each in entries})
    return {root.ref: root.state for root in referrals.load_many(others)} if others else {}


def _judged(
    root: Root[Referral],
    entry: Entry,
    *,
    known: Mapping[str, Referral | None],
    referrals: Roots[Referral],
    guidance: Sequence[Guidance],
    secret: str,
) -> Change[Referral] | None:
    state, command, by, at = root.state, entry.command, entry.by, entry.at
    match command:
        case ReceiveReferral():
            return _received(
                state,
                command,
                ref=root.ref,
                is_new=root.version == 0,
                referrals=referrals,
                secret=secret,
                by=by,
                at=at,
            )
        case MatchChild(known_case=ref):
            earlier = known[ref] if ref in known else referrals.load(ref).state
            return matching.match_child(state, command, known=earlier, by=by.id, at=at)
        case DecideThreshold():
            change = threshold.decide(state, command, by=by.id, at=at)
            require_version(guidance, command.guidance_version)
            return change
        case InformReferrer():
            return feedback.inform(state, command, by=by.id, at=at)
    raise TypeError(f"{type(command).__name__} is no command of this service")
