"""The one write: a record's state and its events, in one document, conditional on its version.

A *root document* holds one case in one service: its state **and** every event it ever caused.
MongoDB makes a single-document write atomic, so there is no moment at which the state changed and
the event does not exist, or the other way round. Nothing else writes root documents.

Here it is decided what a write is; `shared/mongo_records.py` puts it into MongoDB's words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from shared.changes import Change
from shared.clock import Clock
from shared.events.envelope import GENESIS, Envelope
from shared.events.seal import Actor, Place, seal
from shared.faults import Point, reached
from shared.records import Record, Records, RecordWrite
from shared.rounds import Rounds
from shared.rules import Overtaken, RuleBroken
from shared.states import from_stored, to_stored

__all__ = ["Act", "Actor", "Behind", "Change", "Done", "Root", "Roots", "Write"]

S = TypeVar("S")

TRIES: Final = 50
"""How often a command is decided again when others change the record at the same moment."""
OVERTAKEN: Final = "Someone changed this while you were working. Look at it again, then retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Root(Generic[S]):
    """A record as it was read: `version` is its number of events; state is None before the first.

    A record may hold only `heard`: another service spoke of the case before it is opened here.
    """

    ref: str
    version: int = 0
    state: S | None = None
    heard: Mapping[str, int] = field(default_factory=dict)
    tail_hash: str = GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Generic[S]):
    """One conditional write to `root` as it was read. `hearing` notes an event as heard in the
    same write; with no change, only `heard` moves on. `at` is the time that the rule was given:
    the events bear the same."""

    root: Root[S]
    change: Change[S] | None
    by: Actor
    at: datetime
    hearing: Envelope | None = None
    entered_by: str | None = None
    """Who enters by import what `by` did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Generic[S]):
    """One of many commands: `decide` is given the record as it stands, and the time."""

    ref: str
    decide: Callable[[Root[S], datetime], Change[S] | None]
    by: Callable[[Root[S]], Actor]
    entered_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[S]):
    """What became of an act: the record after it, and the events that it wrote, in wire form."""

    root: Root[S]
    events: Sequence[Mapping[str, Any]] = ()

    @property
    def changed(self) -> bool:
        """Was there something to do?"""
        return bool(self.events)


class Behind(RuleBroken):
    """An act on a record of which an earlier one in the same batch was refused."""

    code = "behind-a-refused-step"

    def __init__(self) -> None:
        super().__init__(
            "An earlier step of this case was not taken, so this one was not tried. Correct that "
            "one, then send both again."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan(Generic[S]):
    after: Root[S]
    write: RecordWrite


class Roots(Generic[S]):
    """The root documents of one service."""

    def __init__(
        self,
        records: Records,
        state_type: type[S],
        *,
        source: str,
        clock: Clock,
        after_commit: Callable[[Sequence[str]], None] = lambda refs: None,
    ) -> None:
        self.records = records
        self.source = source
        self.clock = clock
        self.after_commit = after_commit
        self.refuse: Callable[[str], None] = lambda ref: None
        """Raises for a record that must not work on (shared/restored.py)."""
        self._state_type = state_type

    def load(self, ref: str) -> Root[S]:
        """Read a record without its history: as cheap after a thousand events as after one."""
        return self.load_many([ref])[0]

    def load_many(self, refs: Sequence[str]) -> list[Root[S]]:
        """Read several, in the order asked."""
        found = zip(refs, self.records.find(refs), strict=True)
        return [self._root(ref, record) for ref, record in found]

    def act(
        self, ref: str, decide: Callable[[S | None, datetime], Change[S] | None], *, by: Actor
    ) -> Root[S]:
        """Carry out a command: read, decide, write; when overtaken, read and decide again.

        `decide` is a pure rule: (state, now) -> Change, or None where there is nothing to do.
        Raises what it raises (RuleBroken), and Overtaken when others never stop changing it.
        """
        for _ in range(TRIES):
            root, at = self.load(ref), self.clock.now()
            change = decide(root.state, at)
            if change is None:
                return root
            if after := self.commit(Write(root=root, change=change, by=by, at=at)):
                return after
        raise Overtaken(OVERTAKEN)

    def act_many(self, acts: Sequence[Act[S]]) -> list[Done[S] | Exception]:
        """Carry out commands as `act` does: those on different records in one bulk, those on one
        record in their order.

        Returns, in the order given, what became of each: Done, or what `act` would raise; no one of
        them hides another. On a record of which one was refused the rest is Behind, not tried.
        """
        rounds: Rounds[Act[S], Done[S] | Exception] = Rounds(acts, lambda act: act.ref)
        roots = {root.ref: root for root in self.load_many(list(rounds.waiting))}
        tries: Counter[str] = Counter()
        while plans := list(self._next_plans(rounds, roots)):
            overtaken = []
            for plan, is_made in zip(plans, self._make(plans), strict=True):
                ref = plan.after.ref
                if is_made:
                    roots[ref] = plan.after
                    rounds.settle(ref, Done(root=plan.after, events=plan.write.events))
                else:
                    overtaken.append(ref)
            tries += Counter(overtaken)
            for ref in [each for each in overtaken if tries[each] >= TRIES]:
                rounds.settle(ref, Overtaken(OVERTAKEN))
                rounds.leave(ref)
            if overtaken:
                roots |= {root.ref: root for root in self.load_many(overtaken)}
        return [Behind() if outcome is None else outcome for outcome in rounds.outcomes]

    def _next_plans(
        self, rounds: Rounds[Act[S], Done[S] | Exception], roots: Mapping[str, Root[S]]
    ) -> Iterator[_Plan[S]]:
        """Yield the next write of each record that has one."""
        for ref in list(rounds.waiting):
            while (act := rounds.next_of(ref)) is not None:
                try:
                    plan = self._plan_of(act, roots[ref])
                except Exception as refused:  # of this one: what `act` would raise
                    rounds.settle(ref, refused)
                    rounds.leave(ref)
                    break
                if plan is not None:
                    yield plan
                    break
                rounds.settle(ref, Done(root=roots[ref]))

    def _plan_of(self, act: Act[S], root: Root[S]) -> _Plan[S] | None:
        at = self.clock.now()
        change = act.decide(root, at)
        if change is None:
            return None
        self.refuse(act.ref)
        by, entered_by = act.by(root), act.entered_by
        return self._plan(Write(root=root, change=change, by=by, at=at, entered_by=entered_by))

    def commit(self, write: Write[S]) -> Root[S] | None:
        """Make one write. Returns the record after it, or None if it was overtaken."""
        return self.commit_many([write])[0]

    def commit_many(self, writes: Sequence[Write[S]]) -> list[Root[S] | None]:
        """Make writes to different records as one unordered bulk of conditional updates.

        Each is all or nothing by itself. Returns, in order, the record after each write, or None
        for one whose record had changed: read that one again and decide again.
        """
        for write in writes:
            self.refuse(write.root.ref)
        plans = [self._plan(write) for write in writes]
        made = self._make(plans)
        return [plan.after if is_made else None for plan, is_made in zip(plans, made, strict=True)]

    def _make(self, plans: Sequence[_Plan[S]]) -> list[bool]:
        reached(Point.BEFORE_COMMIT)
        made = self.records.write([plan.write for plan in plans])
        reached(Point.AFTER_COMMIT)
        if any(made):
            written = zip(plans, made, strict=True)
            self.after_commit([plan.after.ref for plan, is_made in written if is_made])
        return made

    def take_back(
        self,
        root: Root[S],
        events: Sequence[Envelope],
        state: S | None,
        *,
        heard: Mapping[str, int],
    ) -> bool:
        """Append events that were sealed here before and lost: those very events, in one write.

        They continue the stream as it is, so the chain goes on where it was broken off; `state` is
        what can be rebuilt from them, `heard` what had been heard when they were caused. They are
        published again, for whoever lacks them. False if the record changed meanwhile.
        """
        setting = {"version": events[-1].sequence, "state": state and to_stored(state)}
        write = RecordWrite(
            ref=root.ref,
            condition={"version": root.version},
            setting=setting | {f"heard.{stream}": upto for stream, upto in heard.items()},
            events=[event.to_wire() for event in events],
            at=self.clock.now(),
        )
        return self.records.write([write])[0]

    def _root(self, ref: str, record: Record) -> Root[S]:
        state = None if record.state is None else from_stored(record.state, self._state_type)
        return Root(
            ref=ref,
            version=record.version,
            state=state,
            heard=record.heard,
            tail_hash=record.tail_hash,
        )

    def _plan(self, write: Write[S]) -> _Plan[S]:
        root, at = write.root, write.at
        condition: dict[str, Any] = {"version": root.version}
        setting: dict[str, Any] = {"version": root.version}
        events: list[dict[str, Any]] = []
        heard, state, tail_hash = dict(root.heard), root.state, root.tail_hash
        if (event := write.hearing) is not None:
            condition[f"heard.{event.stream}"] = heard.get(event.stream)
            heard[event.stream] = setting[f"heard.{event.stream}"] = event.sequence
        if write.change is not None:
            place = Place(
                source=self.source, subject=root.ref, version=root.version, tail_hash=tail_hash
            )
            events = seal(
                write.change.facts,
                place,
                by=write.by,
                at=at,
                cause=event,
                entered_by=write.entered_by,
            )
            state, tail_hash = write.change.state, events[-1]["hash"]
            setting |= {"version": events[-1]["sequence"], "state": to_stored(state)}
        after = Root(
            ref=root.ref, version=setting["version"], state=state, heard=heard, tail_hash=tail_hash
        )
        return _Plan(
            after=after,
            write=RecordWrite(
                ref=root.ref, condition=condition, setting=setting, events=events, at=at
            ),
        )
