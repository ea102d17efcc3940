"""The rules of visits that a command can break."""

from __future__ import annotations

from services.strategy.domain.broken.sources import LOCAL
from shared.rules import Invalid, NotAllowed, RuleBroken


class NotYourCase(NotAllowed):
    """A social worker records visits on the cases allocated to them."""

    code = "not-your-case"
    source = LOCAL

    def __init__(self) -> None:
        super().__init__(
            "This case is allocated to somebody else. Ask the team manager to record the visit."
        )


class VisitTimeImpossible(Invalid):
    """A visit happened after the referral was received and not later than now."""

    code = "visit-time-impossible"
    source = LOCAL

    def __init__(self, *, field: str) -> None:
        super().__init__(
            "The visit must be after the referral was received and not later than now. Correct "
            "the date or the time.",
            field=field,
        )


class NextAttemptInThePast(Invalid):
    """A child not seen needs another attempt, still to come."""

    code = "next-attempt-in-the-past"
    source = "local procedures: an attempted visit keeps the clock running"

    def __init__(self) -> None:
        super().__init__(
            "The next attempt must be later than now. Enter another time.", field="next_attempt_at"
        )


class NextAttemptTooFarAhead(Invalid):
    """A child who was not seen is not left for more than a week."""

    code = "next-attempt-too-far-ahead"
    source = LOCAL

    def __init__(self, days: int) -> None:
        super().__init__(
            f"The next attempt must be within {days} days. Check the date you entered.",
            field="next_attempt_at",
        )


class NotAloneWithoutReason(Invalid):
    """A child is seen alone, or the reason is recorded."""

    code = "not-alone-without-reason"
    source = "local procedures: each child is seen alone"

    def __init__(self) -> None:
        super().__init__("Say why the child was not seen alone.", field="not_alone_reason")


class AloneWithReason(Invalid):
    """Seen alone and a reason for not being seen alone cannot both be true."""

    code = "alone-with-reason"
    source = "local procedures: seen, seen alone and spoken to are different facts"

    def __init__(self) -> None:
        super().__init__(
            "You said that the child was seen alone and gave a reason why not. Correct one.",
            field="not_alone_reason",
        )


class UnbornChildSeenAlone(Invalid):
    """An unborn child is seen with the mother; the reason 'unborn' belongs to nobody else."""

    code = "unborn-child-seen-alone"
    source = LOCAL

    def __init__(self) -> None:
        super().__init__(
            "A child not yet born cannot be seen alone, and the reason 'not yet born' is for an "
            "unborn child only. Correct the answer or the reason.",
            field="not_alone_reason",
        )


class VisitAlreadyRecorded(RuleBroken):
    """One visit is recorded once."""

    code = "visit-already-recorded"
    source = LOCAL

    def __init__(self, *, field: str) -> None:
        super().__init__(
            "A visit to this child at this time is already recorded. Open the case to see it.",
            field=field,
        )
