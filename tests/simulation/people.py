"""The people: each carries one case from the referral to the child seen, and never gives up.

A command whose answer was lost is sent again, the same to the letter, as a page or a program does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from services.referral.domain.commands import DecideThreshold, InformReferrer, ReceiveReferral
from services.referral.domain.errors import ADecisionIsMadeOnce, TheReferrerIsToldOnce
from services.referral.handlers import decide_threshold, inform_referrer, receive_referral
from services.referral.schemas import DecisionIn, ReferralIn
from services.strategy.domain.broken.meeting import LeadAlreadyAcknowledged
from services.strategy.domain.commands import AcknowledgeLead
from services.strategy.handlers.leads import acknowledge_lead, call_meeting
from services.strategy.handlers.work import allocate_case, record_child_seen, record_meeting
from shared.events.codes import Door, InformedBy, Role
from shared.ids import case_reference
from shared.rules import RuleBroken
from shared.store import Actor, Root
from tests.builders import a_child, a_decision, a_referral, a_sibling
from tests.models.stops import STORE_AWAY
from tests.simulation.processes import DIRECTORY, GUIDANCE, START, Process
from tests.unit.strategy.world import a_call, a_record, a_seen, an_allocation

SECRET = "a secret that only tests know, 32 characters"
SCHOOL = Actor("school-demo", Role.PARTNER)
MANAGER = Actor("manager-demo", Role.MASH_MANAGER)
TEAM_MANAGER = Actor("tm-north-a", Role.TEAM_MANAGER)
WORKER = Actor("sw-north-1", Role.SOCIAL_WORKER)
DONE_BEFORE = (ADecisionIsMadeOnce, TheReferrerIsToldOnce, LeadAlreadyAcknowledged)
"""Answers that say: this was done, by the attempt whose answer was lost or by somebody else."""
LATER = START + timedelta(days=3)

Command = Callable[[Any], Any]
CarryOut = Callable[[Process, Any, Any], Root[Any]]


@dataclass(eq=False)
class Step:
    """One command of a case: made once, from the state of the record, and sent until answered."""

    service: str
    says: str
    """The type of the event that it causes, once."""
    make: Command
    carry_out: CarryOut
    command: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person was told: this record stands at this version, with this hash."""

    service: str
    says: str
    ref: str
    version: int
    tail_hash: str


@dataclass(eq=False)
class Person:
    """Carries the steps out one after the other."""

    ref: str
    steps: list[Step]
    next: int = 0
    answers: list[Answer] = field(default_factory=list)
    attempts: int = 0

    @property
    def content(self) -> bool:
        """Has everything been answered?"""
        return self.next >= len(self.steps)

    def wants(self) -> str:
        """Return the service of the next step."""
        return self.steps[self.next].service

    def attempt(self, process: Process) -> None:
        """Send the next command once. What is refused or fails is sent again another time."""
        if self.content or self.wants() != process.service:
            return
        place = self.next
        step = self.steps[place]
        self.attempts += 1
        try:
            root = self._send(step, process)
        except DONE_BEFORE:
            self._on(place)
        except (RuleBroken, STORE_AWAY):
            return
        else:
            if root is not None:
                self.answers.append(
                    Answer(step.service, step.says, self.ref, root.version, root.tail_hash)
                )
                self._on(place)

    def _on(self, place: int) -> None:
        self.next = max(self.next, place + 1)

    def _send(self, step: Step, process: Process) -> Root[Any] | None:
        state = process.roots.load(self.ref).state
        if state is None and step.says != "referral.received":
            return None
        step.command = step.command or step.make(state)
        return step.carry_out(process, step.command, state)


@cache
def _reported() -> dict[str, Any]:
    body = a_referral(children=[a_child(), a_sibling()])
    fields: dict[str, Any] = ReferralIn(now=START).load(body)
    return fields


@cache
def _decision() -> dict[str, Any]:
    fields: dict[str, Any] = DecisionIn().load(a_decision(guidance_version=GUIDANCE[0].version))
    return fields


def steps_of(submission: str) -> list[Step]:
    """Return the whole line of a case, from the referral to both children seen."""
    return [*_in_referral(submission), *_in_strategy(submission)]


def ref_of(submission: str) -> str:
    """Return the reference of the case of a submission."""
    return case_reference(submission)


def _in_referral(submission: str) -> Iterator[Step]:
    ref = ref_of(submission)
    yield Step(
        "referral",
        "referral.received",
        lambda _: ReceiveReferral(door=Door.API, **{**_reported(), "submission_id": submission}),
        lambda process, command, _: (
            receive_referral(command, referrals=process.roots, secret=SECRET, by=SCHOOL).root
        ),
    )
    yield Step(
        "referral",
        "referral.threshold-decided",
        lambda _: DecideThreshold(ref=ref, **_decision()),
        lambda process, command, _: decide_threshold(
            command, referrals=process.roots, guidance=GUIDANCE, by=MANAGER
        ),
    )
    yield Step(
        "referral",
        "referral.referrer-informed",
        lambda state: InformReferrer(
            ref=ref,
            informed_by=InformedBy.TELEPHONE,
            informed_at=state.decision.decided_at,
            what_was_said="Told that a strategy meeting is held today, and why.",
        ),
        lambda process, command, _: inform_referrer(command, referrals=process.roots, by=MANAGER),
    )


def _in_strategy(submission: str) -> Iterator[Step]:
    ref = ref_of(submission)
    yield Step(
        "strategy",
        "strategy.meeting-called",
        lambda _: a_call(ref=ref, submission_id=f"{submission} call", starts_at=LATER),
        lambda process, command, _: call_meeting(command, desk=process.desk, by=TEAM_MANAGER),
    )
    yield Step(
        "strategy",
        "strategy.lead-acknowledged",
        lambda _: AcknowledgeLead(ref=ref, submission_id=f"{submission} acknowledge"),
        lambda process, command, state: acknowledge_lead(
            command, desk=process.desk, by=_manager(state.meetings[-1].lead.person)
        ),
    )
    yield Step(
        "strategy",
        "strategy.meeting-held",
        lambda state: a_record(
            ref=ref,
            submission_id=f"{submission} record",
            held_at=state.received_at,
            not_lead_reason="Fictional: the lead was called away.",
        ),
        lambda process, command, _: record_meeting(command, desk=process.desk, by=TEAM_MANAGER),
    )
    yield Step(
        "strategy",
        "strategy.case-allocated",
        lambda _: an_allocation(ref=ref, submission_id=f"{submission} allocate", visit_by=LATER),
        lambda process, command, _: allocate_case(command, desk=process.desk, by=TEAM_MANAGER),
    )
    for place in range(2):
        yield Step(
            "strategy",
            "strategy.child-seen",
            lambda state, place=place: a_seen(  # type: ignore[misc]
                ref=ref,
                submission_id=f"{submission} seen {place}",
                child=state.children[place].child,
                seen_at=state.received_at,
            ),
            lambda process, command, _: record_child_seen(command, desk=process.desk, by=WORKER),
        )


def _manager(person: str) -> Actor:
    assert DIRECTORY.person(person)
    return Actor(person, Role.TEAM_MANAGER)
