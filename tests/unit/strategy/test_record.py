"""Recording a meeting: attendance, quorum, section 47 and the paediatric decision."""

from __future__ import annotations

from datetime import timedelta

import pytest

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
from services.strategy.domain.case import Attendance, Case, Medical
from services.strategy.domain.record import missing_from_quorum, record_held
from shared.events.codes import Agency, MedicalDecision, Presence
from shared.events.strategy import MedicalDecided, MeetingHeld, MeetingNotQuorate
from shared.store import Actor, Change
from tests.unit.strategy.world import (
    CORE,
    FIRST,
    LEAD,
    NOW,
    OTHER_LEAD,
    SECOND,
    a_case,
    a_directory,
    a_record,
    attendance,
    called,
    medicals,
)

LATER = NOW + timedelta(hours=2)


def record(case: Case | None = None, by: Actor = LEAD, **but: object) -> Change[Case]:
    return record_held(case or called(), a_record(**but), directory=a_directory(), by=by, at=LATER)


def injured() -> Case:
    case = a_case(physical_harm_alleged=True)
    return called(case, invited=(*CORE, Agency.PAEDIATRICIAN))


ALL_THERE = attendance(*CORE, Agency.PAEDIATRICIAN)


def test_a_quorate_meeting_says_who_led_and_whether_section_47_starts() -> None:
    change = record()

    (fact,) = change.facts
    assert isinstance(fact, MeetingHeld)
    assert (fact.led_by, fact.quorate, fact.section_47) == ("tm-north-a", True, True)
    assert fact.occurred_at == NOW
    assert change.state.open_meeting is None


def test_the_rationale_stays_in_the_record_and_never_enters_an_event() -> None:
    change = record()

    assert "Fictional" not in repr(change.facts)
    kept = change.state.meetings[-1].record
    assert kept is not None
    assert kept.rationale.startswith("Fictional")


def test_a_report_counts_for_the_quorum_and_apologies_do_not() -> None:
    def of(presence: Presence) -> Attendance:
        return Attendance(agency=Agency.HEALTH, presence=presence, can_decide=False)

    there = attendance(Agency.SOCIAL_CARE, Agency.POLICE)

    assert missing_from_quorum((*there, of(Presence.SENT_REPORT))) == ()
    assert missing_from_quorum((*there, of(Presence.APOLOGIES))) == (Agency.HEALTH,)


NOT_QUORATE = attendance(Agency.SOCIAL_CARE, Agency.HEALTH, away=(Agency.POLICE,))


def test_a_meeting_without_the_police_needs_an_emergency_and_a_follow_up() -> None:
    with pytest.raises(NotQuorateWithoutReason, match="police"):
        record(attendance=NOT_QUORATE)
    with pytest.raises(NotQuorateWithoutReason) as refused:
        record(attendance=NOT_QUORATE, emergency_reason="Fictional emergency")
    assert refused.value.field == "follow_up_by"
    with pytest.raises(FollowUpInThePast):
        record(attendance=NOT_QUORATE, emergency_reason="Fictional emergency", follow_up_by=NOW)


def test_a_meeting_not_quorate_in_an_emergency_is_held_and_says_who_was_missing() -> None:
    follow_up = LATER + timedelta(days=1)

    change = record(
        attendance=NOT_QUORATE, emergency_reason="Fictional emergency", follow_up_by=follow_up
    )

    held, not_quorate = change.facts
    assert isinstance(held, MeetingHeld)
    assert not held.quorate
    assert not_quorate == MeetingNotQuorate(
        meeting=1, missing=(Agency.POLICE,), follow_up_by=follow_up
    )


def test_every_invited_agency_is_answered_for_exactly_once() -> None:
    with pytest.raises(AttendanceMissing, match="police"):
        record(attendance=attendance(Agency.SOCIAL_CARE, Agency.HEALTH))
    with pytest.raises(AttendanceMissing, match="health"):
        record(attendance=attendance(*CORE, Agency.HEALTH))


def test_an_agency_that_came_uninvited_is_recorded_too() -> None:
    change = record(attendance=attendance(*CORE, Agency.EDUCATION))

    (fact,) = change.facts
    assert isinstance(fact, MeetingHeld)
    assert len(fact.attendance) == 4


def test_only_the_lead_records_or_somebody_who_says_why() -> None:
    with pytest.raises(OnlyTheLeadMayRecord):
        record(by=OTHER_LEAD)

    change = record(by=OTHER_LEAD, not_lead_reason="Fictional: the lead was called away")

    (fact,) = change.facts
    assert isinstance(fact, MeetingHeld)
    assert fact.led_by == "tm-south-a"


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_meeting_cannot_have_been_held_before_the_referral_or_in_the_future(hours: int) -> None:
    with pytest.raises(MeetingHeldInTheFuture):
        record(held_at=NOW + timedelta(hours=hours))


def test_alleged_injury_needs_a_medical_decision_for_every_child() -> None:
    with pytest.raises(MedicalDecisionMissing, match=SECOND):
        record(injured(), attendance=ALL_THERE, medicals=medicals(FIRST))

    change = record(injured(), attendance=ALL_THERE, medicals=medicals(FIRST, SECOND))

    assert change.facts[1:] == (
        MedicalDecided(meeting=1, child=FIRST, decision=MedicalDecision.REQUIRED),
        MedicalDecided(meeting=1, child=SECOND, decision=MedicalDecision.REQUIRED),
    )


def test_two_decisions_for_one_child_are_refused() -> None:
    with pytest.raises(MedicalDecisionMissing, match=FIRST):
        record(injured(), attendance=ALL_THERE, medicals=medicals(FIRST, FIRST, SECOND))


def not_required(**but: object) -> Medical:
    return Medical(child=SECOND, decision=MedicalDecision.NOT_REQUIRED, **but)


def test_no_medical_needs_a_reason_and_a_manager_of_the_directory() -> None:
    approved = {"reason": "Fictional reason", "approved_by": "head-1"}

    for but in ({}, {"reason": "Fictional reason"}, {"approved_by": "head-1"}):
        with pytest.raises(MedicalNotRequiredWithoutApproval):
            record(
                injured(), attendance=ALL_THERE, medicals=(*medicals(FIRST), not_required(**but))
            )
    by_a_worker = not_required(reason="Fictional reason", approved_by="sw-north-1")
    with pytest.raises(UnknownPerson):
        record(injured(), attendance=ALL_THERE, medicals=(*medicals(FIRST), by_a_worker))
    assert record(
        injured(), attendance=ALL_THERE, medicals=(*medicals(FIRST), not_required(**approved))
    )


def test_a_medical_for_a_child_not_on_the_case_is_a_clear_error() -> None:
    with pytest.raises(ChildNotOnCase):
        record(medicals=medicals("CH-TEST9-TEST9"))
