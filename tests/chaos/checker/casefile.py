"""One case as its events tell it: a transition table of the judge's own, and what then waits.

Reading the events of the strategy service one after another, each is either allowed at the point
the case has reached, or it is said why not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.chaos.checker.book import Event, moment


@dataclass(kw_only=True)
class CaseFile:
    """Where a case stands after the events read so far."""

    route: str = ""
    opened: bool = False
    held: int = 0
    """Meetings held so far."""
    meeting: int = 0
    """The number of the open meeting; 0 when none is open."""
    lead: str = ""
    acknowledged: bool = False
    acknowledge_by: str = ""
    allocation: Mapping[str, Any] | None = None
    seen: set[str] = field(default_factory=set)
    children: list[str] = field(default_factory=list)
    last: Event | None = None

    def read(self, event: Event) -> str | None:
        """Take one event; return why the practice does not allow it here, or None."""
        step = STEPS.get(event["type"])
        if step is None:
            return "this event is not known"
        if not self.opened and event["type"] != "strategy.case-opened":
            return "it comes before the case was opened"
        why = step(self, event["data"], event)
        self.last = event
        return why

    @property
    def may_be_allocated(self) -> bool:
        """Is an allocation the next thing that may be done?"""
        ready = self.route == "single-assessment" or self.held > 0
        return self.opened and self.allocation is None and ready

    @property
    def meeting_to_call(self) -> bool:
        """Does the case wait for a meeting to be called?"""
        needs = self.route == "strategy-meeting" and not self.held and not self.meeting
        return self.opened and self.allocation is None and needs


Data = Mapping[str, Any]
Step = Callable[[CaseFile, Data, Event], str | None]


def _opened(case: CaseFile, says: Data, event: Event) -> str | None:
    if case.opened:
        return "the case is opened a second time"
    case.opened, case.route = True, says["route"]
    case.children = [each["child"] for each in says["children"]]
    return None


def _called(case: CaseFile, says: Data, event: Event) -> str | None:
    if case.meeting:
        return f"meeting {case.meeting} is called and not held yet"
    if says["meeting"] != case.held + 1:
        return f"it is called meeting {says['meeting']} after {case.held} held"
    case.meeting, case.lead, case.acknowledged = says["meeting"], "", False
    return None


def _assigned(case: CaseFile, says: Data, event: Event) -> str | None:
    if not _follows(case, "strategy.meeting-called") or says["meeting"] != case.meeting:
        return "a lead is assigned to no meeting just called"
    case.lead, case.acknowledge_by = says["lead"], says["acknowledge_by"]
    return None


def _acknowledged(case: CaseFile, says: Data, event: Event) -> str | None:
    if says["meeting"] != case.meeting or says["lead"] != case.lead:
        return f"{says['lead']} acknowledges, and {case.lead or 'nobody'} leads {case.meeting}"
    if case.acknowledged:
        return "it was acknowledged already"
    case.acknowledged = True
    return None


def _declined(case: CaseFile, says: Data, event: Event) -> str | None:
    if says["meeting"] != case.meeting or says["lead"] != case.lead:
        return f"{says['lead']} declines, and {case.lead or 'nobody'} leads {case.meeting}"
    return None


def _reassigned(case: CaseFile, says: Data, event: Event) -> str | None:
    if says["meeting"] != case.meeting or says["previous_lead"] != case.lead:
        return f"passed on from {says['previous_lead']}; {case.lead or 'nobody'} leads"
    why = None
    if says["because"] == "not-acknowledged":
        too_soon = moment(event["time"]) < moment(case.acknowledge_by)
        why = "passed on before its time" if too_soon or case.acknowledged else None
    if says["because"] == "declined" and not _follows(case, "strategy.lead-declined"):
        why = "passed on as declined, and nobody declined"
    case.lead, case.acknowledged = says["lead"], False
    case.acknowledge_by = says["acknowledge_by"]
    return why


def _held(case: CaseFile, says: Data, event: Event) -> str | None:
    if says["meeting"] != case.meeting:
        return f"meeting {says['meeting']} is held, and {case.meeting or 'none'} is open"
    case.held, case.meeting = case.meeting, 0
    return None


def _not_quorate(case: CaseFile, says: Data, event: Event) -> str | None:
    if not _follows(case, "strategy.meeting-held") or case.last is None:
        return "no meeting was just held"
    return None if not case.last["data"]["quorate"] else "the meeting was quorate"


def _medical(case: CaseFile, says: Data, event: Event) -> str | None:
    if says["meeting"] != case.held or says["child"] not in case.children:
        return "decided for no meeting just held, or for no child of the case"
    return None


def _allocated(case: CaseFile, says: Data, event: Event) -> str | None:
    why = None
    if case.allocation is not None:
        why = "it is allocated a second time"
    elif not case.may_be_allocated:
        why = "it is allocated before a strategy meeting was held"
    case.allocation = says
    return why


def _attempted(case: CaseFile, says: Data, event: Event) -> str | None:
    return None if says["child"] in case.children else "the child is not on the case"


def _seen(case: CaseFile, says: Data, event: Event) -> str | None:
    case.seen.add(says["child"])
    return _attempted(case, says, event)


def _follows(case: CaseFile, kind: str) -> bool:
    return case.last is not None and case.last["type"] == kind


STEPS: Final[Mapping[str, Step]] = {
    "strategy.case-opened": _opened,
    "strategy.meeting-called": _called,
    "strategy.lead-assigned": _assigned,
    "strategy.lead-acknowledged": _acknowledged,
    "strategy.lead-declined": _declined,
    "strategy.lead-reassigned": _reassigned,
    "strategy.meeting-held": _held,
    "strategy.meeting-not-quorate": _not_quorate,
    "strategy.medical-decided": _medical,
    "strategy.case-allocated": _allocated,
    "strategy.visit-attempted": _attempted,
    "strategy.child-seen": _seen,
}

REFERRAL_STAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "": {"referral.received": "received"},
    "received": {
        "referral.child-matched": "received",
        "referral.sent-again": "received",
        "referral.threshold-decided": "decided",
    },
    "decided": {
        "referral.child-matched": "decided",
        "referral.sent-again": "decided",
        "referral.referrer-informed": "referrer-informed",
    },
    "referrer-informed": {
        "referral.child-matched": "referrer-informed",
        "referral.sent-again": "referrer-informed",
    },
}


def referral_stages(events: Sequence[Event]) -> Iterator[tuple[Event, str | None]]:
    """Yield each event of a referral's stream with the stage it leads to; None: not allowed."""
    stage = ""
    for event in events:
        reached = REFERRAL_STAGES[stage].get(event["type"])
        yield event, reached
        stage = reached or stage
