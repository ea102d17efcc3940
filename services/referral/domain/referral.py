"""A referral as this service keeps it, and how one is received."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Final

from services.referral.domain.commands import Command, ReceiveReferral
from services.referral.domain.errors import (
    NoSuchReferral,
    ReferenceTaken,
    StepNotPossible,
    SubmissionUsedForAnother,
)
from services.referral.domain.report import Report, ReportedChild
from services.referral.domain.stages import TRANSITIONS, Stage, allows
from shared.changes import Change
from shared.events.codes import Concern, Door, InformedBy, ThresholdOutcome
from shared.events.facts import ChildOnCase
from shared.events.referral import ReferralReceived

SCHEMA_VERSION: Final = 2
"""Which form was filled in: answers are kept as given, for ever, with the form they answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One child of a referral: its own reference, what was told, and the key to know it again."""

    ref: str
    told: ReportedChild
    match_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A child confirmed by a person to be a child of an earlier referral."""

    child: str
    known_child: str
    known_case: str
    known_received_at: datetime
    confirmed_by: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The threshold decision as recorded."""

    outcome: ThresholdOutcome
    threshold_level: int
    rationale: str
    guidance_version: str
    feedback: str
    child_protection_concerns: bool
    danger_passed_detail: str | None
    earlier_cases: tuple[str, ...]
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Informing:
    """The referrer was told."""

    informed_by: InformedBy
    informed_at: datetime
    what_was_said: str
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """The state of one referral. `report` holds all that is personal; no event ever does."""

    ref: str
    stage: Stage
    submission_id: str
    fingerprint: str
    schema_version: int = SCHEMA_VERSION
    door: Door
    sent_by: str
    received_at: datetime
    children: tuple[Child, ...]
    report: Report
    matches: tuple[Match, ...] = ()
    decision: Decision | None = None
    informing: Informing | None = None
    imported: bool = False
    """Was it entered by import? Then its steps may be, too (DECISIONS 31)."""

    def has(self, child: str) -> bool:
        """Is this child on the referral?"""
        return any(each.ref == child for each in self.children)

    @property
    def children_on_case(self) -> tuple[ChildOnCase, ...]:
        """The children as events name them."""
        return tuple(
            ChildOnCase(child=each.ref, unborn=not each.told.born) for each in self.children
        )

    @property
    def area(self) -> str:
        """The postcode district of the first child, or "not-known"."""
        return self.children[0].told.area

    @property
    def physical_harm_alleged(self) -> bool:
        """Does the referrer allege physical harm? Then a paediatrician is considered (letter)."""
        return Concern.PHYSICAL in self.report.worries.categories


def fingerprint(report: Report, *, sent_by: str) -> str:
    """Return the SHA-256 of what was sent and by whom, however it was spelled on the way in.

    What was not answered is left out, so that a question added to the form later does not make a
    retry look like another body.
    """
    text = json.dumps(_answered(report), sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(f"{sent_by}|{text}".encode()).hexdigest()


def _answered(part: Any) -> Any:
    """Return what was answered in a part of the report. (`asdict` would copy every answer.)"""
    if isinstance(part, tuple):
        return [_answered(each) for each in part]
    if not is_dataclass(part):
        return part
    # A reason that was assumed (`with_a_reason`) was not sent: a retry looks as it always did.
    assumed = getattr(part, "reason_assumed", False)
    not_sent = ("reason_assumed", "not_asked_reason") if assumed else ("reason_assumed",)
    answers = {each.name: getattr(part, each.name) for each in fields(part)}
    return {
        name: _answered(value)
        for name, value in answers.items()
        if name not in not_sent and value not in (None, (), "")
    }


def receive(
    state: Referral | None,
    command: ReceiveReferral,
    *,
    ref: str,
    name_child: Callable[[int, ReportedChild], Child],
    by: str,
    at: datetime,
) -> Change[Referral] | None:
    """Take in a referral. The same submission again is the same referral: nothing changes.

    Source: DECISIONS 10, "the same submission is one referral". Missing agreement is never
    a reason to refuse here: what blocks is decided by the form, and agreement does not block
    protection.
    """
    mark = fingerprint(command.report, sent_by=by)
    if state is not None:
        _require_same_submission(state, command, mark=mark)
        return None
    referral = Referral(
        ref=ref,
        stage=TRANSITIONS[None][ReceiveReferral],
        submission_id=command.submission_id,
        fingerprint=mark,
        door=command.door,
        sent_by=by,
        received_at=at,
        children=tuple(
            name_child(position, child) for position, child in enumerate(command.report.children)
        ),
        report=command.report,
    )
    return Change(referral, (received_fact(referral),))


def _require_same_submission(state: Referral, command: ReceiveReferral, *, mark: str) -> None:
    if state.submission_id != command.submission_id:
        raise ReferenceTaken
    if state.fingerprint != mark:
        raise SubmissionUsedForAnother(earlier=state.ref, sent_by=state.sent_by)


def received_fact(referral: Referral) -> ReferralReceived:
    """Return what the receipt of a referral says to others."""
    report = referral.report
    return ReferralReceived(
        source=report.referrer.referral_source,
        door=referral.door,
        urgent=report.urgent,
        immediate_danger=report.safety.immediate_danger,
        children=referral.children_on_case,
        concerns=report.worries.categories,
        area=referral.area,
        told_family=report.family.told_family,
        agreement=report.family.agreement,
        not_asked_reason=report.family.not_asked_reason,
        threshold_level=report.request.threshold_level,
    )


def require_step(state: Referral | None, command: type[Command]) -> Referral:
    """Return the referral if the table allows the command from its stage."""
    if state is None:
        raise NoSuchReferral
    if not allows(state.stage, command):
        raise StepNotPossible(f"This is not possible while the referral is {state.stage.value}.")
    return state


def stage_after(state: Referral, command: type[Command]) -> Stage:
    """Return the stage that the table gives after the command."""
    return TRANSITIONS[state.stage][command]
