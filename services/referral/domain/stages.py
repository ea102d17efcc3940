"""The state machine of a referral, as a table. What is not in it cannot happen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from services.referral.domain.commands import (
    Command,
    DecideThreshold,
    InformReferrer,
    MatchChild,
    ReceiveReferral,
)


class Stage(StrEnum):
    """How far a referral has come."""

    RECEIVED = "received"
    DECIDED = "decided"
    REFERRER_INFORMED = "referrer-informed"


class Waiting(StrEnum):
    """What a referral waits for: the choices of the duty inbox."""

    DECISION = "decision"
    FEEDBACK = "feedback"
    DONE = "done"
    ALL = "all"


TRANSITIONS: Final[Mapping[Stage | None, Mapping[type[Command], Stage]]] = {
    None: {ReceiveReferral: Stage.RECEIVED},
    Stage.RECEIVED: {
        MatchChild: Stage.RECEIVED,
        DecideThreshold: Stage.DECIDED,
    },
    Stage.DECIDED: {
        MatchChild: Stage.DECIDED,
        InformReferrer: Stage.REFERRER_INFORMED,
    },
    Stage.REFERRER_INFORMED: {
        MatchChild: Stage.REFERRER_INFORMED,
    },
}
"""Stage (None: no such referral) -> command allowed there -> stage afterwards."""


def allows(stage: Stage | None, command: type[Command]) -> bool:
    """May this command be carried out at this stage?"""
    return command in TRANSITIONS[stage]
