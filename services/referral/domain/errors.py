"""The rules of this service that a command can break, one class each."""

from __future__ import annotations

from shared.rules import Invalid, NotFound, RuleBroken


class NoSuchReferral(NotFound):
    """There is no such referral, or it is not this person's to see."""

    code = "no-such-referral"

    def __init__(self) -> None:
        super().__init__("There is no referral with this reference. Check the reference.")


class SubmissionUsedForAnother(RuleBroken):
    """The same submission is one referral: one id cannot stand for two bodies."""

    code = "submission-id-used"

    def __init__(self, *, earlier: str, sent_by: str) -> None:
        self.earlier = earlier
        self.sent_by = sent_by
        super().__init__(
            "This form was sent before with other answers, so nothing was changed. "
            "Start a new referral if you want to send this as well."
        )


class ReferenceTaken(RuleBroken):
    """Two submissions met at one reference; the next candidate is tried."""

    code = "reference-taken"

    def __init__(self) -> None:
        super().__init__("This reference belongs to another referral. Send the form again.")


class ADecisionIsMadeOnce(RuleBroken):
    """A threshold decision stands until it is changed by a recorded change of decision."""

    code = "decided-already"
    source = "local policy: one recorded decision, changed only by a recorded change"

    def __init__(self, *, by: str, made: str) -> None:
        super().__init__(
            f"This referral was decided already by {by} at {made}. Nothing was changed."
        )
        self.by = by
        self.made = made


class OnlyADecisionCanBeTold(RuleBroken):
    """The referrer is told the outcome after there is one."""

    code = "not-decided-yet"


class TheReferrerIsToldOnce(RuleBroken):
    """Telling the referrer is recorded once."""

    code = "informed-already"


class ThereIsNobodyToInform(RuleBroken):
    """A referrer who stayed unnamed and left no number cannot be told."""

    code = "nobody-to-inform"
    status = 422


class AReferrerIsToldAfterTheDecision(Invalid):
    """The time of telling lies between the decision and now."""

    code = "informed-at-impossible"


class StrategyMeetingNeedsChildProtectionConcerns(Invalid):
    """A strategy meeting is for a child who may be suffering significant harm."""

    code = "strategy-meeting-without-concerns"
    source = "Working Together 2023, as quoted by local procedures (strategy discussions)"


class ChildProtectionConcernsNeedAStatutoryAnswer(Invalid):
    """A child who may be suffering significant harm is never stepped down."""

    code = "concerns-without-statutory-answer"
    source = "Working Together 2023, as quoted by local procedures (strategy discussions)"


class LevelFourIsNotClosedByOneManager(Invalid):
    """No further action at level 4 takes two managers."""

    code = "level-4-no-further-action"
    source = "local policy: a second manager agrees before a level 4 referral is closed"


class ImmediateDangerIsNotClosedUnexplained(Invalid):
    """A child in immediate danger is not closed without what shows that the danger passed."""

    code = "immediate-danger-no-further-action"
    source = "Working Together 2023, as quoted by local procedures (immediate protection)"


class RationaleIsNeeded(Invalid):
    """A decision says why."""

    code = "rationale-missing"
    source = "Ofsted monitoring letter to Sandwell, 6 October 2016: thresholds, recording"


class GuidanceVersionIsNotKnown(Invalid):
    """A decision names the threshold guidance it was made under."""

    code = "guidance-version-not-known"
    source = "Ofsted monitoring letter to Sandwell, 6 October 2016: threshold guidance reissued"


class ChildIsNotOnThisReferral(Invalid):
    """Only a child of this referral can be matched here."""

    code = "child-not-on-referral"


class KnownChildIsNotOnThatCase(Invalid):
    """A match names a child that the other case really has."""

    code = "known-child-not-on-case"


class ChildIsMatchedAlready(RuleBroken):
    """A child is one child of another case, not two."""

    code = "child-matched-already"


class StepNotPossible(RuleBroken):
    """The state machine has no such step from here."""

    code = "step-not-possible"
