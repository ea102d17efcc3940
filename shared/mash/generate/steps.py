"""One step of a journey: who does what at which moment, as the JSON interface takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

ENCODE: Final = json.JSONEncoder(ensure_ascii=False).encode
"""Made once: `json.dumps` would make an encoder for each line."""


class StepName(StrEnum):
    """What is done. Each is one call of the JSON interface."""

    RECEIVE = "receive"
    MATCH = "match"
    DECIDE = "decide"
    TELL = "tell"
    CALL_MEETING = "call-meeting"
    ACKNOWLEDGE = "acknowledge"
    RECORD_MEETING = "record-meeting"
    ALLOCATE = "allocate"
    ATTEMPT = "attempt"
    SEE = "see"


class StandsFor(StrEnum):
    """Whom the system itself has chosen: `by` is the plan's guess, and the case knows better."""

    LEAD = "lead"
    SOCIAL_WORKER = "social-worker"


ADDRESSES: Final[Mapping[StepName, str]] = {
    StepName.RECEIVE: "/referral/api/referrals",
    StepName.MATCH: "/referral/api/referrals/{case}/matches",
    StepName.DECIDE: "/referral/api/referrals/{case}/decision",
    StepName.TELL: "/referral/api/referrals/{case}/feedback",
    StepName.CALL_MEETING: "/strategy/api/cases/{case}/meeting",
    StepName.ACKNOWLEDGE: "/strategy/api/cases/{case}/lead/acknowledge",
    StepName.RECORD_MEETING: "/strategy/api/cases/{case}/meeting/record",
    StepName.ALLOCATE: "/strategy/api/cases/{case}/allocation",
    StepName.ATTEMPT: "/strategy/api/cases/{case}/children/{child}/attempts",
    StepName.SEE: "/strategy/api/cases/{case}/children/{child}/seen",
}
"""Where each step is posted to. A test holds them against the routes of the services."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing somebody does at one time. `at` is aware, in UTC, in whole seconds."""

    number: int
    """Which referral of the seed it belongs to, from 0."""
    council_ref: str
    case: str
    name: StepName
    at: datetime
    by: str
    """Sign-in of who does it."""
    stands_for: StandsFor | None = None
    child: str | None = None
    body: Mapping[str, Any]

    @property
    def to(self) -> str:
        """The address it is posted to, below that of the system."""
        return ADDRESSES[self.name].format(case=self.case, child=self.child)

    def line(self) -> str:
        """Return the step as one line of JSON, without the end of the line."""
        told = {
            "council_ref": self.council_ref,
            "number": self.number,
            "case": self.case,
            "child": self.child,
            "step": self.name.value,
            "at": self.at.isoformat(),
            "by": self.by,
            "stands_for": self.stands_for and self.stands_for.value,
            "to": self.to,
            "body": self.body,
        }
        return ENCODE(told)
