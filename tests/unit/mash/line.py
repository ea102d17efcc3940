"""Plays steps of generated journeys through the real schemas and rules of the services, in memory.

No database and no events: each step is checked by its schema and decided by its rule on the state
that the steps before it left.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

from services.referral.domain import feedback, matching, referral, threshold
from services.referral.domain.commands import (
    DecideThreshold,
    InformReferrer,
    MatchChild,
    ReceiveReferral,
)
from services.referral.domain.referral import Child, Referral
from services.referral.schemas import DecisionIn, FeedbackIn, MatchIn, ReferralIn
from services.strategy.domain import allocation, lead, meeting, record, visits
from services.strategy.domain.assignment import Choice, Load, Question, choose_lead, receiving_team
from services.strategy.domain.case import Case
from services.strategy.domain.directory import Slot
from services.strategy.domain.opening import ROUTES, case_from
from services.strategy.schemas import commands as bodies
from services.strategy.schemas.directory import directory_from
from shared.events.codes import Door, Role
from shared.events.facts import Fact
from shared.events.referral import ThresholdDecided
from shared.events.seal import Actor
from shared.ids import case_reference, child_reference
from shared.mash.generate.steps import StandsFor, Step, StepName

DIRECTORY: Final = directory_from(
    json.loads((files("shared.mash") / "data" / "demo_directory.json").read_text(encoding="utf-8"))
)
ROLES: Final = {
    "partner": Role.PARTNER,
    "m": Role.MASH_MANAGER,
    "tm": Role.TEAM_MANAGER,
    "dm": Role.TEAM_MANAGER,
    "sw": Role.SOCIAL_WORKER,
    **dict.fromkeys("pq", Role.MASH_PRACTITIONER),
}
SCHEMAS: Final = {
    StepName.CALL_MEETING: bodies.CallMeetingIn(),
    StepName.ACKNOWLEDGE: bodies.AcknowledgeLeadIn(),
    StepName.RECORD_MEETING: bodies.RecordMeetingIn(),
    StepName.ALLOCATE: bodies.AllocateIn(),
    StepName.ATTEMPT: bodies.AttemptIn(),
    StepName.SEE: bodies.SeenIn(),
}


@dataclass
class Line:
    """Every referral and case so far, and each fact that was caused, by case."""

    referrals: dict[str, Referral] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    facts: dict[str, list[Fact]] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        """Carry out one step. Raises what the service would refuse it with."""
        body = json.loads(json.dumps(step.body))
        by = Actor(self._who(step), ROLES[step.by.replace(".", "-").split("-")[0]])
        if step.name in SCHEMAS:
            self._at_the_team(step, body, by)
        else:
            self._at_the_hub(step, body, by)

    def _who(self, step: Step) -> str:
        if step.stands_for is StandsFor.LEAD:
            self._pass_on_what_was_not_acknowledged(step)
            return self.cases[step.case].meetings[-1].lead.person
        return step.by

    def _at_the_hub(self, step: Step, body: dict[str, Any], by: Actor) -> None:
        state = self.referrals.get(step.case)
        change: Any
        match step.name:
            case StepName.RECEIVE:
                change = self._receive(step, body, by)
            case StepName.MATCH:
                match_command = MatchChild(ref=step.case, **MatchIn().load(body))
                known = self.referrals.get(match_command.known_case)
                change = matching.match_child(
                    state, match_command, known=known, by=by.id, at=step.at
                )
            case StepName.DECIDE:
                command = DecideThreshold(ref=step.case, **DecisionIn().load(body))
                change = threshold.decide(state, command, by=by.id, at=step.at)
                self._open(step, change.facts[0])
            case _:
                told = InformReferrer(ref=step.case, **FeedbackIn(now=step.at).load(body))
                change = feedback.inform(state, told, by=by.id, at=step.at)
        self.referrals[step.case] = change.state
        self.facts.setdefault(step.case, []).extend(change.facts)

    def _receive(self, step: Step, body: dict[str, Any], by: Actor) -> Any:
        command = ReceiveReferral(door=Door.API, **ReferralIn(now=step.at).load(body))
        assert step.case == case_reference(command.submission_id)

        def name_child(position: int, told: Any) -> Child:
            return Child(ref=child_reference(command.submission_id, position), told=told)

        return referral.receive(
            self.referrals.get(step.case),
            command,
            ref=step.case,
            name_child=name_child,
            by=by.id,
            at=step.at,
        )

    def _open(self, step: Step, fact: ThresholdDecided) -> None:
        if route := ROUTES.get(fact.outcome):
            self.cases[step.case] = case_from(
                fact, ref=step.case, route=route, decided_at=step.at, at=step.at
            )

    def _at_the_team(self, step: Step, body: dict[str, Any], by: Actor) -> None:
        where = {"child": step.child} if step.child else {}
        command = bodies.command_from(SCHEMAS[step.name], body, ref=step.case, **where)
        state = self.cases.get(step.case)
        directory, at = DIRECTORY, step.at
        change: Any
        match step.name:
            case StepName.CALL_MEETING:
                choice = self._lead(step, command.starts_at)
                change = meeting.call(
                    state, command, choice=choice, directory=directory, by=by, at=at
                )
            case StepName.ACKNOWLEDGE:
                change = lead.acknowledge(state, by=by, at=at)
            case StepName.RECORD_MEETING:
                change = record.record_held(state, command, directory=directory, by=by, at=at)
            case StepName.ALLOCATE:
                team = (state and state.team) or self._receiving(step)
                change = allocation.allocate(
                    state, command, team=team, directory=directory, by=by, at=at
                )
            case StepName.ATTEMPT:
                change = visits.record_attempt(state, command, directory=directory, by=by, at=at)
            case _:
                change = visits.record_seen(state, command, directory=directory, by=by, at=at)
        self.cases[step.case] = change.state
        self.facts[step.case] += change.facts

    def _lead(
        self, step: Step, starts_at: Any, passed_over: frozenset[str] = frozenset()
    ) -> Choice:
        question = Question(
            case=self.cases[step.case],
            directory=DIRECTORY,
            load=Load(),
            slot=Slot.from_start(starts_at, DIRECTORY.meeting_minutes),
            now=step.at,
            passed_over=passed_over,
        )
        return choose_lead(question)

    def _receiving(self, step: Step) -> str:
        receiving = receiving_team(self.cases[step.case], (), DIRECTORY)
        assert receiving.team
        return receiving.team.code

    def _pass_on_what_was_not_acknowledged(self, step: Step) -> None:
        state = self.cases[step.case]
        if not lead.is_unacknowledged(state, at=step.at):
            return
        silent = state.meetings[-1].lead.person
        choice = self._lead(step, state.meetings[-1].starts_at, frozenset({silent}))
        change = lead.escalate(
            state, unanswered=silent, choice=choice, directory=DIRECTORY, at=step.at
        )
        assert change
        self.cases[step.case] = change.state
