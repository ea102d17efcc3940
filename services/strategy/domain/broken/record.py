"""The rules of recording a meeting that a command can break."""

from __future__ import annotations

from collections.abc import Iterable

from services.strategy.domain.broken.sources import LOCAL, THE_LETTER, WORKING_TOGETHER
from shared.rules import Invalid, NotAllowed


class MeetingHeldInTheFuture(Invalid):
    """What is recorded as held has begun, and began after the referral."""

    code = "meeting-held-at-impossible-time"
    source = LOCAL

    def __init__(self) -> None:
        super().__init__(
            "The meeting must have started after the referral was received and not later than "
            "now. Correct the time.",
            field="held_at",
        )


class OnlyTheLeadMayRecord(NotAllowed):
    """The team manager who leads the meeting records it; anybody else says why."""

    code = "only-the-lead-may-record"
    source = THE_LETTER

    def __init__(self) -> None:
        super().__init__(
            "You are not the assigned lead. Say why you led this meeting, or leave the record to "
            "the lead.",
            field="not_lead_reason",
        )


class AttendanceMissing(Invalid):
    """Every invited agency has an answer, once."""

    code = "attendance-missing"
    source = WORKING_TOGETHER

    def __init__(self, agencies: Iterable[str]) -> None:
        super().__init__(
            f"Say once how each invited agency took part: {', '.join(agencies)}.",
            field="attendance",
        )


class NotQuorateWithoutReason(Invalid):
    """Without social care, police and health a meeting stands only in an emergency."""

    code = "not-quorate-without-reason"
    source = WORKING_TOGETHER

    def __init__(self, missing: Iterable[str], *, field: str) -> None:
        super().__init__(
            f"The meeting was not quorate: {', '.join(missing)} did not take part. Give the "
            "emergency reason and the time of the follow-up.",
            field=field,
        )


class FollowUpInThePast(Invalid):
    """A follow-up is still to come."""

    code = "follow-up-in-the-past"
    source = LOCAL

    def __init__(self) -> None:
        super().__init__(
            "The follow-up must be later than now. Enter another time.", field="follow_up_by"
        )


class MedicalDecisionMissing(Invalid):
    """Physical harm is alleged: decide for every child whether a paediatrician sees the child."""

    code = "medical-decision-missing"
    source = THE_LETTER

    def __init__(self, children: Iterable[str]) -> None:
        super().__init__(
            "Physical harm is alleged: decide once for each child whether a paediatrician must see "
            f"the child. Still to decide: {', '.join(children)}.",
            field="medicals",
        )


class MedicalNotRequiredWithoutApproval(Invalid):
    """No medical for a child needs a reason and the manager who approved it."""

    code = "medical-not-required-without-approval"
    source = "local procedures: assume a medical; a no is by a manager only"

    def __init__(self) -> None:
        super().__init__(
            "A medical that is not required needs the reason and the manager who approved it.",
            field="medicals",
        )
