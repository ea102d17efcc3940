"""Who leads a strategy meeting once it is called: acknowledged, declined, overridden, escalated."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from services.strategy.domain.assignment import Choice
from services.strategy.domain.broken import (
    LeadAlreadyAcknowledged,
    LeadIsTheSame,
    OnlyTheLeadMayAnswer,
    UnknownPerson,
)
from services.strategy.domain.case import Case, Lead, Meeting
from services.strategy.domain.commands import DeclineLead, OverrideLead
from services.strategy.domain.directory import Directory
from services.strategy.domain.stages import Step, take
from shared.changes import Change
from shared.events.codes import AssignmentRule, ReassignedBecause
from shared.events.seal import Actor
from shared.events.strategy import LeadAcknowledged, LeadDeclined, LeadReassigned


def acknowledge(case: Case | None, *, by: Actor, at: datetime) -> Change[Case]:
    """The lead says: mine. Only the lead can (local policy)."""
    case, meeting = _waiting(case)
    _only_the_lead(meeting, by)
    if meeting.lead.acknowledged_at:
        raise LeadAlreadyAcknowledged
    lead = replace(meeting.lead, acknowledged_at=at)
    return Change(
        _with_meeting(case, replace(meeting, lead=lead)),
        (LeadAcknowledged(meeting=meeting.number, lead=lead.person),),
    )


def check_decline(case: Case | None, *, by: Actor) -> Meeting:
    """Return the meeting if this person may decline to lead it. Only the lead can."""
    _, meeting = _waiting(case)
    _only_the_lead(meeting, by)
    return meeting


def decline(
    case: Case | None,
    command: DeclineLead,
    *,
    choice: Choice,
    directory: Directory,
    by: Actor,
    at: datetime,
) -> Change[Case]:
    """The lead cannot lead: the next in order is assigned in the same write."""
    meeting = check_decline(case, by=by)
    declined = LeadDeclined(
        meeting=meeting.number, lead=meeting.lead.person, reason=command.reason.value
    )
    handed_on = _hand_on(case, choice, ReassignedBecause.DECLINED, directory=directory, at=at)
    return Change(handed_on.state, (declined, *handed_on.facts))


def check_override(case: Case | None, command: OverrideLead, *, directory: Directory) -> Meeting:
    """Return the meeting if the named person can lead it instead.

    The person must be a team manager or the head of service of the directory, and not lead it yet.
    """
    _, meeting = _waiting(case)
    if not directory.can_lead(command.lead):
        raise UnknownPerson("a team manager or the head of service", field="lead")
    if meeting.lead.person == command.lead:
        raise LeadIsTheSame
    return meeting


def override(
    case: Case | None,
    command: OverrideLead,
    *,
    directory: Directory,
    clash: bool,
    at: datetime,
) -> Change[Case]:
    """A manager names another lead, with a reason: a human can always override (DECISIONS 18).

    The reason is kept with the meeting; the event says only that a manager decided.
    """
    meeting = check_override(case, command, directory=directory)
    person = directory.person(command.lead)
    reasons = ["A manager named this lead and gave a reason, which is kept with the meeting."]
    if clash:
        reasons.append(f"{command.lead} leads another meeting at that time.")
    if person and person.on_leave(at):
        reasons.append(f"{command.lead} is on leave.")
    choice = Choice(
        lead=command.lead,
        team=(person and person.team) or meeting.lead.team,
        rule=AssignmentRule.OVERRIDE,
        reasons=tuple(reasons),
    )
    changed = _hand_on(case, choice, ReassignedBecause.OVERRIDE, directory=directory, at=at)
    noted = replace(changed.state.meetings[-1], override_reason=command.reason)
    return Change(_with_meeting(changed.state, noted), changed.facts)


def is_unacknowledged(case: Case | None, *, at: datetime) -> bool:
    """Has the lead let the set minutes pass without a word?

    Of an imported meeting that is over the answer is still to be entered: nobody takes it over.
    """
    meeting = case.open_meeting if case else None
    if case is None or meeting is None or (case.imported and meeting.ends_at <= at):
        return False
    return not meeting.lead.acknowledged_at and meeting.lead.acknowledge_by <= at


def escalate(
    case: Case | None, *, unanswered: str, choice: Choice, directory: Directory, at: datetime
) -> Change[Case] | None:
    """Hand an unacknowledged meeting to the next in order, once (DECISIONS 18).

    Nothing to do when the lead answered or changed meanwhile, or when nobody else is left.
    """
    if case is None or not is_unacknowledged(case, at=at):
        return None
    meeting = case.meetings[-1]
    if meeting.lead.person != unanswered or choice.lead == unanswered:
        return None
    return _hand_on(case, choice, ReassignedBecause.NOT_ACKNOWLEDGED, directory=directory, at=at)


def _hand_on(
    case: Case | None,
    choice: Choice,
    because: ReassignedBecause,
    *,
    directory: Directory,
    at: datetime,
) -> Change[Case]:
    case, meeting = _waiting(case)
    before, lead = meeting.lead.person, lead_from(choice, directory, at)
    fact = LeadReassigned(
        meeting=meeting.number,
        previous_lead=before,
        lead=lead.person,
        team=lead.team,
        because=because,
        rule=lead.rule,
        reasons=lead.reasons,
        acknowledge_by=lead.acknowledge_by,
    )
    handed = replace(meeting, lead=lead, passed_over=(*meeting.passed_over, before))
    return Change(_with_meeting(case, handed), (fact,))


def lead_from(choice: Choice, directory: Directory, at: datetime) -> Lead:
    """Return the lead that a choice makes, with the time to acknowledge by."""
    return Lead(
        person=choice.lead,
        team=choice.team,
        rule=choice.rule,
        reasons=choice.reasons,
        assigned_at=at,
        acknowledge_by=at + timedelta(minutes=directory.acknowledge_minutes),
    )


def _waiting(case: Case | None) -> tuple[Case, Meeting]:
    case, _ = take(case, Step.CHANGE_LEAD)
    return case, case.meetings[-1]


def _only_the_lead(meeting: Meeting, by: Actor) -> None:
    if meeting.lead.person != by.id:
        raise OnlyTheLeadMayAnswer


def _with_meeting(case: Case, meeting: Meeting) -> Case:
    return replace(case, meetings=(*case.meetings[:-1], meeting))
