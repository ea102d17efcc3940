"""What the hub does: know a family again, decide the threshold, tell the referrer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from shared.events.codes import Danger, InformedBy, ReferralSource
from shared.ids import case_reference, child_reference
from shared.mash.generate.people import words
from shared.mash.generate.referral import LEVELS
from shared.mash.generate.steps import StepName
from shared.mash.generate.story import Story, to_the_minute

BY: Final = tuple(each.value for each in InformedBy)
NEVER: Final = "never"
AT_LEAST: Final = 25
"""Minutes that reading, checking and deciding take at least."""
TWO_DAYS: Final = 16 * 60


def match(story: Story) -> None:
    """A practitioner confirms that each child is a child of the earlier referral."""
    if story.earlier is None:
        return
    by = story.chance.one_of(story.staff.practitioners)
    found_after = story.chance.between(3, 12)
    earlier = story.earlier.submission_id
    known_case = case_reference(earlier)
    for position, child in enumerate(story.children):
        at = _soon(story, found_after + position)
        known_child = child_reference(earlier, position)
        body = {"child": child, "known_child": known_child, "known_case": known_case}
        story.add(StepName.MATCH, at, by, body)


def decide(story: Story) -> datetime | None:
    """The MASH manager decides the threshold. Returns when; nothing where nobody has, yet."""
    at = _decided_at(story)
    if at is None:
        return None
    body = {
        "outcome": story.outcome,
        "child_protection_concerns": story.concerned,
        "threshold_level": LEVELS[story.outcome],
        "rationale": words()["rationale"][story.outcome],
        "guidance_version": _guidance(at),
        "feedback": words()["feedback"][story.outcome],
    }
    story.add(StepName.DECIDE, at, story.staff.hub_manager, body)
    return at


def tell(story: Story, decided_at: datetime) -> None:
    """A practitioner tells the referrer, and records it. Who left no number cannot be told."""
    if story.source == ReferralSource.ANONYMOUS:
        return
    match story.chance.pick("told"):
        case "at-once":
            told_at = decided_at + story.minutes(5, 60)
        case "next-day":
            told_at = story.office.opening(decided_at, 1) + story.minutes(0, 240)
        case "late":
            days = story.chance.between(2, 6)
            told_at = story.office.opening(decided_at, days) + story.minutes(0, 420)
        case _:
            return
    told_at = to_the_minute(told_at)
    body = {
        "informed_by": story.chance.one_of(BY),
        "informed_at": told_at.isoformat(),
        "what_was_said": words()["feedback"][story.outcome],
    }
    by = story.chance.one_of(story.staff.practitioners)
    story.add(StepName.TELL, told_at + story.minutes(1, 10), by, body)


def _soon(story: Story, minutes: int) -> datetime:
    """So many minutes later: of the clock where a child is in danger, else of the hub's day."""
    if story.danger == Danger.NO:
        return story.office.after(story.received_at, minutes)
    return story.received_at + timedelta(minutes=minutes)


def _decided_at(story: Story) -> datetime | None:
    chance = story.chance
    if story.danger != Danger.NO:
        # By day or night: the emergency duty team decides when the hub is closed.
        return _soon(story, chance.between(AT_LEAST, 90))
    left = int(story.office.left_until_next_close(story.received_at))
    match chance.pick("decision"):
        case "in-time":
            # The smaller of two: more are decided soon than in the last hour.
            minutes = min(chance.between(AT_LEAST, left - 5), chance.between(AT_LEAST, left - 5))
        case "late":
            minutes = left + chance.between(30, TWO_DAYS)
        case _:
            return None
    return story.office.after(story.received_at, minutes)


def _guidance(at: datetime) -> str:
    """The issue of the threshold guidance in force, or the first where there was none yet."""
    issues: list[dict[str, Any]] = words()["guidance"]
    begun = [each for each in issues if each["from"] <= at.date().isoformat()]
    version: str = (begun or issues[:1])[-1]["version"]
    return version
