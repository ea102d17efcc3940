"""The line itself as a machine: a speaker, a hearer, and a wire that loses, doubles and shuffles.

The parts are the real ones; store and wire are models, and a process may die at any touch of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from shared.events.envelope import canonical
from shared.events.referral import ReferrerInformed
from shared.hearing import Hearer, Outcome
from shared.messaging.feed import CatchUp
from shared.messaging.held import HeldEvents
from shared.messaging.listener import Listener
from shared.messaging.publisher import Outgoing, PublishFailed, nothing
from shared.messaging.relay import Relay
from shared.store import Roots
from shared.streams import Streams
from tests.machines.frame import NOTHING, Kept, MovedClock, check_record, kept, machine_settings
from tests.models.collection import MemoryDatabase
from tests.models.feed import MemoryFeed
from tests.models.store import MemoryFeedMarks, MemoryRecords
from tests.support.toy import SOMEBODY, Count, note, speak

REFS = ("MASH-00000-00001", "MASH-00000-00002")
A_WHILE = timedelta(minutes=6)
ENOUGH = 30
"""Rounds after which everything must have arrived: more than an event is tried."""

refs = st.sampled_from(REFS)
dies = st.none() | st.integers(0, 12)
"""At which touch of a port the process dies, if it does."""


class Died(BaseException):
    """The process was killed."""


@dataclass(frozen=True)
class Letter:
    """A message on the wire. `again`: it was handed out before, and never acknowledged."""

    body: bytes
    again: bool = False


class Wire:
    """Carries letters; the broker may fail in the middle of a batch."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.fails_after: int | None = None

    def publish(
        self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing
    ) -> set[int]:
        """Take a batch, or a part of it, and confirm all or nothing."""
        meanwhile()
        taken = batch[: self.fails_after]
        self.letters += [Letter(each.body) for each in taken]
        if len(taken) < len(batch):
            raise PublishFailed("the broker went away")
        return set(range(len(batch)))

    def close(self) -> None:
        """There is nothing to close."""


class LineMachine(RuleBasedStateMachine):
    """Two cases spoken of by one service and heard by another."""

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.wire = MovedClock(), Wire()
        self.touches: int | None = None
        self.spoken = MemoryRecords({}, self.at)
        self.heard = MemoryRecords({}, self.at)
        self.speakers = Roots(self.spoken, Count, source="/referral", clock=self.clock)
        self.hearers = Roots(self.heard, Count, source="/strategy", clock=self.clock)
        self.database = MemoryDatabase({}, self.at)
        self.marks = MemoryFeedMarks({}, self.at)
        self.seen: dict[str, Kept] = dict.fromkeys(REFS, NOTHING)
        self.start()

    def start(self) -> None:
        """Processes start: whatever they had in their heads is gone."""
        streams = Streams(self.speakers)
        feed = MemoryFeed({"/referral": streams}, self.clock, self.at)
        hearer = Hearer(self.hearers, {ReferrerInformed: note})
        self.held = HeldEvents(self.database, self.clock)
        self.listener = Listener(("/referral",), hearer.hearing(), self.held, feed)
        self.relay = Relay(streams, lambda: self.wire, sweep_seconds=1, in_the_air=2)
        self.catch_up = CatchUp(
            self.marks,
            feed,
            self.clock,
            hears=("/referral",),
            known_heads=hearer.known_heads,
            take=self.listener.take,
            is_held=self.held.is_held,
        )

    def at(self, place: str, fault: type[Exception] | None = None) -> None:
        """Pass a port, or die there."""
        if self.touches is None:
            return
        if self.touches == 0:
            self.touches = None
            raise Died
        self.touches -= 1

    def unless_it_dies(self, touches: int | None, work: Callable[[], object]) -> bool:
        """Do something, or die in the middle of it and start again. True if it was done."""
        self.touches = touches
        try:
            work()
        except Died:
            self.start()
            return False
        finally:
            self.touches = None
        return True

    @rule(ref=refs, dies=dies)
    def say(self, ref: str, dies: int | None) -> None:
        """The speaker says one more thing."""
        self.unless_it_dies(dies, lambda: self.speakers.act(ref, speak, by=SOMEBODY))

    @rule(fails_after=st.none() | st.integers(0, 3), dies=dies)
    def relay_publishes(self, fails_after: int | None, dies: int | None) -> None:
        """The relay publishes; the broker fails, or the process dies, at any point of it."""
        self.wire.fails_after = fails_after
        with suppress(PublishFailed):
            self.unless_it_dies(dies, self.relay.publish_pending)
        self.wire.fails_after = None

    @rule(place=st.integers(0, 20), dies=dies)
    def one_arrives(self, place: int, dies: int | None) -> None:
        """Any message on the wire arrives; if the process dies of it, it comes again."""
        if self.wire.letters:
            letter = self.wire.letters.pop(place % len(self.wire.letters))
            if not self.unless_it_dies(dies, lambda: self.take(letter)):
                self.wire.letters.append(replace(letter, again=True))

    @rule(most=st.integers(2, 6), dies=dies)
    def several_arrive(self, most: int, dies: int | None) -> None:
        """A batch of messages arrives. If the process dies of it, those come again of which it did
        not know yet what became of them; the others may have been acknowledged."""
        fresh = [each for each in self.wire.letters if not each.again][:most]
        taken: list[Outcome] = []
        bodies = [each.body for each in fresh]
        for each in fresh:
            self.wire.letters.remove(each)
        if not self.unless_it_dies(dies, lambda: taken.extend(self.listener.take_bodies(bodies))):
            self.wire.letters += [replace(each, again=True) for each in fresh[len(taken) :]]

    def take(self, letter: Letter) -> None:
        """Hand a letter over, as the consumer does."""
        self.listener.take_body(letter.body, again=letter.again)

    @rule(place=st.integers(0, 20))
    def one_is_lost(self, place: int) -> None:
        """The wire loses a message."""
        if self.wire.letters:
            self.wire.letters.pop(place % len(self.wire.letters))

    @rule(place=st.integers(0, 20))
    def one_is_doubled(self, place: int) -> None:
        """The wire brings a message twice."""
        if self.wire.letters:
            self.wire.letters.append(self.wire.letters[place % len(self.wire.letters)])

    @rule(ref=refs, place=st.integers(0, 20))
    def an_old_one_comes_again(self, ref: str, place: int) -> None:
        """Something said long ago is on the wire again."""
        if stream := self.seen[ref].stream:
            self.wire.letters.append(Letter(canonical(stream[place % len(stream)])))

    @rule(dies=dies)
    def what_is_held_is_tried(self, dies: int | None) -> None:
        """Time passes, and the job that tries held events runs."""
        self.clock.at += A_WHILE
        self.unless_it_dies(dies, self.listener.try_again_what_is_due)

    @rule(dies=dies)
    def heads_are_compared(self, dies: int | None) -> None:
        """Catch-up looks for what the wire lost."""
        self.clock.at += A_WHILE
        self.unless_it_dies(dies, self.catch_up.compare)

    @invariant()
    def what_was_heard_is_what_was_said_in_order_and_once(self) -> None:
        """The hearer knows the beginning of what was said, each thing once."""
        for ref, before in self.seen.items():
            now, hearer = kept(self.spoken, ref), self.hearers.load(ref)
            if now != before:
                check_record(before, now, source="/referral", ref=ref)
            order = (hearer.state or Count()).order
            assert order == tuple(range(1, len(order) + 1))
            assert hearer.heard.get(f"referral:{ref}", 0) == len(order) == hearer.version
            assert len(order) <= now.record.version
            self.seen[ref] = now

    def teardown(self) -> None:
        """When the faults are over, and a person replayed what a process died of too often,
        everything arrives and nothing is left behind."""
        for _ in range(ENOUGH):
            while self.relay.publish_pending():
                pass
            while self.wire.letters:
                self.take(self.wire.letters.pop())
            self.held.replay()
            self.what_is_held_is_tried(dies=None)
            self.heads_are_compared(dies=None)
            if self.held.counts() == {} and self.all_heard():
                return
        raise AssertionError(f"held: {self.held.counts()}, heard all: {self.all_heard()}")

    def all_heard(self) -> bool:
        """Has the hearer heard everything that was said?"""
        return all(
            self.hearers.load(ref).version == self.spoken.find([ref])[0].version for ref in REFS
        )


TestLine = LineMachine.TestCase
TestLine.settings = machine_settings()
