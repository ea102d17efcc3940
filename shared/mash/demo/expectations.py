"""What must be true when the morning is over; each expectation says what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from shared.mash.client import Refused, System
from shared.mash.demo.morning import Morning
from shared.mash.demo.waiting import NeverCame, until
from shared.mash.importing.run import Standing
from shared.mash.roster import service_names

Lines = Mapping[str, Mapping[str, Any]]
Clocks = Sequence[Mapping[str, Any]]

WHOLE_LINE: Final = (
    "referral.received",
    "referral.threshold-decided",
    "strategy.case-opened",
    "strategy.meeting-called",
    "strategy.lead-assigned",
    "strategy.lead-acknowledged",
    "strategy.meeting-held",
    "strategy.case-allocated",
    "strategy.child-seen",
)
KEPT: Final = "met"
BROKEN: Final = ("met-late", "breached")
CAUSED_BY_COMMANDS: Final = ("referral", "strategy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One expectation and whether it holds."""

    words: str
    holds: bool
    found: str = ""


class Traced(Protocol):
    """A case that must be on its timeline: of the morning, or of the weeks before."""

    @property
    def key(self) -> str:
        """What it is called where something is wrong with it."""
        ...

    @property
    def ref(self) -> str:
        """The reference of the case."""
        ...

    @property
    def done(self) -> Sequence[str]:
        """The kinds of event that its steps must have caused, each as often as it must."""
        ...


def settled_lines(cases: Collection[Traced], system: System) -> Lines:
    """Return every case's line once all that was accepted has arrived, or what there is by then."""
    for each in cases:
        try:
            until(lambda each=each: _arrived(each, system), f"the line of {each.key}")  # type: ignore[misc]
        except NeverCame:
            break
    lines = {each.key: _line(each, system) for each in cases}
    return {key: line for key, line in lines.items() if line}


def clocks_of(cases: Collection[Traced], system: System) -> Clocks:
    """Return every promise of these cases, as it stands."""
    refs = {each.ref for each in cases}
    clocks: Clocks = system.get("/audit/api/clocks")["clocks"]
    return [each for each in clocks if each["case"] in refs]


def expectations(morning: Morning, lines: Lines, system: System) -> Iterator[Expectation]:
    """Say of each expectation whether it holds."""
    contacts = morning.contacts.values()
    done = sum(len(each.done) for each in contacts)
    yield _everything_arrived_once(
        f"{len(lines)} of {len(contacts)} contacts and all {done} steps taken", contacts, lines
    )
    yield _the_named_line(morning, lines)
    yield _only_planned_breaches(morning, system)
    yield _went_wrong_on_purpose(morning, lines)
    verdict = system.get("/audit/api/verify")
    yield Expectation(words="The verification is clean", holds=verdict["sound"])
    waiting = sum(len(system.get(f"/{name}/api/parked")["parked"]) for name in service_names())
    yield Expectation(
        words="Nothing is parked", holds=not waiting, found=f"{waiting} parked" if waiting else ""
    )


def of_the_past(
    past: Collection[Traced], steps: int, standing: Standing, lines: Lines
) -> Iterator[Expectation]:
    """Say the same of what was entered by import before the morning."""
    taken = standing.counts.get("taken", 0)
    yield Expectation(
        words=f"All {steps} steps of the weeks before were taken, none refused",
        holds=standing.counts == {"taken": steps},
        found=f"{taken} taken, {standing.refused} refused, see {standing.errors}"
        if standing.counts != {"taken": steps}
        else "",
    )
    events = sum(len(each.done) for each in past)
    yield _everything_arrived_once(
        f"{len(lines)} of {len(past)} referrals of the weeks before and all {events} events",
        past,
        lines,
    )


def counted(case: Traced, line: Mapping[str, Any]) -> tuple[Counter[str], Counter[str]]:
    """Return what the accepted commands of a case must have caused, and what is there."""
    there = Counter(
        each["type"] for each in line["entries"] if each["service"] in CAUSED_BY_COMMANDS
    )
    return Counter(case.done), there


def differs(case: Traced, line: Mapping[str, Any]) -> bool:
    """Is anything missing from the line, or there twice, or there without a command?"""
    wanted, there = counted(case, line)
    return wanted != there


def _everything_arrived_once(words: str, cases: Collection[Traced], lines: Lines) -> Expectation:
    wrong = [
        each.key
        for each in cases
        if each.key not in lines
        or not lines[each.key]["complete"]
        or differs(each, lines[each.key])
    ]
    return Expectation(
        words=f"{words} are in the timeline, once each, nothing else",
        holds=not wrong,
        found=f"not so for {', '.join(wrong)}" if wrong else "",
    )


def _the_named_line(morning: Morning, lines: Lines) -> Expectation:
    line = lines.get(morning.named.key)
    types = [each["type"] for each in line["entries"]] if line else []
    position = -1
    missing = []
    for wanted in WHOLE_LINE:
        if wanted in types[position + 1 :]:
            position = types.index(wanted, position + 1)
        else:
            missing.append(wanted)
    times = [each["at"] for each in line["entries"]] if line else []
    holds = bool(line) and not missing and times == sorted(times)
    return Expectation(
        words="The named case is traced from referral.received to strategy.child-seen, in order",
        holds=holds,
        found=f"missing or out of order: {', '.join(missing) or 'times'}" if not holds else "",
    )


def _only_planned_breaches(morning: Morning, system: System) -> Expectation:
    planned = Counter(_planned_breaches(morning))
    keys = {each.ref: each.key for each in morning.contacts.values()}
    clocks = clocks_of(morning.contacts.values(), system)
    broken = Counter((keys[each["case"]], each["clock"]) for each in clocks if is_broken(each))
    open_ones = [each for each in clocks if each["state"] not in (KEPT, *BROKEN)]
    wrong = [f"{key} {clock}" for key, clock in (broken - planned) + (planned - broken)]
    wrong += [f"{keys[each['case']]} {each['clock']} is {each['state']}" for each in open_ones]
    return Expectation(
        words="Every promise was kept but those broken on purpose, and those were noticed",
        holds=not wrong,
        found="; ".join(wrong),
    )


def is_broken(clock: Mapping[str, Any]) -> bool:
    """Was this promise broken, kept late or not at all?"""
    return clock["state"] in BROKEN


def _planned_breaches(morning: Morning) -> Iterator[tuple[str, str]]:
    for contact in morning.contacts.values():
        for clock, count in contact.breaks.items():
            yield from [(contact.key, clock)] * count


def _went_wrong_on_purpose(morning: Morning, lines: Lines) -> Expectation:
    types = Counter(each["type"] for line in lines.values() for each in line["entries"])
    wanted = (
        "strategy.lead-reassigned",
        "strategy.meeting-not-quorate",
        "strategy.visit-attempted",
    )
    missing = [each for each in wanted if not types[each]]
    if types["audit.clock-breached"] != len(list(_planned_breaches(morning))):
        missing.append("audit.clock-breached, once for each promise broken")
    return Expectation(
        words="What went wrong on purpose is on the record, and the system said so by itself",
        holds=not missing,
        found=f"not found: {', '.join(missing)}" if missing else "",
    )


def _arrived(case: Traced, system: System) -> bool:
    line = _line(case, system)
    if not line:
        return False
    wanted, there = counted(case, line)
    return not wanted - there and everything_announced(line)


def everything_announced(line: Mapping[str, Any]) -> bool:
    """Does the line itself say of each promise what became of it?"""
    said = Counter(each["type"] for each in line["entries"])
    kept = sum(clock["state"] in (KEPT, "met-late") for clock in line["clocks"])
    broken = sum(is_broken(clock) for clock in line["clocks"])
    return said["audit.clock-met"] >= kept and said["audit.clock-breached"] >= broken


def _line(case: Traced, system: System) -> Mapping[str, Any] | None:
    try:
        line: Mapping[str, Any] = system.get(f"/audit/api/cases/{case.ref}")
    except Refused:
        return None
    return line
