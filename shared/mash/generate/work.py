"""What the team does: the strategy meeting, the allocation, the visits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from shared.events.codes import (
    Agency,
    MedicalDecision,
    MeetingMode,
    NotAloneReason,
    NotSeenReason,
    Presence,
)
from shared.mash.generate.people import A_YEAR, Child, words
from shared.mash.generate.steps import StandsFor, StepName
from shared.mash.generate.story import Story, by_day, to_the_minute
from shared.working_days import end_of_london_day, london_day

MODES: Final = tuple(each.value for each in MeetingMode)
NOT_SEEN: Final = tuple(each.value for each in NotSeenReason)
CORE: Final = (Agency.SOCIAL_CARE.value, Agency.POLICE.value, Agency.HEALTH.value)
MISSING: Final = {"health-missing": Agency.HEALTH.value, "police-missing": Agency.POLICE.value}
THERE: Final = (Presence.ATTENDED.value,) * 4 + (Presence.SENT_REPORT.value,)
VERY_YOUNG: Final = 3
ASSESSMENT_DAYS: Final = 10
ALONE: Final = "alone"


def meet(story: Story, decided_at: datetime) -> datetime | None:
    """Call the meeting, lead it and record it. Returns when it was recorded, if it was."""
    called_at = decided_at + story.minutes(5, 40)
    starts_at = _meeting_starts(story, called_at)
    invited = _invited(story)
    planned = starts_at or to_the_minute(by_day(called_at + timedelta(hours=2)))
    call = {
        "submission_id": story.submission(StepName.CALL_MEETING),
        "starts_at": planned.isoformat(),
        "mode": story.chance.one_of(MODES),
        "invited": list(invited),
    }
    story.add(StepName.CALL_MEETING, called_at, story.staff.hub_manager, call)
    lead = _acknowledge(story, called_at)
    return _record(story, starts_at, invited, lead) if starts_at else None


def allocate(story: Story, ready_at: datetime) -> datetime | None:
    """Allocate the case to a social worker of the team. Returns when, if it is."""
    chance, office = story.chance, story.office
    match chance.pick("allocation"):
        case "same-day":
            at = ready_at + story.minutes(5, 45)
        case "next-day":
            at = office.opening(ready_at, 1) + story.minutes(0, 240)
        case "late":
            at = office.opening(ready_at, chance.between(2, 5)) + story.minutes(0, 420)
        case _:
            return None
    meeting = story.outcome == "strategy-meeting"
    worker = chance.one_of(story.family.team.workers)
    body = {
        "submission_id": story.submission(StepName.ALLOCATE),
        "social_worker": worker,
        "plan": words()["plan"],
        "visit_by": _visit_by(story, at, meeting=meeting).isoformat(),
    }
    by = story.family.team.managers[0]
    lead = StandsFor.LEAD if meeting else None
    story.add(StepName.ALLOCATE, at, by, body, stands_for=lead)
    _visit(story, at, worker, meeting=meeting)
    return at


def _meeting_starts(story: Story, called_at: datetime) -> datetime | None:
    match story.chance.pick("meeting"):
        case "same-day":
            at = by_day(called_at + story.minutes(45, 150))
        case "next-day":
            at = story.office.opening(called_at, 1) + story.minutes(0, 300)
        case "later":
            days = story.chance.between(2, 4)
            at = story.office.opening(called_at, days) + story.minutes(0, 420)
        case _:
            return None
    return to_the_minute(at)


def _invited(story: Story) -> tuple[str, ...]:
    more = [Agency.PAEDIATRICIAN.value] if story.physical_harm else []
    if story.source[0] == "2":
        more.append(Agency.EDUCATION.value)
    return (*CORE, *more)


def _acknowledge(story: Story, called_at: datetime) -> str:
    """The lead says: mine; or does not, and the system has passed the meeting on meanwhile."""
    team, first = story.family.team, story.chance.pick("lead") == "acknowledges"
    by = story.chance.one_of(team.managers if first else team.deputies)
    at = called_at + (story.minutes(1, 13) if first else story.minutes(17, 28))
    body = {"submission_id": story.submission(StepName.ACKNOWLEDGE)}
    story.add(StepName.ACKNOWLEDGE, at, by, body, stands_for=StandsFor.LEAD)
    return by


def _record(story: Story, held_at: datetime, invited: tuple[str, ...], lead: str) -> datetime:
    chance = story.chance
    recorded_at = held_at + story.minutes(35, 75)
    absent = MISSING.get(chance.pick("quorum"))
    body: dict[str, Any] = {
        "submission_id": story.submission(StepName.RECORD_MEETING),
        "held_at": held_at.isoformat(),
        "attendance": [_presence(story, each, absent) for each in invited],
        "section_47": chance.whether("section_47"),
        "rationale": words()["meeting"],
    }
    if absent:
        body["emergency_reason"] = words()["emergency"]
        body["follow_up_by"] = (recorded_at + timedelta(days=1)).isoformat()
    if story.physical_harm:
        body["medicals"] = [_medical(story, each, lead) for each in story.children]
    lead_stands = StandsFor.LEAD
    story.add(StepName.RECORD_MEETING, recorded_at, lead, body, stands_for=lead_stands)
    return recorded_at


def _presence(story: Story, agency: str, absent: str | None) -> dict[str, Any]:
    if agency == absent:
        return {"agency": agency, "presence": Presence.DID_NOT_ATTEND.value}
    presence = story.chance.one_of(THERE)
    return {
        "agency": agency,
        "presence": presence,
        "can_decide": presence == Presence.ATTENDED,
    }


def _medical(story: Story, child: str, lead: str) -> dict[str, Any]:
    decision = story.chance.pick("medical")
    if decision == MedicalDecision.REQUIRED:
        return {"child": child, "decision": decision}
    reason = words()["medical"]
    return {"child": child, "decision": decision, "reason": reason, "approved_by": lead}


def _visit_by(story: Story, at: datetime, *, meeting: bool) -> datetime:
    if meeting:
        return to_the_minute(end_of_london_day(london_day(by_day(at + timedelta(hours=1)))))
    return story.office.opening(at, ASSESSMENT_DAYS) + timedelta(minutes=story.office.minutes)


def _visit(story: Story, allocated_at: datetime, worker: str, *, meeting: bool) -> None:
    """Visit the children, perhaps in vain at first; or not at all, yet."""
    at = _visited_at(story, allocated_at, "visit" if meeting else "assessment_visit")
    if at is None:
        return
    if story.chance.whether("attempt"):
        at = _in_vain(story, at, worker, meeting=meeting)
    for position, child in enumerate(story.family.children):
        seen_at = at + timedelta(minutes=10 * position)
        _see(story, seen_at, worker, position, child)


def _visited_at(story: Story, allocated_at: datetime, figure: str) -> datetime | None:
    chance, office = story.chance, story.office
    late = (2, 5) if figure == "visit" else (11, 14)
    match chance.pick(figure):
        case "same-day":
            at = by_day(allocated_at + story.minutes(35, 150))
        case "next-day":
            at = office.opening(allocated_at, 1) + story.minutes(0, 480)
        case "days":
            at = office.opening(allocated_at, chance.between(2, 9)) + story.minutes(0, 480)
        case "late":
            at = office.opening(allocated_at, chance.between(*late)) + story.minutes(0, 480)
        case _:
            return None
    return to_the_minute(at)


def _in_vain(story: Story, at: datetime, worker: str, *, meeting: bool) -> datetime:
    """Nobody is seen; returns when it is tried again."""
    again = by_day(at + timedelta(hours=3)) if meeting else story.office.opening(at, 1)
    again = to_the_minute(again)
    reason = story.chance.one_of(NOT_SEEN)
    recorded_at = at + story.minutes(5, 30)
    for child in story.children:
        body = {
            "submission_id": story.submission(StepName.ATTEMPT),
            "attempted_at": at.isoformat(),
            "reason": reason,
            "next_attempt_at": again.isoformat(),
        }
        story.add(
            StepName.ATTEMPT,
            recorded_at,
            worker,
            body,
            stands_for=StandsFor.SOCIAL_WORKER,
            child=child,
        )
    return again


def _see(story: Story, at: datetime, worker: str, position: int, child: Child) -> None:
    why_not = _why_not_alone(story, child, at)
    body = {
        "submission_id": story.submission(StepName.SEE),
        "seen_at": at.isoformat(),
        "seen_alone": why_not is None,
        "childs_views": story.chance.one_of(words()["views"]),
    }
    if why_not:
        body["not_alone_reason"] = why_not
    story.add(
        StepName.SEE,
        at + story.minutes(15, 60),
        worker,
        body,
        stands_for=StandsFor.SOCIAL_WORKER,
        child=story.children[position],
    )


def _why_not_alone(story: Story, child: Child, at: datetime) -> str | None:
    if child.born_on >= story.day:
        # As the referral says, also if the child was born since: the case knows no better.
        return NotAloneReason.UNBORN.value
    if (at.date() - child.born_on).days < VERY_YOUNG * A_YEAR:
        return NotAloneReason.BABY_OR_VERY_YOUNG.value
    answer = story.chance.pick("seen_alone")
    return None if answer == ALONE else answer
