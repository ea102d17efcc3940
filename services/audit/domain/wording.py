"""Every event as the sentence the timeline shows: one small function an event type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.audit.domain.clocks import Condition
from services.audit.domain.code_words import (
    STANDS,
    counted,
    joined,
    listed,
    moment,
    promise_words,
    words,
)
from shared.events import audit, referral, strategy
from shared.events.codes import Danger
from shared.events.facts import ChildOnCase, Fact

Names = Callable[[str], str]
"""Turns the sign-in reference of a person into the name to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """An event in words: what happened, and what else the event says of it."""

    title: str
    details: tuple[str, ...] = ()
    promise: str = ""
    """The promise an event of oversight speaks of."""


def sentence_of(fact: Fact, names: Names) -> Sentence:
    """Return the words of a fact."""
    return WORDING[type(fact)](fact, names)


def unknown_event(event_type: str, version: int) -> Sentence:
    """Return the words for an event that this release cannot read: it is shown, never dropped."""
    return Sentence(
        title=f"An event this release does not know ({event_type}, version {version})",
        details=("It is kept as it came. Update the audit service to read it.",),
    )


def _said(title: str, *details: str | None) -> Sentence:
    return Sentence(title=title, details=tuple(each for each in details if each))


def _children(children: tuple[ChildOnCase, ...]) -> str:
    unborn = sum(each.unborn for each in children)
    number = counted(len(children), "child", "children")
    return f"{number}, {unborn} not born yet" if unborn else number


def _team(code: str) -> str:
    """A team as a person writes it; audit has its code only."""
    return code.replace("-", " ").title()


def _named(reasons: tuple[str, ...], names: Names) -> Iterator[str]:
    """Reasons with a name for the sign-in reference that begins one: an event carries no name."""
    for reason in reasons:
        who = re.split(r"[:\s]", reason, maxsplit=1)[0]
        yield names(who) + reason[len(who) :]


def _received(fact: referral.ReferralReceived, _: Names) -> Sentence:
    danger = words(fact.immediate_danger)
    return _said(
        f"Referral received from {words(fact.source)}",
        f"{_children(fact.children)}, by {words(fact.door)}",
        f"Worried about {listed(fact.concerns)}" if fact.concerns else None,
        f"In immediate danger: {danger}" if fact.immediate_danger is not Danger.NO else None,
        "Urgent short form: the rest is still to come" if fact.urgent else None,
        f"Agreement of the family: {words(fact.agreement)}" if fact.agreement else None,
        f"The family was not asked: {words(fact.not_asked_reason)}"
        if fact.not_asked_reason
        else None,
    )


def _matched(fact: referral.ChildMatched, _: Names) -> Sentence:
    return _said(
        "A child was matched to one the hub already knows",
        f"{fact.child} is {fact.known_child} of case {fact.known_case}",
    )


def _decided(fact: referral.ThresholdDecided, _: Names) -> Sentence:
    return _said(
        f"Threshold decided: {words(fact.outcome)}",
        f"Level {fact.threshold_level}, guidance {fact.guidance_version}",
        "There are child protection concerns" if fact.child_protection_concerns else None,
        "Physical harm is alleged" if fact.physical_harm_alleged else None,
        f"Earlier cases: {joined(list(fact.earlier_cases))}" if fact.earlier_cases else None,
    )


def _informed(fact: referral.ReferrerInformed, _: Names) -> Sentence:
    return _said(f"The referrer was told the outcome by {words(fact.informed_by)}")


def _sent_again(fact: referral.ReferralSentAgain, _: Names) -> Sentence:
    return _said(
        "Referral sent again after its record was restored from a back-up",
        f"First received on {moment(fact.received_at)}: no promise starts anew",
    )


def _opened(fact: strategy.CaseOpened, _: Names) -> Sentence:
    return _said(f"Case opened for a {words(fact.route)}", _children(fact.children))


def _called(fact: strategy.MeetingCalled, _: Names) -> Sentence:
    return _said(
        f"Strategy meeting {fact.meeting} called for {moment(fact.starts_at)}",
        f"{words(fact.mode).capitalize()}, invited: {listed(fact.invited)}",
    )


def _assigned(fact: strategy.LeadAssigned, names: Names) -> Sentence:
    return _said(
        f"{names(fact.lead)} assigned to lead strategy meeting {fact.meeting}",
        f"Team {_team(fact.team)}: {words(fact.rule)}",
        *_named(fact.reasons, names),
        f"To acknowledge by {moment(fact.acknowledge_by)}",
    )


def _acknowledged(fact: strategy.LeadAcknowledged, names: Names) -> Sentence:
    return _said(f"{names(fact.lead)} acknowledged leading strategy meeting {fact.meeting}")


def _declined(fact: strategy.LeadDeclined, names: Names) -> Sentence:
    reason = fact.reason.replace("-", " ")
    return _said(f"{names(fact.lead)} cannot lead strategy meeting {fact.meeting}: {reason}")


def _reassigned(fact: strategy.LeadReassigned, names: Names) -> Sentence:
    return _said(
        f"Strategy meeting {fact.meeting} passed to {names(fact.lead)}",
        f"Before: {names(fact.previous_lead)}; {words(fact.because)}",
        f"Team {_team(fact.team)}: {words(fact.rule)}",
        *_named(fact.reasons, names),
        f"To acknowledge by {moment(fact.acknowledge_by)}",
    )


def _held(fact: strategy.MeetingHeld, names: Names) -> Sentence:
    took_part = [f"{words(each.agency)} {words(each.presence)}" for each in fact.attendance]
    return _said(
        f"Strategy meeting {fact.meeting} held, led by {names(fact.led_by)}",
        joined(took_part).capitalize() if took_part else None,
        "Quorate" if fact.quorate else "Not quorate",
        "A section 47 enquiry starts" if fact.section_47 else "No section 47 enquiry",
    )


def _not_quorate(fact: strategy.MeetingNotQuorate, _: Names) -> Sentence:
    return _said(
        f"Strategy meeting {fact.meeting} was held without its quorum",
        f"Missing: {listed(fact.missing)}",
        f"Follow-up due by {moment(fact.follow_up_by)}",
    )


def _medical(fact: strategy.MedicalDecided, _: Names) -> Sentence:
    return _said(f"Paediatric decision: {words(fact.decision)}", f"Child {fact.child}")


def _allocated(fact: strategy.CaseAllocated, names: Names) -> Sentence:
    return _said(
        f"Allocated to {names(fact.social_worker)}, social worker",
        f"Team {_team(fact.team)}, {counted(len(fact.children), 'child', 'children')}",
        f"Visit by {moment(fact.visit_by)}",
    )


def _attempted(fact: strategy.VisitAttempted, names: Names) -> Sentence:
    return _said(
        f"Visit attempted, child not seen: {words(fact.reason)}",
        f"Child {fact.child}, social worker {names(fact.social_worker)}",
        f"Next attempt {moment(fact.next_attempt_at)}",
    )


def _seen(fact: strategy.ChildSeen, names: Names) -> Sentence:
    why = f": {words(fact.not_alone_reason)}" if fact.not_alone_reason else ""
    return _said(
        "Child seen, alone" if fact.seen_alone else f"Child seen, not alone{why}",
        f"Child {fact.child}, social worker {names(fact.social_worker)}",
    )


def _of_promise(how: Condition, fact: audit.ClockFact, due: str) -> Sentence:
    promise = promise_words(fact.clock, fact.child)
    return Sentence(title=f"{STANDS[how]}: {promise}", details=(due,), promise=promise)


def _at_risk(fact: audit.ClockAtRisk, _: Names) -> Sentence:
    return _of_promise(Condition.AT_RISK, fact, f"Due by {moment(fact.due_at)}")


def _breached(fact: audit.ClockBreached, _: Names) -> Sentence:
    return _of_promise(Condition.BREACHED, fact, f"It was due by {moment(fact.due_at)}")


def _met(fact: audit.ClockMet, _: Names) -> Sentence:
    late = fact.occurred_at is not None and fact.occurred_at > fact.due_at
    how = Condition.MET_LATE if late else Condition.MET
    return _of_promise(how, fact, f"It was due by {moment(fact.due_at)}")


WORDING: Final[Mapping[type[Fact], Callable[[Any, Names], Sentence]]] = {
    referral.ReferralReceived: _received,
    referral.ChildMatched: _matched,
    referral.ThresholdDecided: _decided,
    referral.ReferrerInformed: _informed,
    referral.ReferralSentAgain: _sent_again,
    strategy.CaseOpened: _opened,
    strategy.MeetingCalled: _called,
    strategy.LeadAssigned: _assigned,
    strategy.LeadAcknowledged: _acknowledged,
    strategy.LeadDeclined: _declined,
    strategy.LeadReassigned: _reassigned,
    strategy.MeetingHeld: _held,
    strategy.MeetingNotQuorate: _not_quorate,
    strategy.MedicalDecided: _medical,
    strategy.CaseAllocated: _allocated,
    strategy.VisitAttempted: _attempted,
    strategy.ChildSeen: _seen,
    audit.ClockAtRisk: _at_risk,
    audit.ClockBreached: _breached,
    audit.ClockMet: _met,
}
