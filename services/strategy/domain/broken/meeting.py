"""The rules of calling and leading a meeting that a command can break."""

from __future__ import annotations

from collections.abc import Iterable

from services.strategy.domain.broken.sources import LOCAL, THE_LETTER, WORKING_TOGETHER
from shared.rules import Invalid, NotAllowed, RuleBroken


class MeetingAlreadyCalled(RuleBroken):
    """One meeting at a time."""

    code = "meeting-already-called"
    source = LOCAL

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Strategy meeting {number} is already called. Record it before calling another."
        )


class MeetingNotCalled(RuleBroken):
    """A lead and a record need a meeting that is called and not yet recorded."""

    code = "meeting-not-called"
    source = WORKING_TOGETHER

    def __init__(self) -> None:
        super().__init__("No strategy meeting is waiting to be held. Call a meeting first.")


class MeetingTimePassed(Invalid):
    """A meeting is called for a time to come."""

    code = "meeting-time-passed"
    source = LOCAL

    def __init__(self) -> None:
        super().__init__(
            "The meeting must start now or later. Enter another time.", field="starts_at"
        )


class MeetingTooFarAhead(Invalid):
    """A strategy meeting that is weeks away is a slip of the pen."""

    code = "meeting-too-far-ahead"
    source = "local procedures: usually within one working day, at most three to five"

    def __init__(self, days: int) -> None:
        super().__init__(
            f"The meeting is more than {days} days away. Check the date you entered.",
            field="starts_at",
        )


class CoreAgencyNotInvited(Invalid):
    """Social care, police and health are invited, or the reason is written down."""

    code = "core-agency-not-invited"
    source = WORKING_TOGETHER

    def __init__(self, missing: Iterable[str]) -> None:
        super().__init__(
            f"Not invited: {', '.join(missing)}. Invite social care, police and health, or say "
            "why one of them is not invited.",
            field="invited",
        )


class PaediatricianNotInvited(Invalid):
    """An allegation of physical harm brings a paediatrician to the meeting."""

    code = "paediatrician-not-invited"
    source = THE_LETTER

    def __init__(self) -> None:
        super().__init__(
            "Physical harm is alleged: invite the paediatrician.",
            field="invited",
        )


class OnlyTheLeadMayAnswer(NotAllowed):
    """Only the person assigned can acknowledge or decline."""

    code = "only-the-lead-may-answer"
    source = LOCAL

    def __init__(self) -> None:
        super().__init__(
            "You are not the lead of this meeting. To change who leads, name another lead and "
            "give your reason."
        )


class LeadAlreadyAcknowledged(RuleBroken):
    """A lead acknowledges once."""

    code = "lead-already-acknowledged"
    source = LOCAL

    def __init__(self) -> None:
        super().__init__("The lead has already acknowledged this meeting. Nothing more is needed.")


class LeadIsTheSame(RuleBroken):
    """An override names somebody else."""

    code = "lead-is-the-same"
    source = LOCAL

    def __init__(self) -> None:
        super().__init__(
            "This person already leads the meeting. Choose somebody else.", field="lead"
        )
