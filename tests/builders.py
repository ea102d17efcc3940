"""Complete, fictional referrals: `a_referral(**but)` says only what a test is about.

Every person here is made up and named after something that is plainly not a person.
"""

from __future__ import annotations

from typing import Any

from shared.ids import new_submission_id

WORRY = (
    "Blue Teapot came to school with a hole in both shoes for the fourth Monday running "
    "and said there had been no breakfast since Friday."
)
TEST_NHS_NUMBER = "9990000018"
"""A number of the range that the NHS keeps for tests: nobody has it."""

FICTIONAL_NAMES = ("Teapot", "Kettle", "Biscuit", "Saucer")
"""Names that must never be seen in an event, an address or a log."""


def a_child(**but: Any) -> dict[str, Any]:
    """A child known by name, with a birth date and an address."""
    return {
        "born": True,
        "first_names": "Blue",
        "last_name": "Teapot",
        "date_of_birth": "2017-03-14",
        "sex": "female",
        "address_kind": "address",
        "address": "1 Invented Street, Nowhere-upon-Tame",
        "postcode": "B70 0AA",
        "how_long": "Since birth",
        **but,
    }


def a_sibling(**but: Any) -> dict[str, Any]:
    """A younger child of the same household."""
    return a_child(**{"first_names": "Green", "date_of_birth": "2020-11-02", "sex": "male", **but})


def an_unborn_child(**but: Any) -> dict[str, Any]:
    """A child who is expected; override the date to suit the clock of the test."""
    return {
        "born": False,
        "last_name": "Teapot",
        "expected_date": "2026-12-20",
        "address_kind": "address",
        "address": "1 Invented Street, Nowhere-upon-Tame",
        "postcode": "B70 0AA",
        "how_long": "not-known",
        **but,
    }


def a_referral(**but: Any) -> dict[str, Any]:
    """A whole referral as JSON: a school, neglect, the family told and agreed."""
    return {
        "submission_id": new_submission_id(),
        "urgent": False,
        "immediate_danger": "no",
        "where_child_now": "At school until 15:15",
        "going_home": "yes",
        "going_home_at": "15:15",
        "children": [a_child()],
        "told_family": True,
        "agreement": "agreed",
        "asked_who": "Aunt Kettle, who has parental responsibility",
        "asked_by": "referrer",
        "asked_when": "2026-11-19T09:10:00+00:00",
        "asked_how": "telephone",
        "categories": ["neglect"],
        "main_category": "neglect",
        "primary_need": "N1",
        "worry_text": WORRY,
        "happened_on": "2026-11-19",
        "happened_at": "08:40",
        "how_you_know": ["saw-it", "child-told-me"],
        "childs_words": "“There is only the dog's food.”",
        "life_like_now": "Breakfast club is the first meal of most days.",
        "impact": "Falls asleep in the first lesson and does not play with anybody at break time.",
        "working_well": "Attends every day. A neighbour, Mx Saucer, cooks on Wednesdays.",
        "needs_to_happen": "assessment",
        "your_next_step": "Breakfast and a check-in with the pastoral lead every morning.",
        "help_tried": "Early help assessment in September, two team meetings, shoes bought twice.",
        "threshold_level": 3,
        "threshold_why": "Needs have grown in spite of early help.",
        "referral_source": "2A",
        "ref_name": "Mr Biscuit",
        "ref_role": "Designated safeguarding lead",
        "ref_agency": "Invented Primary School",
        "ref_phone": "0121 496 0000",
        "declaration": True,
        **but,
    }


def an_urgent_referral(**but: Any) -> dict[str, Any]:
    """The urgent short form: only what blocks, a child in immediate danger."""
    return {
        "submission_id": new_submission_id(),
        "urgent": True,
        "immediate_danger": "yes",
        "where_child_now": "In the medical room at school",
        "children": [a_child(sex=None)],
        "categories": ["physical"],
        "worry_text": "A fresh hand-shaped bruise on the left cheek; says an adult did it today.",
        "referral_source": "2A",
        "ref_name": "Mr Biscuit",
        "ref_role": "Designated safeguarding lead",
        "ref_agency": "Invented Primary School",
        "ref_phone": "0121 496 0000",
        **but,
    }


def an_alleged_injury(**but: Any) -> dict[str, Any]:
    """A referral that alleges physical harm, on the full form."""
    return a_referral(
        **{
            "categories": ["physical", "neglect"],
            "main_category": "physical",
            "injury_where": "Left cheek",
            "injury_description": "Red and blue, the size of an adult hand",
            "injury_explanation": "not known",
            "injury_mobile": "yes",
            "injury_medical_seen": "no",
            **but,
        }
    )


def a_public_referral(**but: Any) -> dict[str, Any]:
    """A neighbour who does not want to be named."""
    return without(
        a_referral(
            **{
                "referral_source": "1B",
                "anonymous": True,
                "told_family": False,
                "agreement": "not-asked",
                "not_asked_reason": "risk-to-child",
                "not_asked_detail": "I am afraid of what would happen to the child if they knew.",
                **but,
            }
        ),
        *("ref_name", "ref_role", "ref_agency", "ref_phone", "threshold_level", "threshold_why"),
        *("asked_who", "asked_by", "asked_when", "asked_how", "going_home", "going_home_at"),
    )


def a_decision(**but: Any) -> dict[str, Any]:
    """A threshold decision: a strategy meeting."""
    return {
        "outcome": "strategy-meeting",
        "child_protection_concerns": True,
        "threshold_level": 4,
        "rationale": "An alleged injury with no explanation, and a child too young to be asked.",
        "guidance_version": "2026-04",
        "feedback": "We are holding a strategy meeting today and will ask you to take part.",
        **but,
    }


def feedback_given(**but: Any) -> dict[str, Any]:
    """The referrer was told by telephone."""
    return {
        "informed_by": "telephone",
        "informed_at": "2026-11-20T12:00:00+00:00",
        "what_was_said": "Told that a strategy meeting is held today, and why.",
        **but,
    }


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the body without some of its fields."""
    return {name: value for name, value in body.items() if name not in names}
