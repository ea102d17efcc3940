"""A case that was restored older than its events: what they say comes back, words do not.

Who leads, who carries the case, who was seen and when: all of it is in the events. Reasons, plans
and what a child said never left this service, and stand as lost until they are written down again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from services.strategy.domain.case import (
    Allocation,
    Attempt,
    Attendance,
    Case,
    CaseChild,
    Lead,
    Medical,
    Meeting,
    MeetingRecord,
    Seen,
    Stage,
)
from services.strategy.domain.opening import case_from
from services.strategy.domain.record import missing_from_quorum
from services.strategy.domain.stages import Step, steps_from
from shared.events.codes import ReassignedBecause
from shared.events.facts import Fact
from shared.events.referral import ThresholdDecided
from shared.events.strategy import (
    CaseAllocated,
    CaseOpened,
    ChildSeen,
    LeadAcknowledged,
    LeadAssigned,
    LeadReassigned,
    MedicalDecided,
    MeetingCalled,
    MeetingHeld,
    MeetingNotQuorate,
    VisitAttempted,
)
from shared.rebuilt import LOST, Rebuilt, Told

WORDS_LOST: Final[Mapping[type[Fact], str]] = {
    MeetingCalled: "Why an agency of the quorum was not invited, if one was not.",
    MeetingHeld: "The reasons of the meeting, and why somebody else than the lead recorded it.",
    MeetingNotQuorate: "Why the meeting was held without its quorum.",
    MedicalDecided: "Why no paediatrician sees the child, and who agreed, if so.",
    CaseAllocated: "The allocation plan.",
    ChildSeen: "What the child said or showed.",
}
"""What people write with each kind of event and no event carries."""


def rebuild(case: Case | None, told: tuple[Told, ...], *, meeting_minutes: int) -> Rebuilt[Case]:
    """Return the case after the events that came back."""
    lost: dict[int, str] = {}
    called: Told | None = None
    for each in told:
        if words := _words_lost(each):
            lost[each.event.sequence] = words
        before = case
        if isinstance(each.fact, CaseOpened):
            case = case or _opened(each)
        elif isinstance(each.fact, MeetingCalled):
            called = each
        elif isinstance(each.fact, LeadAssigned):
            case = _called(case, called, each, timedelta(minutes=meeting_minutes))
            called = None
        else:
            case = _after(case, each)
        if case is before and isinstance(each.fact, CaseOpened | LeadAssigned):
            lost[each.event.sequence] = ITSELF
    if called:
        lost[called.event.sequence] = ITSELF
    return Rebuilt(state=case, lost=lost)


def _words_lost(told: Told) -> str | None:
    if isinstance(told.fact, LeadReassigned) and told.fact.because is OVERRIDDEN:
        return "Why a manager named another lead."
    return WORDS_LOST.get(type(told.fact))


ITSELF: Final = "All of it: call the meeting again, or open the case from the decision."
"""Where an event came back without the one it belongs to."""

OVERRIDDEN: Final = ReassignedBecause.OVERRIDE


def _after(case: Case | None, told: Told) -> Case | None:
    apply = STEPS.get(type(told.fact))
    return apply(case, told, told.fact) if apply and case else case


def _opened(told: Told) -> Case | None:
    """The decision that opened it says what the opening does not repeat."""
    if not isinstance(told.cause, ThresholdDecided) or not isinstance(told.fact, CaseOpened):
        return None
    return case_from(
        told.cause,
        ref=told.event.subject,
        route=told.fact.route,
        decided_at=told.fact.decided_at,
        at=told.event.happened_at,
        imported=told.event.imported_by is not None,
    )


def _called(
    case: Case | None, called: Told | None, assigned: Told, length: timedelta
) -> Case | None:
    """A meeting is called and its lead assigned in one write: two events, one step."""
    if case is None or called is None:
        return case
    fact: Any = called.fact
    meeting = Meeting(
        number=fact.meeting,
        called_at=called.event.happened_at,
        called_by=called.event.actor,
        starts_at=fact.starts_at,
        ends_at=fact.starts_at + length,
        mode=fact.mode,
        invited=fact.invited,
        core_missing_reason="",
        lead=_lead(assigned),
    )
    return replace(
        case, stage=_reached(case, Step.CALL_MEETING), meetings=(*case.meetings, meeting)
    )


def _lead(told: Told) -> Lead:
    fact: Any = told.fact
    return Lead(
        person=fact.lead,
        team=fact.team,
        rule=fact.rule,
        reasons=fact.reasons,
        assigned_at=told.event.happened_at,
        acknowledge_by=fact.acknowledge_by,
    )


def _acknowledged(case: Case, told: Told, fact: LeadAcknowledged) -> Case:
    def answer(meeting: Meeting) -> Meeting:
        return replace(meeting, lead=replace(meeting.lead, acknowledged_at=told.event.happened_at))

    return _with_meeting(case, fact.meeting, answer)


def _reassigned(case: Case, told: Told, fact: LeadReassigned) -> Case:
    def hand_over(meeting: Meeting) -> Meeting:
        named = fact.because is OVERRIDDEN
        return replace(
            meeting,
            lead=_lead(told),
            passed_over=(*meeting.passed_over, fact.previous_lead),
            override_reason=LOST if named else meeting.override_reason,
        )

    return _with_meeting(case, fact.meeting, hand_over)


def _held(case: Case, told: Told, fact: MeetingHeld) -> Case:
    attendance = tuple(
        Attendance(agency=each.agency, presence=each.presence, can_decide=each.can_decide)
        for each in fact.attendance
    )
    missing = missing_from_quorum(attendance)

    def record(meeting: Meeting) -> Meeting:
        held = MeetingRecord(
            held_at=told.event.happened_at,
            recorded_at=told.event.time,
            led_by=fact.led_by,
            not_lead_reason=LOST if fact.led_by != meeting.lead.person else "",
            attendance=attendance,
            missing=missing,
            emergency_reason=LOST if missing else "",
            follow_up_by=None,
            section_47=fact.section_47,
            rationale=LOST,
            medicals=(),
        )
        return replace(meeting, record=held)

    after = _with_meeting(case, fact.meeting, record)
    return replace(after, stage=_reached(case, Step.RECORD_MEETING))


def _not_quorate(case: Case, told: Told, fact: MeetingNotQuorate) -> Case:
    return _with_record(
        case, fact.meeting, lambda held: replace(held, follow_up_by=fact.follow_up_by)
    )


def _medical(case: Case, told: Told, fact: MedicalDecided) -> Case:
    medical = Medical(child=fact.child, decision=fact.decision, reason=LOST)
    return _with_record(
        case, fact.meeting, lambda held: replace(held, medicals=(*held.medicals, medical))
    )


def _allocated(case: Case, told: Told, fact: CaseAllocated) -> Case:
    allocation = Allocation(
        social_worker=fact.social_worker,
        team=fact.team,
        allocated_by=told.event.actor,
        allocated_at=told.event.happened_at,
        visit_by=fact.visit_by,
        plan=LOST,
    )
    return replace(case, stage=_reached(case, Step.ALLOCATE), allocation=allocation)


def _attempted(case: Case, told: Told, fact: VisitAttempted) -> Case:
    attempt = Attempt(
        social_worker=fact.social_worker,
        attempted_at=told.event.happened_at,
        recorded_at=told.event.time,
        reason=fact.reason,
        next_attempt_at=fact.next_attempt_at,
    )
    return _with_child(
        case, fact.child, lambda child: replace(child, attempts=(*child.attempts, attempt))
    )


def _seen(case: Case, told: Told, fact: ChildSeen) -> Case:
    seen = Seen(
        social_worker=fact.social_worker,
        seen_at=told.event.happened_at,
        recorded_at=told.event.time,
        seen_alone=fact.seen_alone,
        not_alone_reason=fact.not_alone_reason,
        childs_views=LOST,
    )
    return _with_child(case, fact.child, lambda child: replace(child, visits=(*child.visits, seen)))


STEPS: Final[Mapping[type[Fact], Callable[[Case, Told, Any], Case]]] = {
    LeadAcknowledged: _acknowledged,
    LeadReassigned: _reassigned,
    MeetingHeld: _held,
    MeetingNotQuorate: _not_quorate,
    MedicalDecided: _medical,
    CaseAllocated: _allocated,
    VisitAttempted: _attempted,
    ChildSeen: _seen,
}
"""What each event does to the case. A lead who declines is followed by the one who takes over."""


def _reached(case: Case, step: Step) -> Stage:
    """The stage after a step that was once allowed: the table says which."""
    return steps_from(case.stage, case.route).get(step, case.stage)


def _with_meeting(case: Case, number: int, change: Callable[[Meeting], Meeting]) -> Case:
    meetings = tuple(change(each) if each.number == number else each for each in case.meetings)
    return replace(case, meetings=meetings)


def _with_record(case: Case, number: int, change: Callable[[MeetingRecord], MeetingRecord]) -> Case:
    def both(meeting: Meeting) -> Meeting:
        return replace(meeting, record=change(meeting.record)) if meeting.record else meeting

    return _with_meeting(case, number, both)


def _with_child(case: Case, ref: str, change: Callable[[CaseChild], CaseChild]) -> Case:
    children = tuple(change(each) if each.child == ref else each for each in case.children)
    return replace(case, children=children)
