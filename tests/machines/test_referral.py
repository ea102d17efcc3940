"""The referral service as a machine: every command by everybody, at any stage, again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from services.referral.domain.commands import (
    Command,
    DecideThreshold,
    InformReferrer,
    MatchChild,
    ReceiveReferral,
)
from services.referral.domain.errors import SubmissionUsedForAnother
from services.referral.domain.guidance import Guidance
from services.referral.domain.referral import Referral
from services.referral.domain.stages import TRANSITIONS, Stage
from services.referral.handlers import (
    decide_threshold,
    inform_referrer,
    match_child,
    receive_referral,
)
from services.referral.schemas import ReferralIn
from shared.events.codes import Door, InformedBy, Role, ThresholdOutcome
from shared.events.envelope import iso
from shared.ids import case_reference, child_reference
from shared.store import Actor, Root, Roots
from tests.builders import (
    a_child,
    a_public_referral,
    a_referral,
    a_sibling,
    an_alleged_injury,
    an_urgent_referral,
)
from tests.machines.frame import (
    BEGINNING,
    NOTHING,
    Kept,
    MovedClock,
    check_record,
    kept,
    machine_settings,
    moves,
    refused_leaves_nothing,
)
from tests.models.store import MemoryRecords

SECRET = "a secret that only tests know, 32 characters"
GUIDANCE = (Guidance(version="2026-04", in_force_from=BEGINNING.date(), title="", levels=()),)
BODIES: tuple[Callable[..., dict[str, Any]], ...] = (
    a_referral,
    an_urgent_referral,
    an_alleged_injury,
    a_public_referral,
    lambda **but: a_referral(children=[a_child(), a_sibling()], **but),
)
LOADED = tuple(ReferralIn(now=BEGINNING + timedelta(days=60)).load(make()) for make in BODIES)
REPORTS = tuple(each["report"] for each in LOADED)

PARTNERS = ("school-demo", "police-demo")
HUB = (Actor("manager-demo", Role.MASH_MANAGER), Actor("practitioner-demo", Role.MASH_PRACTITIONER))
NOBODY = "MASH-00000-00000"

submissions = st.integers(1, 6).map(lambda n: f"submission-{n}")
"""Few, so that the same is often sent again."""


class ReferralMachine(RuleBasedStateMachine):
    """Referrals of one hub, over a store that is looked at after every step."""

    refs = Bundle("refs")

    def __init__(self) -> None:
        super().__init__()
        self.clock = MovedClock()
        self.records = MemoryRecords({})
        self.referrals = Roots(self.records, Referral, source="/referral", clock=self.clock)
        self.sent: dict[str, tuple[int, str]] = {}
        self.seen: dict[str, Kept] = {}
        """Each record as it was after the last step."""
        self.stages: dict[str, Stage | None] = {}

    def look(self) -> dict[str, Kept]:
        """Everything that is kept."""
        return {each: kept(self.records, each) for each in self.seen}

    def carry_out(self, kind: type[Command], ref: str, act: Callable[[], Root[Referral]]) -> bool:
        """Carry out a command; when it is refused nothing may have changed. True if it was done."""
        before, version = self.stages.get(ref), self.records.find([ref])[0].version
        with refused_leaves_nothing(self.look) as refusals:
            after = act().state
            assert after is not None
            if self.records.find([ref])[0].version > version:
                assert TRANSITIONS[before][kind] is after.stage
            self.stages[ref] = after.stage
        return not refusals

    @initialize(target=refs)
    def begin(self) -> str:
        """There is a referral."""
        return self.send("submission-1", 0, PARTNERS[0])

    @rule(target=refs, submission=submissions, body=st.integers(0, 4), by=st.sampled_from(PARTNERS))
    def send(self, submission: str, body: int, by: str) -> str:
        """Send a form: the first of its submission is taken, the same again changes nothing, and
        another body under the same submission is refused."""
        ref = case_reference(submission)
        self.seen.setdefault(ref, NOTHING)
        first = self.sent.setdefault(submission, (body, by))
        before = self.look()
        command = ReceiveReferral(submission_id=submission, door=Door.API, report=REPORTS[body])
        with refused_leaves_nothing(self.look) as refusals:
            received = receive_referral(
                command, referrals=self.referrals, secret=SECRET, by=Actor(by, Role.PARTNER)
            )
            assert received.root.ref == ref
            assert received.first_time == (before[ref].record.version == 0)
            self.stages.setdefault(ref, Stage.RECEIVED)
        assert [type(each) for each in refusals] == (
            [] if first == (body, by) else [SubmissionUsedForAnother]
        )
        if before[ref].record.version:
            assert self.look() == before, "the same submission again changed something"
        return ref

    @rule(
        ref=refs | st.just(NOBODY),
        outcome=st.sampled_from(ThresholdOutcome),
        level=st.integers(1, 4),
        concerns=st.booleans(),
        rationale=st.sampled_from(["too short", "An alleged injury that nobody can explain."]),
        version=st.sampled_from(["2026-04", "2026-04", "unknown"]),
        by=st.sampled_from(HUB),
    )
    def decide(self, ref: str, by: Actor, **given: Any) -> None:
        """Decide the threshold, sensibly or not."""
        command = DecideThreshold(
            ref=ref,
            outcome=given["outcome"],
            threshold_level=given["level"],
            rationale=given["rationale"],
            guidance_version=given["version"],
            feedback="We will ask you to take part.",
            child_protection_concerns=given["concerns"],
        )
        self.carry_out(
            DecideThreshold,
            ref,
            lambda: decide_threshold(command, referrals=self.referrals, guidance=GUIDANCE, by=by),
        )

    @rule(ref=refs, by=st.sampled_from(HUB))
    def decide_well(self, ref: str, by: Actor) -> None:
        """Decide as the rules allow: it is taken exactly when nobody has decided yet."""
        command = DecideThreshold(
            ref=ref,
            outcome=ThresholdOutcome.STRATEGY_MEETING,
            threshold_level=4,
            rationale="An alleged injury that nobody can explain.",
            guidance_version="2026-04",
            feedback="We will ask you to take part.",
            child_protection_concerns=True,
        )
        waits = self.stages.get(ref) is Stage.RECEIVED
        done = self.carry_out(
            DecideThreshold,
            ref,
            lambda: decide_threshold(command, referrals=self.referrals, guidance=GUIDANCE, by=by),
        )
        assert done == waits

    @rule(
        ref=refs | st.just(NOBODY),
        by=st.sampled_from(HUB),
        ago=st.integers(-30, 240).map(lambda minutes: timedelta(minutes=minutes)),
    )
    def inform(self, ref: str, by: Actor, ago: timedelta) -> None:
        """Record that the referrer was told, at a possible time or not."""
        command = InformReferrer(
            ref=ref,
            informed_by=InformedBy.TELEPHONE,
            informed_at=self.clock.at - ago,
            what_was_said="Told what happens next, and why.",
        )
        self.carry_out(
            InformReferrer,
            ref,
            lambda: inform_referrer(command, referrals=self.referrals, by=by),
        )

    @rule(ref=refs, by=st.sampled_from(HUB))
    def inform_well(self, ref: str, by: Actor) -> None:
        """Record at once that the referrer was told: taken exactly after a decision, and once."""
        state = self.referrals.load(ref).state
        assert state is not None
        waits = (
            self.stages[ref] is Stage.DECIDED
            and state.report.referrer.can_be_informed
            and state.decision is not None
            and state.decision.decided_at <= self.clock.at
        )
        command = InformReferrer(
            ref=ref,
            informed_by=InformedBy.LETTER,
            informed_at=self.clock.at,
            what_was_said="Told what happens next, and why.",
        )
        done = self.carry_out(
            InformReferrer,
            ref,
            lambda: inform_referrer(command, referrals=self.referrals, by=by),
        )
        assert done == waits

    @rule(ref=refs, known=refs | st.just(NOBODY), place=st.integers(0, 1), by=st.sampled_from(HUB))
    def match(self, ref: str, known: str, place: int, by: Actor) -> None:
        """Confirm a child as one of an earlier referral, which may be the same or none."""
        command = MatchChild(
            ref=ref,
            child=self.child_of(ref, place),
            known_child=self.child_of(known, 0),
            known_case=known,
        )
        self.carry_out(
            MatchChild, ref, lambda: match_child(command, referrals=self.referrals, by=by)
        )

    def child_of(self, ref: str, place: int) -> str:
        """The reference of a child, of one who is not on the referral too."""
        submission = next((s for s in self.sent if case_reference(s) == ref), "none")
        return child_reference(submission, place)

    @rule(by=moves)
    def time_passes(self, by: timedelta) -> None:
        """The clock moves on, or is put back a little."""
        self.clock.at += by

    @rule(ref=refs, upto=st.integers(0, 9))
    def broker_confirms(self, ref: str, upto: int) -> None:
        """The broker confirms; an old confirm may come late."""
        self.records.raise_markers({ref: min(upto, self.records.find([ref])[0].version)})

    @invariant()
    def every_record_is_whole_and_tells_what_happened(self) -> None:
        """State and stream say the same, and nothing that was is gone."""
        for ref, before in self.seen.items():
            now = kept(self.records, ref)
            if now != before:
                check_record(before, now, source="/referral", ref=ref)
                agrees(self.referrals.load(ref).state, now)
            self.seen[ref] = now


def agrees(state: Referral | None, found: Kept) -> None:
    """The state is what the events say, derived from them alone."""
    assert state is not None
    said = found.types()
    assert found.stream[0]["type"] == "referral.received"
    assert said["referral.received"] == 1
    assert said["referral.threshold-decided"] == (state.decision is not None) <= 1
    assert said["referral.referrer-informed"] == (state.informing is not None) <= 1
    assert said["referral.child-matched"] == len(state.matches)
    told = (state.decision is not None) + (state.informing is not None)
    assert state.stage is (Stage.RECEIVED, Stage.DECIDED, Stage.REFERRER_INFORMED)[told]
    assert [each.ref for each in state.children] == [
        each["child"] for each in found.stream[0]["data"]["children"]
    ]
    for event in found.stream:
        if event["type"] == "referral.threshold-decided":
            assert state.decision is not None
            assert event["data"]["outcome"] == state.decision.outcome
            assert event["time"] == iso(state.decision.decided_at)


TestReferral = ReferralMachine.TestCase
TestReferral.settings = machine_settings()
