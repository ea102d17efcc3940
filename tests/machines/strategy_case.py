"""What a strategy case must say of itself, derived from its events and its reservations alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from services.strategy.domain.case import Case, Meeting, Stage
from shared.events.codes import AssignmentRule
from tests.machines.frame import Kept

MAY_CLASH = frozenset({AssignmentRule.HEAD_OF_SERVICE, AssignmentRule.OVERRIDE})
"""The last in order leads without a free slot, and a human may name anybody (DECISIONS 18)."""


def agrees(case: Case, found: Kept) -> None:
    """The state is what the events say."""
    said = found.types()
    recorded = [each.record for each in case.meetings if each.record]
    assert found.stream[0]["type"] == "strategy.case-opened"
    assert said["strategy.case-opened"] == 1
    assert said["strategy.meeting-called"] == said["strategy.lead-assigned"] == len(case.meetings)
    assert said["strategy.meeting-held"] == len(recorded)
    assert said["strategy.meeting-not-quorate"] == sum(not each.quorate for each in recorded)
    assert said["strategy.medical-decided"] == sum(len(each.medicals) for each in recorded)
    assert said["strategy.case-allocated"] == (case.allocation is not None) <= 1
    assert case.stage is stage_told(case)
    assert leads_told(found) == {each.number: each.lead.person for each in case.meetings}
    for child in case.children:
        assert times_told(found, "strategy.child-seen", child.child) == len(child.visits)
        assert times_told(found, "strategy.visit-attempted", child.child) == len(child.attempts)
    assert [each.number for each in case.meetings] == list(range(1, len(case.meetings) + 1))
    assert all(not each.open for each in case.meetings[:-1])


def stage_told(case: Case) -> Stage:
    """How far the case has come, from what happened to it."""
    if case.allocation:
        return Stage.ALLOCATED
    if any(not each.open for each in case.meetings):
        return Stage.MEETING_HELD
    return Stage.MEETING_CALLED if case.meetings else Stage.OPENED


def leads_told(found: Kept) -> Mapping[int, str]:
    """Who leads each meeting, from the events; each reassignment names who led before."""
    leads: dict[int, str] = {}
    for wire in found.stream:
        data = wire["data"]
        if wire["type"] == "strategy.lead-reassigned":
            assert data["previous_lead"] == leads[data["meeting"]]
        if wire["type"] in ("strategy.lead-assigned", "strategy.lead-reassigned"):
            leads[data["meeting"]] = data["lead"]
    return leads


def times_told(found: Kept, kind: str, child: str) -> int:
    """How often the events say this of a child."""
    return sum(wire["type"] == kind and wire["data"]["child"] == child for wire in found.stream)


def nobody_leads_two_at_once(cases: Iterable[Case]) -> None:
    """Open meetings of one manager do not overlap."""
    by_lead: dict[str, list[Meeting]] = {}
    for case in cases:
        if (meeting := case.open_meeting) and meeting.lead.rule not in MAY_CLASH:
            by_lead.setdefault(meeting.lead.person, []).append(meeting)
    for meetings in by_lead.values():
        ordered = sorted(meetings, key=lambda each: each.starts_at)
        assert all(one.ends_at <= other.starts_at for one, other in pairwise(ordered))
