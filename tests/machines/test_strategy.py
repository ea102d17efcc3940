"""The strategy service as a machine: decisions heard in any order, every command by everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.strategy.domain.assignment import Load
from services.strategy.domain.broken import SubmissionReused
from services.strategy.domain.case import Case, Stage
from services.strategy.domain.commands import (
    AcknowledgeLead,
    AllocateCase,
    CallMeeting,
    Command,
    DeclineLead,
    DeclineReason,
    OverrideLead,
    RecordChildSeen,
    RecordMeetingHeld,
    RecordVisitAttempted,
)
from services.strategy.domain.opening import ROUTES
from services.strategy.domain.stages import Step, steps_from
from services.strategy.handlers import leads, work
from services.strategy.handlers.desk import Desk
from services.strategy.subscriptions import SUBSCRIPTIONS
from shared.events.codes import (
    Agency,
    MeetingMode,
    NotAloneReason,
    NotSeenReason,
    Role,
    ThresholdOutcome,
)
from shared.events.envelope import MalformedEvent
from shared.events.facts import ChildOnCase
from shared.hearing import Early, Hearer, Outcome
from shared.store import Actor, Root, Roots
from tests.machines import sources
from tests.machines.frame import (
    NOTHING,
    Kept,
    MovedClock,
    check_record,
    kept,
    machine_settings,
    moves,
    refused_leaves_nothing,
)
from tests.machines.strategy_case import agrees, nobody_leads_two_at_once
from tests.models.store import MemoryRecords, MemorySlots
from tests.unit.strategy.world import (
    CORE,
    a_call,
    a_directory,
    a_record,
    a_seen,
    an_allocation,
    attendance,
)

REFS = tuple(f"MASH-TEST{n}-TEST{n}" for n in range(3))
CHILDREN = (ChildOnCase(child="CH-TEST1-TEST1"), ChildOnCase(child="CH-TEST1-TEST2", unborn=True))
MANAGERS = ("tm-north-a", "tm-north-b", "tm-north-d", "tm-south-a", "head-1")
WORKERS = ("sw-north-1", "sw-north-2", "sw-north-3", "sw-south-1")
DIRECTORY = a_directory()

Handler = Callable[..., Root[Case]]

refs = st.sampled_from(REFS)
managers = st.sampled_from(MANAGERS)
people = st.sampled_from((*MANAGERS, *WORKERS))
minutes = st.integers(-60, 600).map(lambda number: timedelta(minutes=number))


def actor(person: str) -> Actor:
    """Somebody, in the role of their post."""
    return Actor(person, Role.SOCIAL_WORKER if person in WORKERS else Role.TEAM_MANAGER)


def next_step(case: Case, submission: str, *, at: datetime) -> tuple[Step, Handler, Command, Actor]:
    """The step that brings a case nearer to every child seen."""
    given: dict[str, Any] = {"ref": case.ref, "submission_id": submission}
    if (meeting := case.open_meeting) and case.stage is not Stage.ALLOCATED:
        record = a_record(**given, held_at=at)
        return Step.RECORD_MEETING, work.record_meeting, record, actor(meeting.lead.person)
    if case.stage is Stage.OPENED:
        called = a_call(**given, starts_at=at + timedelta(hours=1))
        return Step.CALL_MEETING, leads.call_meeting, called, actor(MANAGERS[0])
    if case.stage is not Stage.ALLOCATED:
        of_team = {"north": "sw-north-1", "south": "sw-south-1"}[case.team or "north"]
        chosen = an_allocation(**given, social_worker=of_team, visit_by=at + timedelta(hours=6))
        return Step.ALLOCATE, work.allocate_case, chosen, actor("head-1")
    child = case.children_not_seen[0]
    seen = a_seen(
        **given,
        child=child.child,
        seen_at=at,
        seen_alone=False,
        not_alone_reason=NotAloneReason.UNBORN if child.unborn else NotAloneReason.CHILD_DECLINED,
    )
    return Step.VISIT, work.record_child_seen, seen, actor("head-1")


def is_done(case: Case) -> bool:
    """Is the case allocated, and every child seen?"""
    return case.stage is Stage.ALLOCATED and not case.children_not_seen


class StrategyMachine(RuleBasedStateMachine):
    """Three cases of one strategy service, looked at after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = MovedClock()
        self.records, self.slots = MemoryRecords({}), MemorySlots({})
        self.cases = Roots(self.records, Case, source="/strategy", clock=self.clock)
        self.desk = Desk(
            cases=self.cases,
            slots=self.slots,
            directory=lambda: DIRECTORY,
            load=lambda case, slot: Load(busy=self.slots.busy(slot, except_case=case.ref)),
            earlier=lambda _: (),
        )
        self.source = sources.Source("/referral")
        self.hearer = Hearer(self.cases, SUBSCRIPTIONS)
        self.seen: dict[str, Kept] = dict.fromkeys(REFS, NOTHING)
        self.done: list[tuple[Handler, Command, Actor]] = []
        self.asked = 0

    def look(self) -> dict[str, Kept]:
        """Everything that is kept."""
        return {ref: kept(self.records, ref) for ref in REFS}

    def case(self, ref: str) -> Case | None:
        """The case as it stands."""
        return self.cases.load(ref).state

    def fresh(self) -> str:
        """A submission id that was never used."""
        self.asked += 1
        return f"submission-{self.asked}"

    def carry_out(self, step: Step, handler: Handler, command: Command, by: Actor) -> bool:
        """Carry out a command: done as the table says, or refused with nothing changed."""
        before = self.case(command.ref)
        with refused_leaves_nothing(self.look) as refusals:
            after = handler(command, desk=self.desk, by=by).state
            assert before is not None
            assert after is not None
            assert steps_from(before.stage, before.route)[step] is after.stage
            assert set(after.submissions) == {*before.submissions, command.submission_id}
            self.done.append((handler, command, by))
        return not refusals

    @initialize(outcome=st.sampled_from(tuple(ROUTES)), steps=st.integers(0, 6))
    def a_case_is_open(self, outcome: ThresholdOutcome, steps: int) -> None:
        """One case is open and some steps on its way, another is decided and not heard of yet."""
        for ref in REFS[:2]:
            self.source_writes(ref, outcome)
            self.source_writes(ref, outcome)
        for _ in range(2):
            self.hear_the_next(REFS[0])
        for _ in range(steps):
            self.goes_on_as_it_should(REFS[0])

    def heard_of(self, stream: str) -> int:
        """How far a stream has been heard."""
        return self.hearer.known_heads([stream])[stream]

    @rule(ref=refs, outcome=st.sampled_from(ThresholdOutcome))
    def source_writes(self, ref: str, outcome: ThresholdOutcome) -> None:
        """The referral service writes: received, decided, matched, informed."""
        stream, at = self.source.streams.get(ref, []), self.clock.at
        facts = (
            sources.received(CHILDREN),
            sources.decided(outcome, CHILDREN, received_at=at - timedelta(hours=1)),
            sources.matched(CHILDREN[0].child),
            sources.informed(),
        )
        if len(stream) < len(facts):
            self.source.write(ref, facts[len(stream)], at=at)

    @rule(ref=refs)
    def hear_the_next(self, ref: str) -> None:
        """The next event of a stream arrives."""
        stream, known = self.source.streams.get(ref, []), self.heard_of(f"referral:{ref}")
        if known < len(stream):
            assert self.hearer.receive(stream[known]) is Outcome.HANDLED
            assert self.heard_of(f"referral:{ref}") == known + 1

    @rule(ref=refs, place=st.integers(0, 3))
    def hear_any(self, ref: str, place: int) -> None:
        """Any event arrives: again, in its turn, or too early; only its turn changes anything."""
        stream, known = self.source.streams.get(ref, []), self.heard_of(f"referral:{ref}")
        if place >= len(stream):
            return
        before = self.look()
        if place < known:
            assert self.hearer.receive(stream[place]) is Outcome.ALREADY_HANDLED
            assert self.look() == before
        elif place > known:
            with pytest.raises(Early):
                self.hearer.receive(stream[place])
            assert self.look() == before
        with pytest.raises(MalformedEvent):
            self.hearer.receive(sources.forged(stream[place]))
        assert self.look() == before

    @rule(several=st.lists(st.tuples(refs, st.integers(0, 3)), max_size=8))
    def hear_several(self, several: list[tuple[str, int]]) -> None:
        """A batch arrives, in any order: of each case the next ones are heard, and no other."""
        streams = self.source.streams
        came = [streams[ref][n] for ref, n in several if n < len(streams.get(ref, []))]
        known = {event.stream: self.heard_of(event.stream) for event in came}
        left: set[str] = set()
        for event, outcome in zip(came, self.hearer.receive_many(came), strict=True):
            if outcome is Outcome.HANDLED:
                known[event.stream] += 1
                assert event.sequence == known[event.stream]
            elif outcome is Outcome.ALREADY_HANDLED:
                assert event.sequence <= known[event.stream]
            else:
                assert event.sequence > known[event.stream] or event.stream in left
                left.add(event.stream)
        assert all(self.heard_of(stream) == head for stream, head in known.items())

    @rule(ref=refs)
    def goes_on_as_it_should(self, ref: str) -> None:
        """The next step of a case, taken by the right person, is never refused."""
        case = self.case(ref)
        if case is None:
            self.source_writes(ref, ThresholdOutcome.STRATEGY_MEETING)
            self.hear_the_next(ref)
        elif case.received_at < self.clock.at and not is_done(case):
            step, handler, command, by = next_step(case, self.fresh(), at=self.clock.at)
            assert self.carry_out(step, handler, command, by), f"{command} was refused"

    @rule(ref=refs, starts=minutes, invited=st.sampled_from([CORE, CORE[:2]]), by=managers)
    def call(self, ref: str, starts: timedelta, invited: tuple[Agency, ...], by: str) -> None:
        """Call a meeting, with its quorum or without."""
        command = CallMeeting(
            ref=ref,
            submission_id=self.fresh(),
            starts_at=self.clock.at + starts,
            mode=MeetingMode.VIDEO,
            invited=invited,
        )
        self.carry_out(Step.CALL_MEETING, leads.call_meeting, command, actor(by))

    @rule(ref=refs, by=st.none() | people, declines=st.booleans())
    def answer(self, ref: str, by: str | None, declines: bool) -> None:
        """The lead, or somebody else, acknowledges or declines."""
        case = self.case(ref)
        meeting = case.open_meeting if case else None
        who = actor(by or (meeting.lead.person if meeting else MANAGERS[0]))
        given = {"ref": ref, "submission_id": self.fresh()}
        if declines:
            decline = DeclineLead(**given, reason=DeclineReason.NOT_AT_WORK)
            self.carry_out(Step.CHANGE_LEAD, leads.decline_lead, decline, who)
        else:
            mine = AcknowledgeLead(**given)
            self.carry_out(Step.CHANGE_LEAD, leads.acknowledge_lead, mine, who)

    @rule(ref=refs, lead=people, by=managers)
    def override(self, ref: str, lead: str, by: str) -> None:
        """A manager names another lead, who may be nobody that leads."""
        command = OverrideLead(ref=ref, submission_id=self.fresh(), lead=lead, reason="Fictional.")
        self.carry_out(Step.CHANGE_LEAD, leads.override_lead, command, actor(by))

    @rule()
    def jobs_run(self) -> None:
        """What waits for an answer is escalated; time that nobody needs is given back."""
        for ref in REFS:
            leads.escalate_unacknowledged(ref, desk=self.desk)
        leads.tidy_reservations(desk=self.desk)

    @rule(ref=refs, ago=minutes, absent=st.booleans(), emergency=st.booleans(), by=managers)
    def record(self, ref: str, ago: timedelta, absent: bool, emergency: bool, by: str) -> None:
        """Record what a meeting came to, quorate or not, in time or before it was held."""
        who = attendance(*CORE[:2], away=CORE[2:]) if absent else attendance(*CORE)
        command = RecordMeetingHeld(
            ref=ref,
            submission_id=self.fresh(),
            held_at=self.clock.at - ago,
            attendance=who,
            section_47=True,
            rationale="Fictional.",
            emergency_reason="Fictional." if emergency else "",
            follow_up_by=self.clock.at + timedelta(hours=4) if emergency else None,
            not_lead_reason="Fictional." if emergency else "",
        )
        self.carry_out(Step.RECORD_MEETING, work.record_meeting, command, actor(by))

    @rule(ref=refs, worker=people, by=people, visit_in=minutes)
    def allocate(self, ref: str, worker: str, by: str, visit_in: timedelta) -> None:
        """Allocate the case, to one of the team or not, by its manager or not."""
        command = AllocateCase(
            ref=ref,
            submission_id=self.fresh(),
            social_worker=worker,
            plan="Fictional.",
            visit_by=self.clock.at + visit_in,
        )
        self.carry_out(Step.ALLOCATE, work.allocate_case, command, actor(by))

    @rule(
        ref=refs,
        child=st.integers(0, 2),
        ago=minutes,
        seen=st.booleans(),
        by=people,
        alone=st.booleans(),
    )
    def visit(self, ref: str, child: int, ago: timedelta, seen: bool, by: str, alone: bool) -> None:
        """Record a visit: of a child of the case or not, seen or not, in the past or not."""
        named = (*(each.child for each in CHILDREN), "CH-TEST0-TEST0")[child]
        at, submission = self.clock.at - ago, self.fresh()
        if seen:
            command: Command = RecordChildSeen(
                ref=ref,
                submission_id=submission,
                child=named,
                seen_at=at,
                seen_alone=alone,
                childs_views="Fictional.",
                not_alone_reason=None if alone else NotAloneReason.UNBORN,
            )
            self.carry_out(Step.VISIT, work.record_child_seen, command, actor(by))
        else:
            command = RecordVisitAttempted(
                ref=ref,
                submission_id=submission,
                child=named,
                attempted_at=at,
                reason=NotSeenReason.NOBODY_AT_HOME,
                next_attempt_at=self.clock.at + timedelta(hours=2),
            )
            self.carry_out(Step.VISIT, work.record_attempt, command, actor(by))

    @rule(data=st.data())
    def the_same_again(self, data: st.DataObject) -> None:
        """A submission comes a second time, as it was or changed: nothing happens twice."""
        if not self.done:
            return
        handler, command, by = data.draw(st.sampled_from(self.done))
        before = self.look()
        handler(command, desk=self.desk, by=by)
        assert self.look() == before
        other = AcknowledgeLead(ref=command.ref, submission_id=command.submission_id)
        if other != command:
            with pytest.raises(SubmissionReused):
                leads.acknowledge_lead(other, desk=self.desk, by=by)
        assert self.look() == before

    @rule(by=moves)
    def time_passes(self, by: timedelta) -> None:
        """The clock moves on, or is put back a little."""
        self.clock.at += by

    @invariant()
    def every_case_is_whole_and_tells_what_happened(self) -> None:
        """State, stream, `heard` and reservations say the same."""
        for ref, before in self.seen.items():
            now = kept(self.records, ref)
            if now != before:
                check_record(before, now, source="/strategy", ref=ref)
                heard = now.record.heard.get(f"referral:{ref}", 0)
                assert set(now.record.heard) <= {f"referral:{ref}"}
                assert heard <= len(self.source.streams.get(ref, []))
                if case := self.case(ref):
                    agrees(case, now)
            self.seen[ref] = now
        nobody_leads_two_at_once(case for ref in REFS if (case := self.case(ref)))


TestStrategy = StrategyMachine.TestCase
TestStrategy.settings = machine_settings()
