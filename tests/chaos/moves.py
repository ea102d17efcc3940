"""The moves of the second half of a story: each plans one command from how the case then stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.chaos.answers import CORE, NOT_ALONE, NOT_SEEN, some_attendance, whole_minutes
from tests.chaos.asking import MANAGER, Ask
from tests.chaos.ledger import Cause
from tests.chaos.people import as_on_the_wall
from tests.chaos.stories import Story
from tests.support.waiting import eventually


def case_of(story: Story, *, with_its: str = "children") -> dict[str, Any]:
    """Return the case as the service that carries the work shows it, with what was done to it.

    A primary that was frozen or cut off answers for a moment as things stood before: what was
    acknowledged may be missing then, and must be there when somebody looks again.
    """

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] | None = story.client.get(MANAGER, f"/strategy/api/cases/{story.ref}")
        return found if found and found[with_its] else None

    found = eventually(look, f"{story.ref} with its {with_its}, acknowledged before", within=60)
    assert found
    return found


def call_meeting(story: Story) -> Ask:
    """The MASH manager calls the meeting, for some time today."""
    starts = whole_minutes(story.client.now()) + timedelta(minutes=story.chance.randint(1, 600))
    physical = case_of(story)["physical_harm_alleged"]
    invited = [*CORE, *(["paediatrician"] if physical else [])]
    body = {"starts_at": starts.isoformat(), "mode": "video", "invited": invited}
    says = {"meeting": 1, "starts_at": starts.isoformat(), "mode": "video", "invited": invited}
    causes = [
        Cause(type="strategy.meeting-called", says=says),
        Cause(type="strategy.lead-assigned", says={"meeting": 1}),
    ]
    typed = {**body, "starts_at": as_on_the_wall(starts)}
    return _ask(story, "meeting", body, causes, person=MANAGER, page="meeting", typed=typed)


def _lead(story: Story) -> str:
    return str(case_of(story, with_its="meetings")["meetings"][-1]["lead"]["person"])


def acknowledge(story: Story) -> Ask:
    """The lead says: mine."""
    lead = _lead(story)
    causes = [Cause(type="strategy.lead-acknowledged", says={"meeting": 1, "lead": lead})]
    return _ask(story, "lead/acknowledge", {}, causes, person=lead, page="lead/acknowledge")


def decline(story: Story) -> Ask:
    """The lead cannot lead."""
    lead, reason = _lead(story), "other-urgent-work"
    causes = [
        Cause(type="strategy.lead-declined", says={"lead": lead, "reason": reason}),
        Cause(type="strategy.lead-reassigned", says={"previous_lead": lead, "because": "declined"}),
    ]
    body = {"reason": reason}
    return _ask(story, "lead/decline", body, causes, person=lead, page="lead/decline", typed=body)


def override(story: Story) -> Ask:
    """A manager names another lead."""
    lead = _lead(story)
    others = [each for each in story.office.managers_of(None) if each != lead]
    named = story.chance.choice(others)
    body = {"lead": named, "reason": "Knows the family from an earlier enquiry."}
    # Whom the named lead follows is not said: the system may just have passed the meeting on.
    says = {"lead": named, "because": "override"}
    causes = [Cause(type="strategy.lead-reassigned", says=says)]
    return _ask(
        story, "lead/override", body, causes, person=MANAGER, page="lead/override", typed=body
    )


def record_meeting(story: Story) -> Ask:
    """The record is made by whoever leads: a police officer who stayed away needs a reason."""
    case, lead = case_of(story, with_its="meetings"), _lead(story)
    invited = case["meetings"][-1]["invited"]
    attended = some_attendance(story.chance, invited)
    held_at = _possible(story, case)
    quorate = all(each["presence"] == "attended" for each in attended)
    section_47 = story.chance.random() < 0.7
    body: dict[str, Any] = {
        "held_at": held_at,
        "attendance": attended,
        "section_47": section_47,
        "rationale": "Reasonable cause to suspect significant harm was looked at together.",
    }
    says = {"meeting": 1, "led_by": lead, "quorate": quorate, "section_47": section_47}
    causes = [Cause(type="strategy.meeting-held", says=says, occurred_at=held_at)]
    if not quorate:
        body["emergency_reason"] = "The police are at another child; this one cannot wait."
        body["follow_up_by"] = (story.client.now() + timedelta(hours=20)).isoformat()
        causes.append(Cause(type="strategy.meeting-not-quorate", says={"missing": ["police"]}))
    if case["physical_harm_alleged"]:
        body["medicals"] = [
            {"child": each["child"], "decision": "required"} for each in case["children"]
        ]
        causes += [
            Cause(type="strategy.medical-decided", says={"meeting": 1, **each})
            for each in body["medicals"]
        ]
    return _ask(story, "meeting/record", body, causes, person=lead)


def allocate(story: Story) -> Ask:
    """The team manager allocates the case."""
    team = case_of(story)["team"]
    manager = story.chance.choice(story.office.managers_of(team))
    # A case in nobody's patch is received by the team of the manager who takes it.
    team = team or next(
        each["code"] for each in story.office.directory["teams"] if manager in each["managers"]
    )
    worker = story.chance.choice(story.office.workers_of(team))
    visit_by = whole_minutes(story.client.now()) + timedelta(hours=8)
    plan = "See every child today, alone where old enough; speak with both parents."
    body = {"social_worker": worker, "plan": plan, "visit_by": visit_by.isoformat()}
    says = {
        "social_worker": worker,
        "team": team,
        "visit_by": visit_by.isoformat(),
        "children": story.children,
    }
    causes = [Cause(type="strategy.case-allocated", says=says)]
    typed = {**body, "visit_by": as_on_the_wall(visit_by)}
    return _ask(story, "allocation", body, causes, person=manager, page="allocation", typed=typed)


def attempt_visit(story: Story, child: str, visitor: str) -> Ask:
    """Nobody was at home, or something like it."""
    at = _possible(story, case_of(story))
    reason = story.chance.choice(NOT_SEEN)
    body = {
        "attempted_at": at,
        "reason": reason,
        "next_attempt_at": (story.client.now() + timedelta(hours=3)).isoformat(),
    }
    says = {"child": child, "social_worker": visitor, "reason": reason}
    causes = [Cause(type="strategy.visit-attempted", says=says, occurred_at=at)]
    return _ask(story, f"children/{child}/attempts", body, causes, person=visitor)


def see_child(story: Story, child: dict[str, Any], visitor: str) -> Ask:
    """The child was seen."""
    at, alone = _possible(story, case_of(story)), story.chance.random() < 0.7
    why = "unborn" if child["unborn"] else story.chance.choice(NOT_ALONE)
    body = {
        "seen_at": at,
        "seen_alone": alone and not child["unborn"],
        "childs_views": "Drew a house with one window and talked about it.",
    }
    if not body["seen_alone"]:
        body["not_alone_reason"] = why
    says = {"child": child["child"], "social_worker": visitor, "seen_alone": body["seen_alone"]}
    minute = whole_minutes(datetime.fromisoformat(at))
    received = datetime.fromisoformat(case_of(story)["received_at"])
    # A form tells whole minutes: in the minute of the referral itself only JSON can be exact.
    page = f"children/{child['child']}/visit/seen" if minute >= received else ""
    return _ask(
        story,
        f"children/{child['child']}/seen",
        body,
        [Cause(type="strategy.child-seen", says=says, occurred_at=at)],
        person=visitor,
        page=page,
        typed={**body, "seen_at": as_on_the_wall(minute)},
        causes_of_page=[
            Cause(type="strategy.child-seen", says=says, occurred_at=minute.isoformat())
        ],
    )


def _possible(story: Story, case: dict[str, Any]) -> str:
    """Return a moment between the referral and now, mostly a moment ago."""
    received, now = datetime.fromisoformat(case["received_at"]), story.client.now()
    passed = max(now - received, timedelta(0))
    ago = passed * story.chance.random() if story.chance.random() < 0.3 else timedelta(0)
    return (now - ago).isoformat(timespec="milliseconds")


def _ask(
    story: Story,
    what: str,
    body: dict[str, Any],
    causes: list[Cause],
    *,
    person: str,
    page: str = "",
    **more: Any,
) -> Ask:
    where = f"/strategy/cases/{story.ref}"
    ending = what if not page else f"/{page}"
    return Ask(
        what=what.split("/", 2)[-1] if what.startswith("children/") else what,
        person=person,
        path=f"/strategy/api/cases/{story.ref}/{what}",
        body={"submission_id": str(uuid4()), **body},
        causes=causes,
        page=f"{where}/{page}" if page else "",
        find=lambda found: found.form_to(ending),
        **more,
    )
