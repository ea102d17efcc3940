"""Why an event is held: one cause each, in plain words, and what a person does about it.

The operations page, the alarms and `mash parked` group by these causes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.events.envelope import MalformedEvent, NotIntact, OutOfPlace
from shared.events.registry import UnknownType, UnknownVersion
from shared.rules import Overtaken, RuleBroken


class Cause(StrEnum):
    """Why an event could not be handled."""

    UNREADABLE = "unreadable"
    NOT_INTACT = "not-intact"
    OUT_OF_PLACE = "out-of-place"
    UNKNOWN_TYPE = "unknown-type"
    UNKNOWN_VERSION = "unknown-version"
    NOT_BY_CONTRACT = "not-by-contract"
    BROKEN_RULE = "broken-rule"
    HANDLER_FAILED = "handler-failed"
    DELIVERED_TOO_OFTEN = "delivered-too-often"
    PREDECESSOR_MISSING = "predecessor-missing"
    SOURCE_AWAY = "source-away"
    PREDECESSOR_HELD = "predecessor-held"


UNTIL_AN_UPGRADE: Final = frozenset({Cause.UNKNOWN_TYPE, Cause.UNKNOWN_VERSION})
"""What a newer release of the service will know, and then handles by itself."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, and what to do, in words for a person on duty."""

    what: str
    to_do: str


EXPLANATIONS: Final[Mapping[Cause, Explanation]] = {
    Cause.UNREADABLE: Explanation(
        "A message that is no event arrived from the broker.",
        "Find out who can write to the broker and sent it. The services' own events are not"
        " affected. Set it aside with your reason.",
    ),
    Cause.NOT_INTACT: Explanation(
        "An event was changed after it was written, or forged: its hash does not belong to it.",
        "Treat it as an incident. The genuine event is taken from the service that wrote it. Set"
        " this one aside with your reason.",
    ),
    Cause.OUT_OF_PLACE: Explanation(
        "An event claims a place in a case's history that belongs to another event.",
        "Verify the case (`mash verify`) and find out who sent it. The service that wrote the"
        " history does not hold it. Set it aside with your reason.",
    ),
    Cause.UNKNOWN_TYPE: Explanation(
        "Another service is newer and says something this release does not know.",
        "Upgrade this service. The event is tried again by itself once it is known.",
    ),
    Cause.UNKNOWN_VERSION: Explanation(
        "Another service is newer and writes this event in a version this release cannot read.",
        "Upgrade this service. The event is tried again by itself once it is known.",
    ),
    Cause.NOT_BY_CONTRACT: Explanation(
        "An event does not hold what its type says it must.",
        "The service that wrote it and this one disagree about the contract: report it, upgrade"
        " both to the same release, then replay it.",
    ),
    Cause.BROKEN_RULE: Explanation(
        "A rule of the work does not allow what the event asks for in the state the case is in.",
        "Open the case and put right what the rule names, then replay the event.",
    ),
    Cause.HANDLER_FAILED: Explanation(
        "The service failed while it handled the event.",
        "Report it with the event's reference. Replay it after the fault is mended.",
    ),
    Cause.DELIVERED_TOO_OFTEN: Explanation(
        "The process that handled the event died each time, so it is no longer tried.",
        "Report it with the event's reference. Replay it after the fault is mended.",
    ),
    Cause.PREDECESSOR_MISSING: Explanation(
        "An earlier event of the same case has not arrived, and its source did not give it.",
        "Verify the case (`mash verify`), then replay the event.",
    ),
    Cause.SOURCE_AWAY: Explanation(
        "An earlier event of the same case has not arrived, and the service that wrote it does"
        " not answer.",
        "See that it answers: the event is tried again by itself for as long as it takes.",
    ),
    Cause.PREDECESSOR_HELD: Explanation(
        "An earlier event of the same case is held.",
        "Nothing: it follows by itself as soon as the earlier one is handled.",
    ),
}


def cause_of(fault: Exception) -> Cause:
    """Return the cause for an exception that a handler raised."""
    return next((cause for kind, cause in _OF_FAULTS if isinstance(fault, kind)), _OTHERWISE)


def in_words(fault: Exception) -> str:
    """Return what may be shown of an exception.

    Only contract and rule errors word themselves for people; others could repeat what they hold.
    """
    if isinstance(fault, (MalformedEvent, RuleBroken)):
        return str(fault)
    return f"the handler failed: {type(fault).__name__}"


_OTHERWISE: Final = Cause.HANDLER_FAILED
# The first that fits: the narrower kinds stand before the wider.
_OF_FAULTS: Final[tuple[tuple[type[Exception], Cause], ...]] = (
    (NotIntact, Cause.NOT_INTACT),
    (OutOfPlace, Cause.OUT_OF_PLACE),
    (UnknownType, Cause.UNKNOWN_TYPE),
    (UnknownVersion, Cause.UNKNOWN_VERSION),
    (MalformedEvent, Cause.NOT_BY_CONTRACT),
    (Overtaken, Cause.HANDLER_FAILED),
    (RuleBroken, Cause.BROKEN_RULE),
)
