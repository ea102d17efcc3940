"""What people say on the forms: made by chance from a seed, always at a possible time."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.clock import london
from tests.builders import (
    a_child,
    a_decision,
    a_public_referral,
    a_referral,
    an_alleged_injury,
    an_unborn_child,
    an_urgent_referral,
)

CORE = ("social-care", "police", "health")
AREAS = ("B70 0AA", "B71 0AA", "B66 0AA", "B68 0AA", "DY4 0AA", "WS10 0AA", "LE1 0AA")
"""In the patch of each team, and one that is in nobody's."""
FIRST_NAMES = ("Blue", "Green", "Silver", "Amber", "Violet", "Copper", "Coral", "Olive")
OUTCOMES = (
    "no-further-action",
    "information-and-advice",
    "early-help",
    "single-assessment",
    "strategy-meeting",
    "strategy-meeting",
)
STATUTORY = ("single-assessment", "strategy-meeting")
NOT_SEEN = ("nobody-at-home", "refused-entry", "child-elsewhere", "wrong-address")
NOT_ALONE = ("baby-or-very-young", "child-declined", "needs-supporter-or-interpreter")


def some_referral(chance: random.Random, now: datetime) -> dict[str, Any]:
    """Return a whole referral as JSON, of one of the kinds that the hub receives."""
    kind = chance.choice((a_referral, an_alleged_injury, an_urgent_referral, a_public_referral))
    body = kind(children=[_some_child(chance, now) for _ in range(chance.choice((1, 1, 1, 2, 3)))])
    if "asked_when" in body:
        body["asked_when"] = whole_minutes(now - timedelta(hours=1)).isoformat()
    if "happened_on" in body:
        body["happened_on"] = (london(now).date() - timedelta(days=1)).isoformat()
    if kind is an_urgent_referral:
        body["immediate_danger"] = chance.choice(("yes", "not-sure"))
        for child in body["children"]:  # the short form does not ask
            child.pop("sex", None)
    return body


def _some_child(chance: random.Random, now: datetime) -> dict[str, Any]:
    where = {"postcode": chance.choice(AREAS)}
    if chance.random() < 0.1:
        expected = (london(now).date() + timedelta(days=40)).isoformat()
        return an_unborn_child(expected_date=expected, **where)
    born = f"{chance.randint(2014, 2023)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    return a_child(first_names=chance.choice(FIRST_NAMES), date_of_birth=born, **where)


def says_referral(body: Mapping[str, Any], door: str) -> dict[str, Any]:
    """Return what the event of this referral must say."""
    first = body["children"][0].get("postcode", "")
    return {
        "door": door,
        "source": body["referral_source"],
        "urgent": body["urgent"],
        "immediate_danger": body["immediate_danger"],
        "concerns": body["categories"],
        "area": first.split(" ")[0] if first else "not-known",
        "children": [{"unborn": not each["born"]} for each in body["children"]],
        "told_family": body.get("told_family"),
        "agreement": body.get("agreement"),
        "not_asked_reason": body.get("not_asked_reason"),
        "threshold_level": body.get("threshold_level"),
    }


def spoilt(chance: random.Random, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the referral with a fault for which it must be refused."""
    wrong = chance.choice(
        (
            {"worry_text": "Too short."},
            {"children": []},
            {"immediate_danger": "perhaps"},
            {"categories": ["nothing-we-know"]},
            {"colour_of_the_door": "red"},
            {"children": [{**body["children"][0], "postcode": "nowhere"}]},
        )
    )
    return {**body, **wrong}


def some_decision(chance: random.Random, referral: Mapping[str, Any]) -> dict[str, Any]:
    """Return a threshold decision that the rules allow for this referral."""
    outcome = chance.choice(OUTCOMES)
    concerns = outcome == "strategy-meeting" or (
        outcome == "single-assessment" and chance.random() < 0.5
    )
    decision = a_decision(
        outcome=outcome,
        child_protection_concerns=concerns,
        threshold_level=4 if concerns else chance.randint(1, 3),
    )
    if outcome == "no-further-action" and referral["immediate_danger"] == "yes":
        decision["danger_passed_detail"] = "Seen by the police within the hour; the adult has left."
    return decision


def says_decision(decision: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the event of this decision must say."""
    told = ("outcome", "child_protection_concerns", "threshold_level", "guidance_version")
    return {name: decision[name] for name in told}


def some_attendance(chance: random.Random, invited: list[str]) -> list[dict[str, Any]]:
    """Return who came: mostly everybody, sometimes without the police."""
    away = "police" if chance.random() < 0.15 else ""
    return [
        {"agency": each, "presence": "did-not-attend"}
        if each == away
        else {"agency": each, "presence": "attended", "can_decide": True}
        for each in invited
    ]


def whole_minutes(at: datetime) -> datetime:
    """Return the minute of a moment, as a person would write it."""
    return at.replace(second=0, microsecond=0)
