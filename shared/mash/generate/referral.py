"""The referral as it is sent: one body, answered as the form's rules ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from shared.events.codes import Agreement, Concern, Danger, NotAskedReason, ReferralSource
from shared.mash.generate.people import Child, a_name, words
from shared.mash.generate.steps import StepName
from shared.mash.generate.story import PHYSICAL, Story

GROUPS: Final = ("individual", "health", "local-authority")
"""Groups of sources that are published together; another figure shares them out."""
BY_NEED: Final[Mapping[str, str]] = {
    "N2": Concern.DISABILITY_SUPPORT.value,
    "N7": Concern.HOUSING_OR_MONEY.value,
}
LEVELS: Final = {
    "no-further-action": 1,
    "information-and-advice": 2,
    "early-help": 2,
    "single-assessment": 3,
    "strategy-meeting": 4,
}
REQUESTS: Final = ("advice", "advice", "early-help", "assessment", "protection-now")
SURE: Final = frozenset({PHYSICAL, Concern.SEXUAL.value})
WHY: Final = (
    NotAskedReason.RISK_TO_CHILD.value,
    NotAskedReason.POLICE_INVESTIGATION.value,
)


def send(story: Story) -> None:
    """The referrer, or the practitioner who takes the call, sends the referral."""
    story.add(StepName.RECEIVE, story.received_at, _sender(story), _body(story))


def settle(story: Story) -> None:
    """Draw what the referral is about and what will come of it, before anybody writes a word."""
    chance = story.chance
    source = chance.pick("source")
    story.source = chance.pick(source) if source in GROUPS else source
    story.outcome = _outcome(story)
    meeting = story.outcome == "strategy-meeting"
    if meeting:
        story.danger = chance.pick("danger")
    story.concerned = meeting or (
        story.outcome == "single-assessment" and chance.whether("concerned")
    )


def _outcome(story: Story) -> str:
    if not story.chance.whether("assessed"):
        return story.chance.pick("not_assessed")
    meets = story.chance.whether("strategy_meeting")
    return "strategy-meeting" if meets else "single-assessment"


def _sender(story: Story) -> str:
    partner = None if story.source == "10" else story.staff.partners.get(story.source[0])
    return partner or story.chance.one_of(story.staff.practitioners)


def _body(story: Story) -> dict[str, Any]:
    return {
        "submission_id": story.submission_id,
        "urgent": story.danger == Danger.YES,
        **_safety(story),
        "children": [_child(each, story) for each in story.family.children],
        **_worries(story),
        **_family_view(story),
        **_request(story),
        **_referrer(story),
    }


def _safety(story: Story) -> dict[str, Any]:
    told: dict[str, Any] = {
        "immediate_danger": story.danger,
        "where_child_now": story.chance.one_of(words()["where"]),
    }
    if story.source[0] == "2":
        told["going_home"] = "no" if story.danger == Danger.NO else "yes"
        if story.danger != Danger.NO:
            told["going_home_at"] = "15:15"
    return told


def _child(child: Child, story: Story) -> dict[str, Any]:
    born = child.born_on < story.day
    told = {
        "born": born,
        "last_name": child.last_name,
        "address_kind": "address",
        "address": story.family.address,
        "postcode": story.family.postcode,
        "how_long": "not known",
        "ethnicity": story.family.ethnicity,
    }
    if not born:
        expected = {"expected_date": child.born_on.isoformat()}
        return {**told, **expected, "description": f"Baby of Ms {child.last_name}, not born yet"}
    told |= {
        "first_names": child.first_names,
        "sex": child.sex,
        "date_of_birth": child.born_on.isoformat(),
    }
    if (story.day - child.born_on).days > STARTS_SCHOOL:
        told["school"] = story.family.school
    return told


STARTS_SCHOOL: Final = 5 * 365


def _worries(story: Story) -> dict[str, Any]:
    chance = story.chance
    need = chance.pick("primary_need")
    meets = story.outcome == "strategy-meeting"
    leaning = chance.proportions.meeting_share
    drawn = chance.some_of(chance.proportions["concerns"], leaning=leaning, to=meets)
    by_need = (BY_NEED[need],) if need in BY_NEED else ()
    story.concerns = (*drawn, *by_need) or (Concern.OTHER.value,)
    happened_on = story.day - timedelta(days=chance.between(0, 4))
    told = {
        "categories": list(story.concerns),
        "main_category": story.concerns[0],
        "primary_need": need,
        "worry_text": " ".join(chance.one_of(words()["worries"][each]) for each in story.concerns),
        "happened_on": happened_on.isoformat(),
        "happened_at": "not known",
        "how_you_know": ["saw-it"],
    }
    if chance.between(0, 2):
        told["childs_words"] = chance.one_of(words()["said"])
    else:
        told["childs_words_why_not"] = chance.one_of(words()["not_spoken"])
    return {**told, **_injury(story)}


def _injury(story: Story) -> dict[str, Any]:
    if not story.physical_harm:
        return {}
    return {
        "injury_where": "Upper arm",
        "injury_description": "Blue and yellow, the size of a plum",
        "injury_explanation": "not known",
        "injury_mobile": "not-known",
        "injury_medical_seen": "not-known",
    }


def _family_view(story: Story) -> dict[str, Any]:
    """What the family know; not asked here where a child may need protecting at once."""
    serious = _told_level(story) == LEVELS["strategy-meeting"] or story.danger != Danger.NO
    if serious or SURE & set(story.concerns):
        return {}
    answer = story.chance.pick("agreement")
    if answer in (Agreement.NOT_ASKED, Agreement.NO_ANSWER_YET):
        return _not_asked(story, answer)
    asked_at = story.received_at - story.minutes(10, 240)
    told = {
        "told_family": True,
        "agreement": answer,
        "asked_who": "Mother",
        "asked_by": "referrer",
        "asked_when": asked_at.isoformat(),
        "asked_how": story.chance.one_of(("face-to-face", "telephone")),
    }
    if answer == Agreement.AGREED_IN_PART:
        told["agreed_scope"] = "Not with the housing office"
    if answer == Agreement.DID_NOT_AGREE:
        told["parent_views"] = words()["refused"]
    return told


def _not_asked(story: Story, answer: str) -> dict[str, Any]:
    waiting = answer == Agreement.NO_ANSWER_YET
    why = NotAskedReason.COULD_NOT_REACH.value if waiting else story.chance.one_of(WHY)
    told: dict[str, Any] = {
        "told_family": waiting,
        "agreement": answer,
        "not_asked_reason": why,
        "not_asked_detail": words()["not_asked"][why],
    }
    if waiting:
        told["will_ask_by"] = (story.day + timedelta(days=3)).isoformat()
    return told


def _request(story: Story) -> dict[str, Any]:
    told: dict[str, Any] = {
        "needs_to_happen": REQUESTS[LEVELS[story.outcome]],
        "declaration": True,
    }
    if level := _told_level(story):
        told["threshold_level"] = level
    return told


def _told_level(story: Story) -> int | None:
    """The threshold level as the referrer sees it; the public is not asked."""
    return LEVELS[story.outcome] if story.source in words()["referrers"] else None


def _referrer(story: Story) -> dict[str, Any]:
    told: dict[str, Any] = {"referral_source": story.source}
    if story.source == ReferralSource.ANONYMOUS:
        return {**told, "anonymous": True}
    told["ref_name"] = a_name(story.chance)
    told["ref_phone"] = f"0121 496 0{story.chance.between(0, 999):03d}"
    if post := words()["referrers"].get(story.source):
        return {**told, "ref_role": post["role"], "ref_agency": post["agency"]}
    return {**told, "relationship_to_child": words()["relations"][story.source]}
