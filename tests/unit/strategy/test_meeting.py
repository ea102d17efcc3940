"""Calling a meeting, and who leads it from then on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.strategy.domain.broken import (
    CoreAgencyNotInvited,
    LeadAlreadyAcknowledged,
    LeadIsTheSame,
    MeetingTimePassed,
    MeetingTooFarAhead,
    OnlyTheLeadMayAnswer,
    PaediatricianNotInvited,
    UnknownPerson,
)
from services.strategy.domain.commands import DeclineLead, DeclineReason, OverrideLead
from services.strategy.domain.lead import acknowledge, decline, escalate, override
from services.strategy.domain.meeting import check_call
from shared.events.codes import Agency, AssignmentRule, ReassignedBecause
from shared.events.strategy import LeadAcknowledged, LeadDeclined, LeadReassigned
from tests.unit.strategy.world import (
    CORE,
    LEAD,
    NOW,
    OTHER_LEAD,
    REF,
    a_call,
    a_case,
    a_choice,
    a_directory,
    acknowledged,
    called,
)

DIRECTORY = a_directory()
NEXT = a_choice("tm-north-b")


def test_a_called_meeting_has_a_lead_in_the_same_change() -> None:
    meeting = called().open_meeting

    assert meeting is not None
    assert meeting.number == 1
    assert meeting.lead.person == "tm-north-a"
    assert meeting.lead.acknowledge_by == NOW + timedelta(minutes=15)


def test_a_meeting_in_the_past_is_refused() -> None:
    with pytest.raises(MeetingTimePassed):
        check_call(a_case(), a_call(starts_at=NOW - timedelta(hours=1)), at=NOW)


def test_a_meeting_typed_for_this_minute_is_not_in_the_past() -> None:
    assert check_call(a_case(), a_call(starts_at=NOW - timedelta(seconds=50)), at=NOW)


def test_a_meeting_weeks_ahead_is_refused_as_a_slip() -> None:
    with pytest.raises(MeetingTooFarAhead):
        check_call(a_case(), a_call(starts_at=NOW + timedelta(days=40)), at=NOW)


@pytest.mark.parametrize("agency", CORE)
def test_each_core_agency_is_invited_or_the_reason_is_given(agency: Agency) -> None:
    invited = tuple(each for each in CORE if each is not agency)

    with pytest.raises(CoreAgencyNotInvited, match=agency.value):
        check_call(a_case(), a_call(invited=invited), at=NOW)
    assert check_call(
        a_case(), a_call(invited=invited, core_missing_reason="Fictional reason"), at=NOW
    )


def test_a_reason_is_not_kept_where_nobody_is_missing() -> None:
    whole = called(core_missing_reason="Fictional reason").open_meeting
    without = called(invited=CORE[:2], core_missing_reason="Fictional reason").open_meeting

    assert whole is not None
    assert whole.core_missing_reason == ""
    assert without is not None
    assert without.core_missing_reason == "Fictional reason"


def test_alleged_physical_harm_brings_the_paediatrician_whatever_the_reason() -> None:
    case = a_case(physical_harm_alleged=True)

    with pytest.raises(PaediatricianNotInvited):
        check_call(case, a_call(core_missing_reason="Fictional reason"), at=NOW)
    assert check_call(case, a_call(invited=(*CORE, Agency.PAEDIATRICIAN)), at=NOW)


def test_the_lead_acknowledges_once() -> None:
    change = acknowledge(called(), by=LEAD, at=NOW)

    assert change.facts == (LeadAcknowledged(meeting=1, lead="tm-north-a"),)
    with pytest.raises(LeadAlreadyAcknowledged):
        acknowledge(change.state, by=LEAD, at=NOW)


def test_nobody_but_the_lead_acknowledges_or_declines() -> None:
    with pytest.raises(OnlyTheLeadMayAnswer):
        acknowledge(called(), by=OTHER_LEAD, at=NOW)
    with pytest.raises(OnlyTheLeadMayAnswer):
        decline(called(), a_decline(), choice=NEXT, directory=DIRECTORY, by=OTHER_LEAD, at=NOW)


def a_decline() -> DeclineLead:
    return DeclineLead(
        ref=REF, submission_id="decline-1", reason=DeclineReason.CONFLICT_OF_INTEREST
    )


def test_declining_hands_the_meeting_to_the_next_in_the_same_change() -> None:
    change = decline(called(), a_decline(), choice=NEXT, directory=DIRECTORY, by=LEAD, at=NOW)

    declined, reassigned = change.facts
    assert declined == LeadDeclined(meeting=1, lead="tm-north-a", reason="conflict-of-interest")
    assert isinstance(reassigned, LeadReassigned)
    assert reassigned.because is ReassignedBecause.DECLINED
    assert change.state.meetings[-1].lead.person == "tm-north-b"
    assert change.state.meetings[-1].passed_over == ("tm-north-a",)


def an_override(lead: str) -> OverrideLead:
    return OverrideLead(
        ref=REF, submission_id="override-1", lead=lead, reason="Fictional: knows the family"
    )


def test_a_manager_can_name_another_lead_and_the_words_stay_off_the_bus() -> None:
    change = override(called(), an_override("tm-south-a"), directory=DIRECTORY, clash=True, at=NOW)

    (fact,) = change.facts
    assert isinstance(fact, LeadReassigned)
    assert (fact.lead, fact.team, fact.rule) == ("tm-south-a", "south", AssignmentRule.OVERRIDE)
    assert "Fictional" not in repr(fact)
    assert "tm-south-a leads another meeting at that time." in fact.reasons
    assert change.state.meetings[-1].override_reason == "Fictional: knows the family"


@pytest.mark.parametrize("lead", ["nobody-demo", "sw-north-1"])
def test_an_override_to_somebody_who_cannot_lead_is_a_clear_error(lead: str) -> None:
    with pytest.raises(UnknownPerson, match="team directory"):
        override(called(), an_override(lead), directory=DIRECTORY, clash=False, at=NOW)


def test_an_override_to_the_same_lead_is_refused() -> None:
    with pytest.raises(LeadIsTheSame):
        override(called(), an_override("tm-north-a"), directory=DIRECTORY, clash=False, at=NOW)


LATE = NOW + timedelta(minutes=15)


def test_an_unacknowledged_lead_is_escalated_once() -> None:
    change = escalate(called(), unanswered="tm-north-a", choice=NEXT, directory=DIRECTORY, at=LATE)

    assert change is not None
    (fact,) = change.facts
    assert isinstance(fact, LeadReassigned)
    assert fact.because is ReassignedBecause.NOT_ACKNOWLEDGED
    assert fact.acknowledge_by == LATE + timedelta(minutes=15)
    again = escalate(
        change.state, unanswered="tm-north-a", choice=NEXT, directory=DIRECTORY, at=LATE
    )
    assert again is None


def test_an_answer_in_time_is_not_escalated() -> None:
    early, answered = called(), acknowledged()

    for case, at in ((early, LATE - timedelta(milliseconds=1)), (answered, LATE)):
        assert (
            escalate(case, unanswered="tm-north-a", choice=NEXT, directory=DIRECTORY, at=at) is None
        )


def test_when_nobody_else_is_left_the_lead_stays() -> None:
    same = a_choice("tm-north-a")

    assert (
        escalate(called(), unanswered="tm-north-a", choice=same, directory=DIRECTORY, at=LATE)
        is None
    )
