"""When is something wrong? One table of rules, and a pure function from readings to alarms.

A reading is one thing measured at one moment: how long the oldest event has waited, how many are
parked of one cause. An alarm is a reading beyond the limit of its rule. Nothing here knows how a
reading was taken, so that every rule can be tried at its border.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Measure(StrEnum):
    """What is measured. The value is part of a metric's name and of an alarm's key."""

    UNPUBLISHED = "unpublished"
    UNHEARD = "unheard"
    PARKED = "parked"
    HELD = "held"
    UNANNOUNCED = "unannounced"
    MENDED = "mended"
    SILENT = "silent"
    FEED_AWAY = "feed-away"
    CLOCK_SKEW = "clock-skew"
    TOPOLOGY_MISSING = "topology-missing"
    DISK_FULL = "disk-full"


class Unit(StrEnum):
    """What the number of a reading counts."""

    SECONDS = "seconds"
    COUNT = "count"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One thing measured. `subject` tells readings of one measure apart: a cause, a source, a part
    of a worker; references and codes only. `since` is when it began, where that is known."""

    measure: Measure
    value: float
    subject: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One measure, the most it may be, and what a person is told when it is more."""

    measure: Measure
    measured: str
    """What the number is, for a table and for the metric's help."""
    limit: float
    unit: Unit
    title: str
    meaning: str
    remedy: str
    runbook: str
    """The name of a file in deploy/runbooks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A rule that is broken now."""

    rule: Rule
    reading: Reading

    @property
    def key(self) -> str:
        """What makes this the same alarm as one that was raised before."""
        return f"{self.rule.measure}:{self.reading.subject}".removesuffix(":")


RULES: Final = (
    Rule(
        measure=Measure.UNPUBLISHED,
        measured="Longest wait for the message broker",
        limit=60,
        unit=Unit.SECONDS,
        title="Events wait for the message broker",
        meaning="Referrals and decisions are accepted and kept. Other services hear of them late.",
        remedy="Look whether the broker runs. The events leave by themselves when it is back.",
        runbook="stuck-outbox",
    ),
    Rule(
        measure=Measure.UNHEARD,
        measured="Longest unheard event of another service",
        limit=60,
        unit=Unit.SECONDS,
        title="Events that were written elsewhere have not been heard here",
        meaning="What another service decided is not known here yet. A case may not have opened.",
        remedy="Look whether this service's worker runs and reads its queue.",
        runbook="unheard-events",
    ),
    Rule(
        measure=Measure.PARKED,
        measured="Events that wait for a person",
        limit=0,
        unit=Unit.COUNT,
        title="Events could not be handled and wait for a person",
        meaning="What they tell is missing here, and later events of the same case wait behind.",
        remedy="Tell the team manager of the case, read the cause below, mend it, then replay.",
        runbook="parked-message",
    ),
    Rule(
        measure=Measure.HELD,
        measured="Longest held event that goes on by itself",
        limit=60,
        unit=Unit.SECONDS,
        title="Events are held and not handled yet",
        meaning="They are tried again by themselves, or wait behind an earlier event of the case.",
        remedy="Nothing, if they go within minutes. If they end up parked, read their cause.",
        runbook="parked-message",
    ),
    Rule(
        measure=Measure.UNANNOUNCED,
        measured="Longest due promise of which nobody was told",
        limit=60,
        unit=Unit.SECONDS,
        title="A promise is due and nobody has been told",
        meaning="The timeline shows how it stands, but its event has not been written.",
        remedy="Look whether audit's worker runs and whether every service answers its feed.",
        runbook="unannounced-promise",
    ),
    Rule(
        measure=Measure.MENDED,
        measured="Cases whose clocks the watchdog mended last time",
        limit=0,
        unit=Unit.COUNT,
        title="The watchdog found clocks that were wrong and mended them",
        meaning="A case's clocks did not say what its events say. They were computed again.",
        remedy="Nothing for the cases. Find out who or what changed audit's projections.",
        runbook="unannounced-promise",
    ),
    Rule(
        measure=Measure.SILENT,
        measured="Silence of a part beyond its interval",
        limit=60,
        unit=Unit.SECONDS,
        title="A part of the worker has stopped",
        meaning="Events or promises are looked after late, or not at all, until it runs again.",
        remedy="Start this service's worker. It goes on where it stopped.",
        runbook="silent-worker",
    ),
    Rule(
        measure=Measure.FEED_AWAY,
        measured="Time without an answer from another service",
        limit=300,
        unit=Unit.SECONDS,
        title="Another service does not answer its feed",
        meaning="Nothing is lost, but what a broker loses cannot be made up for meanwhile.",
        remedy="Look whether that service's web process runs and can be reached.",
        runbook="feed-away",
    ),
    Rule(
        measure=Measure.CLOCK_SKEW,
        measured="Difference of clocks between services",
        limit=2,
        unit=Unit.SECONDS,
        title="The clocks of two services differ",
        meaning="Order does not depend on clocks, but a promise could be called late or early.",
        remedy="Set the machines' clocks from the same time source.",
        runbook="clock-skew",
    ),
    Rule(
        measure=Measure.TOPOLOGY_MISSING,
        measured="Queues and bindings that were missing last time",
        limit=0,
        unit=Unit.COUNT,
        title="A queue or binding was missing at the broker",
        meaning="Events were not delivered here for a while. The feeds make up for them.",
        remedy="Nothing, if it was declared again. Find out who deleted it.",
        runbook="topology-missing",
    ),
    Rule(
        measure=Measure.DISK_FULL,
        measured="Disk of the database in use",
        limit=90,
        unit=Unit.PERCENT,
        title="The disk of the database is almost full",
        meaning="When it is full, referrals are refused.",
        remedy="Make room before that.",
        runbook="disk-full",
    ),
)
"""Every rule. A limit is met by staying at or below it."""

RULE_OF: Final = {rule.measure: rule for rule in RULES}


def alarms_of(readings: Iterable[Reading]) -> tuple[Alarm, ...]:
    """Return an alarm for every reading beyond its limit, in the order of the rules."""
    found = [
        Alarm(rule=RULE_OF[each.measure], reading=each)
        for each in readings
        if each.value > RULE_OF[each.measure].limit
    ]
    order = list(RULE_OF)
    return tuple(sorted(found, key=lambda each: (order.index(each.rule.measure), each.key)))
