"""Who sends the steps: in the order of time, each case in its order, nobody waiting for nothing.

The hub's steps go first. The team's follow, each once the team has heard of the case: until then
the case rests, and others are sent. The clock of the system stands at the earliest step that is
still to be taken, so that no promise is called broken that was kept.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from benchmarks.harness import NotMeasured
from benchmarks.journeys.doors import Answer, Door, Fate
from benchmarks.journeys.lines import Line

HUB: Final = "referral"
AT_ONCE: Final = 500
"""Steps in one sending."""
MOST_AHEAD: Final = 4 * AT_ONCE
"""Steps of the team that may wait before the hub waits for the team."""
REST: Final = 0.2
"""Seconds after which it is asked again whether the team has heard of a case."""
REFUSED_AT_MOST: Final = 0.05
"""Part of the steps. A journey does not know all that the system decides meanwhile: where every
manager of a team is busy another team leads, and its workers are not those of the journey."""
STALLED: Final = 120.0
"""Seconds without any step being taken, after which the run proves nothing."""


@dataclass(slots=True)
class Sent:
    """What became of the steps so far."""

    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """How many steps were refused, by the step and the rule."""
    seen: list[tuple[float, int]] = field(default_factory=list)
    """How many steps were settled at which second, seen now and then."""

    def count(self, answers: Iterable[Answer]) -> None:
        """Count what is settled."""
        for answer in answers:
            if answer.fate is Fate.TAKEN:
                self.taken += 1
            elif answer.fate is Fate.REFUSED:
                self.refused[answer.reason] += 1

    @property
    def settled(self) -> int:
        """How many steps are taken or refused."""
        return self.taken + self.refused.total()

    @property
    def faults(self) -> list[str]:
        """Why what was sent proves nothing: more was refused than chance explains."""
        if self.refused.total() <= self.settled * REFUSED_AT_MOST:
            return []
        (often, times), *_ = self.refused.most_common(1)
        return [f"{self.refused.total():,} of {self.settled:,} steps refused, {times:,} by {often}"]

    def look(self, second: float) -> None:
        """Note how far it is at a second."""
        self.seen.append((second, self.settled))


def send_all(
    lines: Iterable[Line],
    hub: Door,
    team: Door,
    *,
    move_clock: Callable[[datetime], None],
    say: Callable[[Sent], None] = lambda sent: None,
) -> Sent:
    """Send every step and return what became of them. Raises NotMeasured when it does not end."""
    sent, latest = Sent(), datetime.min.replace(tzinfo=UTC)
    sent.look(time.perf_counter())
    follower = Follower(team, sent)
    follower.start()
    try:
        for hubs, teams in _portions(lines):
            first = [part[0].at for part in (hubs, teams) if part]
            move_clock(min([*first, *follower.earliest()]))
            _send_to_hub(hub, hubs, sent)
            follower.put(teams)
            sent.look(time.perf_counter())
            say(sent)
            latest = max(latest, *(part[-1].at for part in (hubs, teams) if part))
        while follower.wait(REST):
            for at in follower.earliest():
                move_clock(at)
            sent.look(time.perf_counter())
            say(sent)
    finally:
        follower.stop()
    sent.look(time.perf_counter())
    move_clock(latest)
    return sent


def _portions(lines: Iterable[Line]) -> Iterable[tuple[list[Line], list[Line]]]:
    """Yield the next steps of the hub, and those of the team that lie between them."""
    hubs: list[Line] = []
    teams: list[Line] = []
    for line in lines:
        (hubs if line.service == HUB else teams).append(line)
        if max(len(hubs), len(teams)) == AT_ONCE:
            yield hubs, teams
            hubs, teams = [], []
    if hubs or teams:
        yield hubs, teams


def _send_to_hub(hub: Door, lines: Sequence[Line], sent: Sent) -> None:
    deadline = time.monotonic() + STALLED
    while lines:
        answers = hub.send(lines)
        sent.count(answers)
        lines = [
            line for line, answer in zip(lines, answers, strict=True) if answer.fate is Fate.NOT_YET
        ]
        if time.monotonic() > deadline:
            raise NotMeasured(f"the hub takes {len(lines)} steps again and again")


class Follower(threading.Thread):
    """Sends the team's steps; a case that the team has not heard of rests a moment."""

    def __init__(self, door: Door, sent: Sent) -> None:
        super().__init__(name="the team's steps", daemon=True)
        self._door, self._sent = door, sent
        self._changed = threading.Condition()
        self._waiting: dict[str, deque[Line]] = {}
        self._rests_until: dict[str, float] = {}
        self._over = False
        self._fault: Exception | None = None
        self._last_taken = time.monotonic()

    def put(self, lines: Sequence[Line]) -> None:
        """Let steps follow, in the order of time; wait while too many do."""
        with self._changed:
            if not self._waiting:
                self._last_taken = time.monotonic()
            for line in lines:
                self._waiting.setdefault(line.case, deque()).append(line)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._count() <= MOST_AHEAD or self._fault is not None)
            self._raise_fault()

    def earliest(self) -> list[datetime]:
        """Return the time of the earliest step that is still to be taken, if there is one."""
        with self._changed:
            first = [lines[0].at for lines in self._waiting.values()]
        return [min(first)] if first else []

    def wait(self, seconds: float) -> bool:
        """Wait until every step is settled, or for so long. True if some are not."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting or self._fault is not None, seconds)
            self._raise_fault()
            return bool(self._waiting)

    def stop(self) -> None:
        """End it, whatever is left."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self.join()

    def run(self) -> None:
        """Send until stopped."""
        try:
            while (batch := self._next_batch()) is not None:
                self._settle(batch, self._door.send(batch))
        except Exception as fault:  # told to whoever waits
            with self._changed:
                self._fault = fault
                self._changed.notify_all()

    def _next_batch(self) -> list[Line] | None:
        """Return steps of cases that do not rest, waiting until there are some. None: it is over.

        All that waits of a case goes together.
        """
        with self._changed:
            while not self._over:
                now = time.monotonic()
                batch: list[Line] = []
                for case, lines in self._waiting.items():
                    if self._rests_until.get(case, 0.0) <= now:
                        batch += lines
                    if len(batch) >= AT_ONCE:
                        break
                if batch:
                    return batch
                if self._waiting and now - self._last_taken > STALLED:
                    raise NotMeasured(f"{self._count()} steps wait for a case that does not open")
                # All of them rest, or nothing waits at all.
                soonest = min(self._rests_until.values(), default=now + REST)
                self._changed.wait(max(0.0, soonest - now) if self._waiting else None)
            return None

    def _settle(self, batch: Sequence[Line], answers: Sequence[Answer]) -> None:
        rest_until = time.monotonic() + REST
        with self._changed:
            self._sent.count(answers)
            for line, answer in zip(batch, answers, strict=True):
                if answer.fate is Fate.NOT_YET:
                    self._rests_until[line.case] = rest_until
                    continue
                self._last_taken = time.monotonic()
                # What a case has not taken lies before what it has: never two orders.
                self._waiting[line.case].remove(line)
                if not self._waiting[line.case]:
                    del self._waiting[line.case]
                    self._rests_until.pop(line.case, None)
            self._changed.notify_all()

    def _count(self) -> int:
        return sum(map(len, self._waiting.values()))

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault
