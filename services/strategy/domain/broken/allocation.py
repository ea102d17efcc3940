"""The rules of allocation that a command can break."""

from __future__ import annotations

from services.strategy.domain.broken.sources import LOCAL, THE_LETTER, WORKING_TOGETHER
from shared.rules import Invalid, RuleBroken


class MeetingNotHeld(RuleBroken):
    """On the strategy route the meeting comes before the allocation."""

    code = "meeting-not-held"
    source = WORKING_TOGETHER

    def __init__(self) -> None:
        super().__init__(
            "The strategy meeting has not been recorded yet. Record it, then allocate the case. "
            "A visit to protect a child does not have to wait and can be recorded now."
        )


class AlreadyAllocated(RuleBroken):
    """A case is allocated once."""

    code = "already-allocated"
    source = THE_LETTER

    def __init__(self) -> None:
        super().__init__("This case is already allocated. Open the case to see to whom.")


class WorkerNotOfTheTeam(Invalid):
    """The social worker belongs to the team that has the case."""

    code = "worker-not-of-the-team"
    source = LOCAL

    def __init__(self) -> None:
        super().__init__(
            "This social worker is not in the team that has the case. Choose one of the team.",
            field="social_worker",
        )


class WorkerOnLeave(Invalid):
    """Nobody carries a case while on leave."""

    code = "worker-on-leave"
    source = LOCAL

    def __init__(self) -> None:
        super().__init__(
            "This social worker is on leave. Choose somebody who is at work.", field="social_worker"
        )


class VisitByInThePast(Invalid):
    """A visit is due at a time to come."""

    code = "visit-by-in-the-past"
    source = LOCAL

    def __init__(self) -> None:
        super().__init__(
            "The visit must be due later than now. Enter another time.", field="visit_by"
        )


class VisitByTooFarAhead(Invalid):
    """A visit that is weeks away is a slip of the pen."""

    code = "visit-by-too-far-ahead"
    source = LOCAL

    def __init__(self, days: int) -> None:
        super().__init__(
            f"The children must be seen within {days} days. Check the date you entered.",
            field="visit_by",
        )
