"""Every promise of a case, worked out from its events and the rules in words.

- A threshold decision within one working day of the referral; at risk for the last three hours.
- Allocated to a social worker on the day of a decision for a strategy meeting or an assessment; at
  risk for the last nine hours of the day.
- With child-protection concerns, every born child seen on the day the referral was received; known
  only from the decision on; at risk for the last nine hours of the day.

What counts is when something happened, not when it was written down; the first time counts. Kept up
to and including the due time is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.chaos.checker.book import Event, moment
from tests.chaos.checker.calendar import end_of_day, end_of_next_working_day

SETTLED = ("met", "met-late")
DECISION_AT_RISK = timedelta(hours=3)
SAME_DAY_AT_RISK = timedelta(hours=9)
STATUTORY = ("strategy-meeting", "single-assessment")


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One promise: from when it counts, when it is due, and what may have kept it."""

    clock: str
    child: str | None
    armed_at: datetime
    """When the event happened from which the promise is known."""
    started_at: datetime
    due_at: datetime
    early: timedelta
    stops: tuple[Event, ...]
    """Everything that would keep it, the first to happen first."""

    @property
    def key(self) -> tuple[str, str | None]:
        """What names the promise within its case."""
        return self.clock, self.child

    @property
    def at_risk_at(self) -> datetime:
        """From when the time left is short; never before the promise began."""
        return max(self.started_at, self.due_at - self.early)

    @property
    def kept_at(self) -> datetime | None:
        """When it was kept, if it was."""
        return happened(self.stops[0]) if self.stops else None

    def standing(self, now: datetime) -> str:
        """Return how it stands at a moment."""
        if self.kept_at is not None:
            return "met" if self.kept_at <= self.due_at else "met-late"
        if now > self.due_at:
            return "breached"
        return "at-risk" if now >= self.at_risk_at else "running"


def happened(event: Event) -> datetime:
    """Return when an event happened: what it says, else when it was written."""
    return moment(event.get("occurredat", event["time"]))


def promises_of(events: Sequence[Event]) -> Iterator[Promise]:
    """Yield every promise of one case."""
    received = _first(events, "referral.received")
    decided = _first(events, "referral.threshold-decided")
    if received is not None:
        start = happened(received)
        yield Promise(
            clock="decision",
            child=None,
            armed_at=start,
            started_at=start,
            due_at=end_of_next_working_day(start),
            early=DECISION_AT_RISK,
            stops=_stops(events, "referral.threshold-decided"),
        )
    if decided is not None:
        yield from _after_decision(events, decided)


def _after_decision(events: Sequence[Event], decided: Event) -> Iterator[Promise]:
    at, says = happened(decided), decided["data"]
    if says["outcome"] in STATUTORY:
        yield Promise(
            clock="allocation",
            child=None,
            armed_at=at,
            started_at=at,
            due_at=end_of_day(at),
            early=SAME_DAY_AT_RISK,
            stops=_stops(events, "strategy.case-allocated"),
        )
    received = moment(says["received_at"])
    born = [each["child"] for each in says["children"] if not each["unborn"]]
    for child in born if says["child_protection_concerns"] else ():
        yield Promise(
            clock="child-seen",
            child=child,
            armed_at=at,
            started_at=received,
            due_at=end_of_day(received),
            early=SAME_DAY_AT_RISK,
            stops=_stops(events, "strategy.child-seen", child),
        )


def _first(events: Iterable[Event], kind: str) -> Event | None:
    return next(iter(_stops(events, kind)), None)


def _stops(events: Iterable[Event], kind: str, child: str | None = None) -> tuple[Event, ...]:
    fitting = [
        event
        for event in events
        if event["type"] == kind and child in (None, event["data"].get("child"))
    ]
    return tuple(sorted(fitting, key=lambda each: (happened(each), each["sequence"])))
