"""Recording what a strategy meeting came to: attendance, quorum, section 47, medical decisions."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from services.strategy.domain.broken import (
    AttendanceMissing,
    ChildNotOnCase,
    FollowUpInThePast,
    MedicalDecisionMissing,
    MedicalNotRequiredWithoutApproval,
    MeetingHeldInTheFuture,
    NotQuorateWithoutReason,
    OnlyTheLeadMayRecord,
    UnknownPerson,
)
from services.strategy.domain.case import Attendance, Case, Meeting, MeetingRecord
from services.strategy.domain.commands import RecordMeetingHeld
from services.strategy.domain.directory import Directory
from services.strategy.domain.meeting import CORE
from services.strategy.domain.stages import Step, take
from shared.changes import Change
from shared.events.codes import Agency, MedicalDecision, Presence
from shared.events.facts import Fact
from shared.events.seal import Actor
from shared.events.strategy import AgencyPresence, MedicalDecided, MeetingHeld, MeetingNotQuorate

TOOK_PART = frozenset({Presence.ATTENDED, Presence.SENT_REPORT})


def missing_from_quorum(attendance: tuple[Attendance, ...]) -> tuple[Agency, ...]:
    """Return which of social care, police and health neither attended nor sent a report.

    Source: Working Together 2023, minimum attendance of a strategy discussion.
    """
    present = {each.agency for each in attendance if each.presence in TOOK_PART}
    return tuple(agency for agency in CORE if agency not in present)


def record_held(
    case: Case | None,
    command: RecordMeetingHeld,
    *,
    directory: Directory,
    by: Actor,
    at: datetime,
) -> Change[Case]:
    """Record a meeting: who took part, whether section 47 starts, the medical decisions."""
    case, reached = take(case, Step.RECORD_MEETING)
    meeting = case.meetings[-1]
    _check_time(case, command, at=at)
    _check_who(meeting, command, by=by)
    _check_attendance(meeting, command)
    missing = missing_from_quorum(command.attendance)
    if missing:
        _check_emergency(command, missing, at=at)
    _check_medicals(case, command, directory=directory)
    record = MeetingRecord(
        held_at=command.held_at,
        recorded_at=at,
        led_by=by.id,
        not_lead_reason=command.not_lead_reason if by.id != meeting.lead.person else "",
        attendance=command.attendance,
        missing=missing,
        emergency_reason=command.emergency_reason if missing else "",
        follow_up_by=command.follow_up_by if missing else None,
        section_47=command.section_47,
        rationale=command.rationale,
        medicals=command.medicals,
    )
    held = replace(meeting, record=record)
    after = replace(case, stage=reached, meetings=(*case.meetings[:-1], held))
    return Change(after, _facts(held, record))


def _facts(meeting: Meeting, record: MeetingRecord) -> tuple[Fact, ...]:
    facts: list[Fact] = [
        MeetingHeld(
            occurred_at=record.held_at,
            meeting=meeting.number,
            led_by=record.led_by,
            attendance=tuple(
                AgencyPresence(
                    agency=each.agency, presence=each.presence, can_decide=each.can_decide
                )
                for each in record.attendance
            ),
            quorate=record.quorate,
            section_47=record.section_47,
        )
    ]
    if record.missing and record.follow_up_by:
        facts.append(
            MeetingNotQuorate(
                meeting=meeting.number, missing=record.missing, follow_up_by=record.follow_up_by
            )
        )
    facts += [
        MedicalDecided(meeting=meeting.number, child=each.child, decision=each.decision)
        for each in record.medicals
    ]
    return tuple(facts)


def _check_time(case: Case, command: RecordMeetingHeld, *, at: datetime) -> None:
    """A meeting that is recorded has begun, and began after the referral was received."""
    if not case.received_at <= command.held_at <= at:
        raise MeetingHeldInTheFuture


def _check_who(meeting: Meeting, command: RecordMeetingHeld, *, by: Actor) -> None:
    """The team manager who leads the meeting records it; anybody else says why (the letter)."""
    if by.id != meeting.lead.person and not command.not_lead_reason:
        raise OnlyTheLeadMayRecord


def _check_attendance(meeting: Meeting, command: RecordMeetingHeld) -> None:
    """Every invited agency is answered for once; others may have come too (Working Together)."""
    answers = Counter(each.agency for each in command.attendance)
    wrong = [agency for agency in meeting.invited if answers[agency] != 1]
    wrong += [agency for agency, count in answers.items() if count > 1 and agency not in wrong]
    if wrong:
        raise AttendanceMissing(wrong)


def _check_emergency(
    command: RecordMeetingHeld, missing: tuple[Agency, ...], *, at: datetime
) -> None:
    """A meeting without its quorum stands only in an emergency, with a follow-up.

    Source: Working Together (minimum attendance).
    """
    if not command.emergency_reason:
        raise NotQuorateWithoutReason(missing, field="emergency_reason")
    if command.follow_up_by is None:
        raise NotQuorateWithoutReason(missing, field="follow_up_by")
    if command.follow_up_by <= at:
        raise FollowUpInThePast


def _check_medicals(case: Case, command: RecordMeetingHeld, *, directory: Directory) -> None:
    """Alleged physical harm: a paediatrician sees every child, or a manager approved why not.

    Source: the letter, item 31; local procedures : assume a medical.
    """
    on_case = [child.child for child in case.children]
    answers = Counter(each.child for each in command.medicals)
    if any(child not in on_case for child in answers):
        raise ChildNotOnCase(field="medicals")
    undecided = [child for child in on_case if answers[child] == 0]
    twice = [child for child in on_case if answers[child] > 1]
    if twice or (undecided and case.physical_harm_alleged):
        raise MedicalDecisionMissing(twice or undecided)
    for each in command.medicals:
        if each.decision is MedicalDecision.REQUIRED:
            continue
        if not each.reason or not each.approved_by:
            raise MedicalNotRequiredWithoutApproval
        if not directory.can_lead(each.approved_by):
            raise UnknownPerson("a team manager or the head of service", field="medicals")
