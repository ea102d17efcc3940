"""The weeks before the morning: invented referrals entered by `mash import` as any history.

Nothing is put into a store: the importer sends the generator's file to the bulk doors, and every
step passes the schemas and rules of its own form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from shared.events.codes import ThresholdOutcome
from shared.mash.client import System
from shared.mash.demo.morning import Past
from shared.mash.generate import Plan, Step, StepName, in_order, journeys
from shared.mash.importing.run import Import, Standing, Tell

EVENT_OF: Final[Mapping[StepName, str]] = {
    StepName.RECEIVE: "referral.received",
    StepName.MATCH: "referral.child-matched",
    StepName.DECIDE: "referral.threshold-decided",
    StepName.TELL: "referral.referrer-informed",
    StepName.CALL_MEETING: "strategy.meeting-called",
    StepName.ACKNOWLEDGE: "strategy.lead-acknowledged",
    StepName.RECORD_MEETING: "strategy.meeting-held",
    StepName.ALLOCATE: "strategy.case-allocated",
    StepName.ATTEMPT: "strategy.visit-attempted",
    StepName.SEE: "strategy.child-seen",
}
OPENS_A_CASE: Final = frozenset(
    {ThresholdOutcome.STRATEGY_MEETING.value, ThresholdOutcome.SINGLE_ASSESSMENT.value}
)


@dataclass(slots=True, kw_only=True)
class PastReferral:
    """One referral of the weeks before, and the kinds of event that its steps must have caused."""

    ref: str
    done: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What it is called where something is wrong with it."""
        return self.ref


def steps_of(past: Past) -> tuple[Step, ...]:
    """Return what was done until the history is entered; what was still to do is left open."""
    plan = Plan(referrals=past.referrals, seed=past.seed, first=past.first, last=past.last)
    return tuple(step for step in in_order(journeys(plan)) if step.at <= past.until)


def referrals_of(steps: Sequence[Step]) -> dict[str, PastReferral]:
    """Return every referral by its reference, with what must be on its line."""
    referrals: dict[str, PastReferral] = {}
    for step in steps:
        referral = referrals.setdefault(step.case, PastReferral(ref=step.case))
        referral.done += _caused_by(step)
    return referrals


def enter(steps: Sequence[Step], file: Path, system: System, tell: Tell) -> Standing:
    """Write the steps into a file and import it. Raises Refused when it cannot be sent."""
    file.write_text("".join(f"{step.line()}\n" for step in steps), encoding="utf-8")
    return Import(file=file, system=system, tell=tell).run()


def _caused_by(step: Step) -> Iterator[str]:
    yield EVENT_OF[step.name]
    match step.name:
        case StepName.DECIDE if step.body["outcome"] in OPENS_A_CASE:
            yield "strategy.case-opened"
        case StepName.CALL_MEETING:
            yield "strategy.lead-assigned"
        case StepName.RECORD_MEETING:
            yield from ["strategy.medical-decided"] * len(step.body.get("medicals", ()))
            if "emergency_reason" in step.body:
                yield "strategy.meeting-not-quorate"
