"""What staff send about a referral: the decision, a match, the word to the referrer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validates
from marshmallow.validate import Regexp

from services.referral.domain.threshold import SHORTEST_RATIONALE
from services.referral.schemas.parts import Form
from services.referral.schemas.questions import (
    NARRATIVE,
    level,
    moment,
    one_of,
    text,
    words,
    yes_or_no,
)
from shared.events.codes import InformedBy, ThresholdOutcome

ASK_GUIDANCE = "Select the version of the threshold guidance you used"
CASE = r"MASH-[0-9A-Z]{5}-[0-9A-Z]{5}\Z"
CHILD = r"CH-[0-9A-Z]{5}-[0-9A-Z]{5}\Z"


class DecisionIn(Form):
    """A threshold decision as sent; the rules between its answers are the domain's."""

    outcome = one_of("What is the outcome?", ThresholdOutcome, "Select an outcome", required=True)
    child_protection_concerns = yes_or_no(
        "May a child be suffering, or likely to suffer, significant harm?",
        "Select whether a child may be suffering, or likely to suffer, significant harm",
        required=True,
    )
    threshold_level = level(
        "Which threshold level is this?", "Select a threshold level from 1 to 4", required=True
    )
    rationale = text(
        "Why did you decide this?",
        f"Enter why you decided this, in at least {SHORTEST_RATIONALE} characters",
        called="Why you decided this",
        limit=NARRATIVE,
        least=SHORTEST_RATIONALE,
        required=True,
    )
    danger_passed_detail = text(
        "What shows that the child is no longer in immediate danger?",
        "Enter what shows that the danger has passed",
        called="What shows that the danger has passed",
        hint="Only when the referral says immediate danger and the outcome is no further action",
        limit=NARRATIVE,
    )
    guidance_version = fields.String(
        required=True,
        validate=Regexp(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}\Z", error=ASK_GUIDANCE),
        error_messages=words(ASK_GUIDANCE),
        metadata={"label": "Threshold guidance used", "kind": "select"},
    )
    feedback = text(
        "What will the referrer be told?",
        "Enter what the referrer will be told",
        called="What the referrer will be told",
        hint="The outcome and the reason, fit for the referrer to read",
        limit=NARRATIVE,
        required=True,
    )


def reference(ask: str, *, shape: str) -> fields.String:
    """A reference of a case or a child."""
    return fields.String(
        required=True, validate=Regexp(shape, error=ask), error_messages=words(ask)
    )


class MatchIn(Form):
    """A person confirms that a child is a child of an earlier referral."""

    child = reference("Select a child of this referral, like CH-AAAAA-AAAAA", shape=CHILD)
    known_child = reference("Select the child it matches, like CH-AAAAA-AAAAA", shape=CHILD)
    known_case = reference("Select the earlier referral, like MASH-AAAAA-AAAAA", shape=CASE)


class FeedbackIn(Form):
    """The referrer was told: how, when and what."""

    informed_by = one_of(
        "How was the referrer told?",
        InformedBy,
        "Select how the referrer was told",
        required=True,
    )
    informed_at = moment(
        "When the referrer was told", "Enter when the referrer was told", required=True
    )
    what_was_said = text(
        "What was the referrer told?",
        "Enter what the referrer was told",
        called="What the referrer was told",
        limit=NARRATIVE,
        required=True,
    )

    def __init__(self, *, now: datetime | None = None, **how: Any) -> None:
        super().__init__(**how)
        self.now = now

    @validates("informed_at")
    def in_the_past(self, value: datetime, **_: Any) -> None:
        """Nobody was told tomorrow."""
        if self.now is None:
            raise RuntimeError("FeedbackIn: give now=, the time of the request")
        if value > self.now:
            raise ValidationError("The time the referrer was told must be in the past")
