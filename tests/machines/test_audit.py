"""Audit as a machine: events in any order, late, twice and forged, and sweeps at any time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.audit.domain.announcing import Announcement, Announcements
from services.audit.domain.chain import faults_in
from services.audit.domain.clocks import ANNOUNCED_BY, ClockState, Mark, State, clocks_of
from services.audit.domain.projection import project
from services.audit.handlers.keeping import receive, receive_many
from services.audit.handlers.oversight import Oversight
from services.audit.handlers.promises import sweep
from shared.events.codes import Clock, ThresholdOutcome
from shared.events.envelope import Envelope, MalformedEvent
from shared.events.facts import ChildOnCase
from shared.hearing import Outcome
from shared.messaging.feed import LONG_AGO, FeedHead, FeedUnavailable
from shared.practice import load_time_limits
from shared.store import Roots
from tests.machines import sources
from tests.machines.frame import (
    NOTHING,
    Kept,
    MovedClock,
    check_record,
    kept,
    machine_settings,
    moves,
)
from tests.models.store import Entries, MemoryArchive, MemoryRecords
from tests.unit.audit import lines

REFS = tuple(f"MASH-TEST{n}-TEST{n}" for n in range(2))
CHILDREN = (ChildOnCase(child=lines.BLUE), ChildOnCase(child=lines.GREEN))
LIMITS = load_time_limits()

refs = st.sampled_from(REFS)
places = st.integers(0, 5)


@dataclass
class SourcesFeed:
    """The sources' own streams; each source can be away."""

    sources: dict[str, sources.Source]
    away: set[str] = field(default_factory=set)

    def read(self, source: str, stream: str, *, after: int = 0) -> list[Envelope]:
        """Return what a source holds beyond `after`."""
        if source in self.away:
            raise FeedUnavailable("away")
        return self.sources[source].streams.get(stream.split(":", 1)[1], [])[after:]

    def heads_of(self, source: str, streams: Sequence[str]) -> Mapping[str, int]:
        """Return how long streams are at a source."""
        if source in self.away:
            raise FeedUnavailable("away")
        held = self.sources[source].streams
        return {it: len(held[ref]) for it in streams if (ref := it.partition(":")[2]) in held}

    def heads(self, source: str, *, since: datetime = LONG_AGO) -> list[FeedHead]:
        """Nobody compares heads here."""
        raise NotImplementedError


class AuditMachine(RuleBasedStateMachine):
    """Audit beside two services whose streams grow, looked at after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = MovedClock()
        self.written = {name: sources.Source(name) for name in ("/referral", "/strategy")}
        self.feed = SourcesFeed(self.written)
        self.records, self.archive = MemoryRecords({}), MemoryArchive(Entries())
        self.announcements = Roots(self.records, Announcements, source="/audit", clock=self.clock)
        self.oversight = Oversight(
            archive=self.archive,
            announcements=self.announcements,
            limits=LIMITS,
            clock=self.clock,
            feed=self.feed,
        )
        self.seen: dict[str, Kept] = dict.fromkeys(REFS, NOTHING)

    @initialize(
        outcome=st.sampled_from(ThresholdOutcome),
        arrived=st.integers(0, 2),
        later=st.none() | moves,
    )
    def a_referral_came(
        self, outcome: ThresholdOutcome, arrived: int, later: timedelta | None
    ) -> None:
        """A referral was received and decided; some of it has arrived; it may be late already."""
        self.referral_writes(REFS[0], outcome, concerns=True)
        self.referral_writes(REFS[0], outcome, concerns=True)
        for place in range(arrived):
            self.one_arrives(REFS[0], "/referral", place)
        if later:
            self.time_passes(later)
            self.sweeps()

    @rule(ref=refs, outcome=st.sampled_from(ThresholdOutcome), concerns=st.booleans())
    def referral_writes(self, ref: str, outcome: ThresholdOutcome, concerns: bool) -> None:
        """The referral service writes its next event."""
        stream, at = self.written["/referral"].streams.get(ref, []), self.clock.at
        received_at = stream[0].time if stream else at
        facts = (
            sources.received(CHILDREN),
            sources.decided(
                outcome, CHILDREN, received_at=received_at, child_protection_concerns=concerns
            ),
            sources.informed(),
        )
        if len(stream) < len(facts):
            self.written["/referral"].write(ref, facts[len(stream)], at=at)

    @rule(ref=refs, child=st.sampled_from(CHILDREN))
    def strategy_writes(self, ref: str, child: ChildOnCase) -> None:
        """The strategy service writes its next event."""
        stream = self.written["/strategy"].streams.get(ref, [])
        facts = (lines.opened(), lines.called(), lines.held(), lines.allocated())
        fact = facts[len(stream)] if len(stream) < len(facts) else lines.seen(child.child)
        self.written["/strategy"].write(ref, fact, at=self.clock.at)

    @rule(ref=refs, source=st.sampled_from(["/referral", "/strategy"]), place=places)
    def one_arrives(self, ref: str, source: str, place: int) -> None:
        """Any event of a source arrives: in its turn, early, late or again."""
        stream = self.written[source].streams.get(ref, [])
        if stream:
            place %= len(stream)
            held = self.archive.entry_at(stream[place].stream, place + 1) is not None
            follows = self.archive.entry_at(stream[place].stream, place) is not None
            outcome = receive(stream[place], self.oversight)
            assert outcome is (Outcome.ALREADY_HANDLED if held else Outcome.HANDLED)
            # A hole is filled when what comes after it arrives; an older one by the sweep.
            if source not in self.feed.away and not held and not follows:
                assert self.archive.head_of(stream[place].stream) > place

    @rule(
        several=st.lists(
            st.tuples(refs, st.sampled_from(["/referral", "/strategy"]), places), max_size=8
        ),
        forged=st.booleans(),
    )
    def several_arrive(self, several: list[tuple[str, str, int]], forged: bool) -> None:
        """A batch arrives, in any order: what continues its stream is kept, what is held already
        is known again, and nothing else is settled."""
        streams = [(self.written[source].streams.get(ref, []), n) for ref, source, n in several]
        came = [stream[n % len(stream)] for stream, n in streams if stream]
        came += [sources.forged(each) for each in came[:1] if forged]
        before = self.keys()
        outcomes = receive_many(came, self.oversight)
        told = list(zip(came, outcomes, strict=True))
        kept = [each for each, outcome in told if outcome is Outcome.HANDLED]
        copies = [each for each, outcome in told if outcome is Outcome.ALREADY_HANDLED]
        assert len(kept) + len(copies) + outcomes.count(None) == len(came)
        held = {*before, *(each.key for each in kept)}
        assert all(each.key in held and each.is_intact() for each in copies)
        assert {*self.keys()} == held
        assert all(each.is_intact() and each.key not in before for each in kept)
        assert len({each.key for each in kept}) == len(kept)
        for each in kept:
            assert each.sequence == 1 or self.archive.entry_at(each.stream, each.sequence - 1)

    @rule(ref=refs, place=places)
    def a_forged_one_arrives(self, ref: str, place: int) -> None:
        """A changed event is refused, whatever is held already."""
        stream = self.written["/referral"].streams.get(ref, [])
        if stream:
            before = self.keys()
            with pytest.raises(MalformedEvent):
                receive(sources.forged(stream[place % len(stream)]), self.oversight)
            assert self.keys() == before

    @rule(ref=refs, place=places)
    def our_own_words_come_back(self, ref: str, place: int) -> None:
        """The broker's copy of what audit itself has said is the duplicate."""
        said = self.seen[ref].stream
        if said:
            own = Envelope.from_wire(said[place % len(said)])
            assert receive(own, self.oversight) is Outcome.ALREADY_HANDLED

    @rule(by=moves)
    def time_passes_and_a_sweep_comes(self, by: timedelta) -> None:
        """The usual course."""
        self.time_passes(by)
        self.sweeps()

    @rule()
    def sweeps(self) -> None:
        """A sweep says what there is to say; a second one at once has nothing to add."""
        sweep(self.oversight)
        version = {ref: self.records.find([ref])[0].version for ref in REFS}
        sweep(self.oversight)
        assert version == {ref: self.records.find([ref])[0].version for ref in REFS}

    @rule(source=st.sampled_from(["/referral", "/strategy"]))
    def a_source_goes_or_comes_back(self, source: str) -> None:
        """A source does not answer for a while."""
        self.feed.away ^= {source}

    @rule(by=moves)
    def time_passes(self, by: timedelta) -> None:
        """The clock moves on, or is put back a little."""
        self.clock.at += by

    def keys(self) -> list[str]:
        """The places that are taken."""
        return sorted(entry.key for ref in REFS for entry in self.archive.entries_of_case(ref))

    @invariant()
    def every_line_is_whole_and_says_only_what_is_true(self) -> None:
        """Entries are what was written; projections and announcements follow from them alone."""
        for ref, before in self.seen.items():
            entries = self.archive.entries_of_case(ref)
            for entry in entries:
                assert entry == self.source_of(entry, ref)
            now = kept(self.records, ref)
            if now != before:
                check_record(before, now, source="/audit", ref=ref)
                self.check_said(ref, now, len(before.stream))
            assert self.archive.case_at(ref) == (project(ref, entries, LIMITS) if entries else None)
            assert not [each for each in faults_in(entries) if each.kind.value != "hole"]
            self.seen[ref] = now

    def source_of(self, entry: Envelope, ref: str) -> Envelope:
        """The event as its source wrote it."""
        if entry.source == "/audit":
            return Envelope.from_wire(
                self.records.events(ref, after=0, most=999)[entry.sequence - 1]
            )
        return self.written[entry.source].streams[ref][entry.sequence - 1]

    def check_said(self, ref: str, found: Kept, done: int) -> None:
        """Each thing is said once, stands in the state, and was true when it was said."""
        state = self.announcements.load(ref).state
        said = Counter(_announcement(wire) for wire in found.stream)
        assert state is not None
        assert set(said) == set(state.said)
        assert max(said.values()) == 1
        everything = [
            each for source in self.written.values() for each in source.streams.get(ref, [])
        ]
        truth = {(each.clock, each.child): each for each in clocks_of(everything, LIMITS)}
        for wire in found.stream[done:]:
            word = _announcement(wire)
            assert _is_true(word.mark, truth[word.clock, word.child], at=self.clock.at), word


def _announcement(wire: dict[str, object]) -> Announcement:
    event = Envelope.from_wire(wire)
    return Announcement(
        clock=Clock(event.data["clock"]), child=event.data["child"], mark=ANNOUNCED_BY[event.type]
    )


def _is_true(mark: Mark, clock: ClockState, *, at: datetime) -> bool:
    """Was it true by everything that the services have written, heard of or not?"""
    if mark is Mark.BREACHED:
        return clock.state is State.MET_LATE or (clock.state is State.ARMED and at > clock.due_at)
    if mark is Mark.MET:
        return clock.state in (State.MET, State.MET_LATE)
    return at >= clock.at_risk_at


TestAudit = AuditMachine.TestCase
TestAudit.settings = machine_settings()
