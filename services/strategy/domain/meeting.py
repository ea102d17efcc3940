"""Calling a strategy meeting: core agencies, time, and a lead in the same write."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from services.strategy.domain.assignment import Choice
from services.strategy.domain.broken import (
    CoreAgencyNotInvited,
    MeetingTimePassed,
    MeetingTooFarAhead,
    PaediatricianNotInvited,
)
from services.strategy.domain.case import Case, Meeting
from services.strategy.domain.commands import CallMeeting
from services.strategy.domain.directory import Directory, Slot
from services.strategy.domain.lead import lead_from
from services.strategy.domain.stages import Step, take
from shared.changes import Change
from shared.events.codes import Agency
from shared.events.seal import Actor
from shared.events.strategy import LeadAssigned, MeetingCalled

CORE = (Agency.SOCIAL_CARE, Agency.POLICE, Agency.HEALTH)
"""The quorum (Working Together 2023): local authority social worker, police, health."""

JUST_NOW = timedelta(minutes=5)
"""A meeting that starts now was typed in a moment ago: minutes, not seconds, are entered."""

FURTHEST_AHEAD = timedelta(days=28)


def check_call(case: Case | None, command: CallMeeting, *, at: datetime) -> Case:
    """Return the case if this meeting may be called for it.

    Social care, police and health are invited or the reason is written (Working Together 2023); a
    paediatrician too when physical harm is alleged (the letter); no meeting is called for the past.
    """
    case, _ = take(case, Step.CALL_MEETING)
    if command.starts_at < at - JUST_NOW:
        raise MeetingTimePassed
    if command.starts_at > at + FURTHEST_AHEAD:
        raise MeetingTooFarAhead(FURTHEST_AHEAD.days)
    missing = _missing(command)
    if missing and not command.core_missing_reason:
        raise CoreAgencyNotInvited(missing)
    if case.physical_harm_alleged and Agency.PAEDIATRICIAN not in command.invited:
        raise PaediatricianNotInvited
    return case


def _missing(command: CallMeeting) -> list[Agency]:
    return [agency for agency in CORE if agency not in command.invited]


def call(
    case: Case | None,
    command: CallMeeting,
    *,
    choice: Choice,
    directory: Directory,
    by: Actor,
    at: datetime,
) -> Change[Case]:
    """Call the meeting and assign its lead in the same write: it is never without one."""
    case = check_call(case, command, at=at)
    _, reached = take(case, Step.CALL_MEETING)
    slot = Slot.from_start(command.starts_at, directory.meeting_minutes)
    meeting = Meeting(
        number=len(case.meetings) + 1,
        called_at=at,
        called_by=by.id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        mode=command.mode,
        invited=command.invited,
        # A reason for nobody would later read as if somebody had been missing.
        core_missing_reason=command.core_missing_reason if _missing(command) else "",
        lead=lead_from(choice, directory, at),
    )
    facts = (
        MeetingCalled(
            meeting=meeting.number,
            starts_at=meeting.starts_at,
            mode=meeting.mode,
            invited=meeting.invited,
        ),
        LeadAssigned(
            meeting=meeting.number,
            lead=choice.lead,
            team=choice.team,
            rule=choice.rule,
            reasons=choice.reasons,
            acknowledge_by=meeting.lead.acknowledge_by,
        ),
    )
    return Change(replace(case, stage=reached, meetings=(*case.meetings, meeting)), facts)
