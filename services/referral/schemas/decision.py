"""What staff send about a referral: the decision, a match, the word to the referrer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validates
from marshmallow.validate import Range, Regexp

from services.referral.domain.threshold import SHORTEST_RATIONALE
from services.referral.schemas.parts import NARRATIVE, Form, one_of, text, words, yes_or_no
from shared.events.codes import InformedBy, ThresholdOutcome
from shared.web.dates import GovDateTime

ASK_LEVEL = "Select a threshold level from 1 to 4"
ASK_GUIDANCE = "Select the version of the threshold guidance you used"
ASK_WHEN = "Enter when the referrer was told"
CASE = r"MASH-[0-9A-Z]{5}-[0-9A-Z]{5}\Z"
CHILD = r"CH-[0-9A-Z]{5}-[0-9A-Z]{5}\Z"


class DecisionIn(Form):
    """A threshold decision as sent; the rules between its answers are the domain's."""

    outcome = one_of(ThresholdOutcome, "Select an outcome", required=True)
    child_protection_concerns = yes_or_no(
        "Select whether a child may be suffering, or likely to suffer, significant harm",
        required=True,
    )
    threshold_level = fields.Integer(
        required=True,
        validate=Range(min=1, max=4, error=ASK_LEVEL),
        error_messages=words(ASK_LEVEL),
    )
    rationale = text(
        f"Enter why you decided this, in at least {SHORTEST_RATIONALE} characters",
        called="Why you decided this",
        limit=NARRATIVE,
        least=SHORTEST_RATIONALE,
        required=True,
    )
    danger_passed_detail = text(
        "Enter what shows that the danger has passed",
        called="What shows that the danger has passed",
        limit=NARRATIVE,
    )
    guidance_version = fields.String(
        required=True,
        validate=Regexp(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}\Z", error=ASK_GUIDANCE),
        error_messages=words(ASK_GUIDANCE),
    )
    feedback = text(
        "Enter what the referrer will be told",
        called="What the referrer will be told",
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

    informed_by = one_of(InformedBy, "Select how the referrer was told", required=True)
    informed_at = GovDateTime(
        required=True,
        metadata={"label": "When the referrer was told"},
        error_messages={"required": ASK_WHEN, "null": ASK_WHEN},
    )
    what_was_said = text(
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
