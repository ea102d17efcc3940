"""What every machine stands in: a clock that moves, and what must hold of any record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st

from shared.events.envelope import Envelope
from shared.events.registry import fact_of
from shared.records import Record, Records
from shared.rules import RuleBroken

BEGINNING: Final = datetime(2026, 10, 23, 9, 0, tzinfo=UTC)
"""A Friday, two days before the clocks go back."""

EVERYTHING: Final = 10_000
EXAMPLES_IN_CI: Final = 40
"""Examples of each machine in a usual run; the profile "long" says its own number."""

STEPS: Final = 40

moves = st.one_of(
    st.integers(1, 90).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(2, 40).map(lambda hours: timedelta(hours=hours)),
    st.integers(1, 120).map(lambda minutes: -timedelta(minutes=minutes)),
)
"""How a clock moves: on by minutes or days, or back by up to two hours when it is put right."""


@dataclass
class MovedClock:
    """A clock that the machine moves, also back."""

    at: datetime = BEGINNING

    def now(self) -> datetime:
        """Return the time it was moved to."""
        return self.at


Wire = Mapping[str, Any]


@dataclass(frozen=True)
class Kept:
    """One record as it is kept: the record, its whole stream, and what no broker has confirmed."""

    record: Record
    stream: tuple[Wire, ...]
    unpublished: tuple[int, ...]

    @property
    def published(self) -> int:
        """The marker: up to where the stream has left."""
        return self.record.version - len(self.unpublished)

    def types(self) -> Counter[str]:
        """How often each type of event stands in the stream."""
        return Counter(wire["type"] for wire in self.stream)


NOTHING: Final = Kept(record=Record(), stream=(), unpublished=())


def machine_settings() -> settings:
    """Return how long a machine runs: a little in CI, as long as the profile says otherwise."""
    long = settings.get_current_profile_name() == "long"
    examples = settings().max_examples if long else EXAMPLES_IN_CI
    return settings(max_examples=examples, stateful_step_count=STEPS, deadline=None)


def kept(records: Records, ref: str) -> Kept:
    """Read everything that is kept of one record."""
    pending = {each.ref: each.events for each in records.pending(EVERYTHING)}
    return Kept(
        record=records.find([ref])[0],
        stream=tuple(records.events(ref, after=0, most=EVERYTHING)),
        unpublished=tuple(wire["sequence"] for wire in pending.get(ref, ())),
    )


def check_record(before: Kept, now: Kept, *, source: str, ref: str) -> None:
    """Whatever happened: state and stream are one and whole, and nothing that was is gone."""
    done = len(before.stream)
    assert now.stream[:done] == before.stream, "history was changed"
    assert now.record.version == len(now.stream)
    previous = Envelope.from_wire(before.stream[-1]) if done else None
    for event in map(Envelope.from_wire, now.stream[done:]):
        assert event.is_intact()
        assert event.follows(previous)
        assert (event.source, event.subject) == (source, ref)
        assert fact_of(event)
        previous = event
    assert previous is None or now.record.tail_hash == previous.hash
    assert (now.record.state is None) == (now.record.version == 0)
    _check_marks(before, now)


def _check_marks(before: Kept, now: Kept) -> None:
    """What left has left, what was heard stays heard, and what has not left is known to wait."""
    assert before.published <= now.published <= now.record.version
    assert now.unpublished == tuple(range(now.published + 1, now.record.version + 1))
    for stream, sequence in before.record.heard.items():
        assert now.record.heard.get(stream, 0) >= sequence


@contextmanager
def refused_leaves_nothing(look: Callable[[], Any]) -> Iterator[list[RuleBroken]]:
    """A command that a rule refuses must leave everything as it was. Yields the refusals."""
    before, refusals = look(), list[RuleBroken]()
    try:
        yield refusals
    except RuleBroken as broken:
        refusals.append(broken)
    for refusal in refusals:
        assert look() == before, f"refused with {refusal.code}, and yet something changed"
