"""What may be sent next, and what became of what was sent. Pure: no file, no clock, no network.

The steps of a case go in their order, whichever service they go to, and in one bulk at a time.
Different cases wait for nobody; only a step that speaks of another case waits for what stands of
that one before it. Only so many lines are held at a time.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.mash.importing.columns import column_of
from shared.mash.importing.reading import Line

FIRST: Final = "referral"
"""The service in which every case begins; it hears of nothing by others."""
BULK: Final = 200
"""Orders in one request."""
BULK_BYTES: Final = 1_500_000
MOST: Final = 6_000
"""Lines that are read and not settled."""
KNOWN: Final = 50_000
"""Cases of which it is remembered what a service knows of them."""
HEARS_WITHIN: Final = 1.0
"""Seconds in which a service has mostly heard of a case. Until then it is not asked: to say "not
yet" it has to read all that was sent."""
FIRST_REST, LONGEST_REST = 0.2, 5.0
"""Seconds until a case that a service has not heard of is sent again: at first, and at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A line of which it is known what became: taken, taken-before or refused."""

    line: Line
    result: str
    reason: str = ""


@dataclass(slots=True)
class _Resting:
    until: float
    tries: int = 0
    """How often it was not heard of."""


class _Lately(OrderedDict[str, int]):
    """A number for each of so many cases; the longest unchanged are forgotten."""

    def note(self, case: str, number: int) -> None:
        self[case] = number
        self.move_to_end(case)
        if len(self) > KNOWN:
            self.popitem(last=False)


@dataclass(slots=True)
class Window:
    """The lines that are read and not settled yet."""

    blocked: set[str] = field(default_factory=set)
    """Cases of which a step was refused: what follows it waits for a person."""
    settled_beyond: set[int] = field(default_factory=set)
    """Lines that are settled though one before them is not."""
    counts: Counter[str] = field(default_factory=Counter)
    last: tuple[int, int] = (0, 0)
    """Number and end of the last line that was read."""
    _cases: dict[str, deque[Line]] = field(default_factory=dict)
    _away: set[str] = field(default_factory=set)
    _resting: dict[str, _Resting] = field(default_factory=dict)
    _open: dict[int, Line] = field(default_factory=dict)
    _events: _Lately = field(default_factory=_Lately)
    """How many events the referral of a case has."""
    _heard: _Lately = field(default_factory=_Lately)
    """The last line that another service took: it has heard of the case."""

    @property
    def room(self) -> int:
        """For how many more lines is there room?"""
        return MOST - len(self._open)

    @property
    def empty(self) -> bool:
        """Is everything settled that was read?"""
        return not self._open

    @property
    def waiting(self) -> int:
        """How many cases a service has not heard of yet."""
        return sum(each.tries > 0 for each in self._resting.values())

    def add(self, line: Line) -> Iterator[Settled]:
        """Take a line up; yield it if it is settled at once."""
        self.last = (line.number, line.end)
        if line.number in self.settled_beyond:
            return
        self._open[line.number] = line
        if line.fault:
            yield self._settle(line, "refused", line.fault)
            self.blocked |= {line.case} if line.case else set()
        elif line.case in self.blocked:
            yield self._settle(line, "refused", BEHIND)
        else:
            self._cases.setdefault(str(line.case), deque()).append(line)

    def take(self, service: str, now: float, *, whole: bool = False) -> list[Line]:
        """Return the next bulk for a service; its cases are away until it is answered.

        `whole`: nothing, unless there is enough for as much as one bulk holds.
        """
        bulk: list[Line] = []
        size = 0
        for line in self._sendable(service, now):
            if len(bulk) == BULK or (bulk and size + line.size > BULK_BYTES):
                break
            bulk.append(line)
            size += line.size
        else:
            if whole:
                return []
        self._away |= {str(line.case) for line in bulk}
        return bulk

    def _sendable(self, service: str, now: float) -> Iterator[Line]:
        """Yield, case after case, the lines that a service may be sent now."""
        for case, lines in self._cases.items():
            if case in self._away or self._rests(case, now):
                continue
            for line in lines:
                if line.service != service or self._leans(line):
                    break
                yield line

    def put_back(self, bulk: Sequence[Line]) -> None:
        """Take a bulk back of which nobody knows what became: it is sent again."""
        self._away -= {str(line.case) for line in bulk}

    def answered(
        self, bulk: Sequence[Line], results: Sequence[Mapping[str, Any]], now: float
    ) -> Iterator[Settled]:
        """Yield what is settled now that a bulk was answered."""
        self.put_back(bulk)
        for line, told in zip(bulk, results, strict=True):
            case, result = str(line.case), told["result"]
            if case not in self._cases or self._cases[case][0] is not line:
                continue
            if result in {"taken", "taken-before"}:
                self._note(case, line, told)
                self._resting.pop(case, None)
                yield self._next_settled(case, result)
                self._let_hear(case, now)
            elif result == "not-yet" and self._may_still_hear(case, told):
                self._rest(case, now)
            elif result in {"refused", "not-yet"}:
                yield from self._refused(case, reason_of(told))

    def unknown(self, bulk: Sequence[Line], results: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return the cases that are not heard of, and of whose referral nothing is known here."""
        return [
            str(line.case)
            for line, told in zip(bulk, results, strict=True)
            if told["result"] == "not-yet" and line.case not in self._events
        ]

    def learn(self, case: str, events: int) -> None:
        """Note how many events the referral of a case has."""
        self._events.note(case, events)

    def next_due(self) -> float | None:
        """Return when the first resting case may be sent again; None when none rests."""
        return min((each.until for each in self._resting.values()), default=None)

    def settled_to(self) -> tuple[int, int]:
        """Return number and end of the last line up to which everything is settled."""
        first = next(iter(self._open.values()), None)
        upto = (first.number - 1, first.start) if first else self.last
        self.settled_beyond = {each for each in self.settled_beyond if each > upto[0]}
        return upto

    def _next_settled(self, case: str, result: str, reason: str = "") -> Settled:
        line = self._cases[case].popleft()
        if not self._cases[case]:
            del self._cases[case]
        return self._settle(line, result, reason)

    def _refused(self, case: str, reason: str) -> Iterator[Settled]:
        """A step is refused: those behind it go into the error file with it, in their order."""
        self.blocked.add(case)
        self._resting.pop(case, None)
        yield self._next_settled(case, "refused", reason)
        while case in self._cases:
            yield self._next_settled(case, "refused", BEHIND)

    def _settle(self, line: Line, result: str, reason: str) -> Settled:
        self.counts[result] += 1
        del self._open[line.number]
        self.settled_beyond.add(line.number)
        return Settled(line=line, result=result, reason=reason)

    def _note(self, case: str, line: Line, told: Mapping[str, Any]) -> None:
        if line.service == FIRST:
            self.learn(case, told["events"])
        else:
            self._heard.note(case, line.number)

    def _may_still_hear(self, case: str, told: Mapping[str, Any]) -> bool:
        heard: int = told.get("heard", 0)
        return heard < self._events.get(case, 1)

    def _let_hear(self, case: str, now: float) -> None:
        """Give the service whose step is next a moment to hear of the case."""
        is_next = case in self._cases and self._cases[case][0].service != FIRST
        if is_next and case not in self._heard:
            self._resting[case] = _Resting(until=now + HEARS_WITHIN)

    def _leans(self, line: Line) -> bool:
        """Does it speak of a case of which this service was not told all yet that stands before?"""
        before = self._cases.get(line.leans_on or "")
        return (
            before is not None
            and before[0].service == line.service
            and before[0].number < line.number
        )

    def _rest(self, case: str, now: float) -> None:
        before = self._resting.get(case)
        tries = before.tries + 1 if before else 1
        delay = min(LONGEST_REST, FIRST_REST * 2 ** min(tries - 1, 8))
        self._resting[case] = _Resting(until=now + delay, tries=tries)

    def _rests(self, case: str, now: float) -> bool:
        resting = self._resting.get(case)
        return resting is not None and resting.until > now


BEHIND: Final = (
    "An earlier step of this case was refused. Correct that one, and send this one again with it"
)


def reason_of(told: Mapping[str, Any]) -> str:
    """Return why an order was refused, each fault with its column."""
    problem = told.get("problem") or {}
    faults = [
        f"{column_of(each['pointer'])}: {each['detail']}" for each in problem.get("errors", ())
    ]
    return "; ".join(faults) or str(problem.get("detail") or "Refused")
