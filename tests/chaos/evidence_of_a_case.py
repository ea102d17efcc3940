"""Evidence made by hand for the judge's own tests: a case as a sound system would show it.

Nothing of the product is used: the events are sealed with the judge's own hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.chaos.checker import Reading
from tests.chaos.checker.book import Attempt, Event, Expected, moment
from tests.chaos.checker.chains import FIRST, by_stream, own_hash
from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.lists import judge_worklist
from tests.chaos.checker.promises import happened, promises_of
from tests.chaos.checker.when import DIGITS, TIME_PART
from tests.chaos.verdicts import Violation

CASE = "MASH-AAAAA-AAAAA"
BLUE, GREEN = "CH-AAAAA-AAAAA", "CH-BBBBB-BBBBB"
FRIDAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""The hub is open, and the next working day is Monday."""
MONDAY_EVENING = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
DECISION_DUE = "2026-11-23T17:00:00.000Z"
END_OF_FRIDAY = "2026-11-20T23:59:59.999Z"
FIGURES = {
    "cases": 1,
    "incomplete": 0,
    "at_risk": 0,
    "breached": 0,
    "met_today": 0,
    "met_late_today": 0,
}
"""What the overview shows of the whole case on Monday evening."""
LEAD, WORKER, MANAGER = "tm-lead", "sw-worker", "mash-manager"


def iso(at: datetime) -> str:
    """Return a moment as events write it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Maker:
    """Seals events one after another, as the services would; a minute of real time apart."""

    events: list[dict[str, Any]] = field(default_factory=list)
    ticks: int = 0

    def add(
        self,
        kind: str,
        minutes: float,
        says: Mapping[str, Any],
        *,
        actor: str = MANAGER,
        occurred: float | None = None,
        cause: Mapping[str, Any] | None = None,
        case: str = CASE,
    ) -> dict[str, Any]:
        """Seal one more event, `minutes` after Friday 9:00."""
        source = kind.partition(".")[0]
        stream = f"{source}:{case}"
        before = [each for each in self.events if each["stream"] == stream]
        self.ticks += 1
        id = self._id()
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": id,
            "source": f"/{source}",
            "type": kind,
            "dataschema": f"urn:golden-thread:{kind}:1",
            "datacontenttype": "application/json",
            "subject": case,
            "time": iso(FRIDAY + timedelta(minutes=minutes)),
            "stream": stream,
            "sequence": len(before) + 1,
            "previoushash": before[-1]["hash"] if before else FIRST,
            "actor": actor,
            "actorrole": "service" if source == "audit" else "mash-manager",
            "correlationid": cause["correlationid"] if cause else id,
            "data": dict(says),
        }
        if occurred is not None:
            event["occurredat"] = iso(FRIDAY + timedelta(minutes=occurred))
        if cause is not None:
            event["causationid"] = cause["id"]
        self.events.append(sealed(event))
        return event

    def _id(self) -> str:
        at, text = int((FRIDAY + timedelta(minutes=self.ticks)).timestamp() * 1000), ""
        for _ in range(TIME_PART):
            at, place = divmod(at, len(DIGITS))
            text = DIGITS[place] + text
        return f"{text}{self.ticks:016}"


def sealed(event: dict[str, Any]) -> dict[str, Any]:
    """Put the right hash on an event."""
    event["hash"] = own_hash(event)
    return event


def a_whole_case() -> Maker:
    """A referral of two children on a Friday: decided, met, allocated; one child seen in time.

    The other was tried, and seen on Saturday only: that promise is broken and kept late.
    """
    made = Maker()
    children = [{"child": BLUE, "unborn": False}, {"child": GREEN, "unborn": False}]
    common = {
        "children": children,
        "received_at": iso(FRIDAY),
        "child_protection_concerns": True,
        "physical_harm_alleged": False,
    }
    made.add("referral.received", 0, {"children": children, "door": "api"}, actor="school")
    decided = made.add("referral.threshold-decided", 30, {"outcome": "strategy-meeting", **common})
    opened = {"route": "strategy-meeting", "decided_at": decided["time"], **common}
    made.add("strategy.case-opened", 31, opened, actor="strategy", cause=decided)
    _the_work(made)
    _what_oversight_says(made)
    made.add("referral.referrer-informed", 150, {"informed_by": "telephone"}, occurred=149)
    return made


def _the_work(made: Maker) -> None:
    called = {"meeting": 1, "starts_at": iso(FRIDAY + timedelta(minutes=60))}
    made.add("strategy.meeting-called", 40, called)
    assigned = {
        "meeting": 1,
        "lead": LEAD,
        "acknowledge_by": iso(FRIDAY + timedelta(minutes=55)),
    }
    made.add("strategy.lead-assigned", 40, assigned)
    made.add("strategy.lead-acknowledged", 45, {"meeting": 1, "lead": LEAD}, actor=LEAD)
    held = {"meeting": 1, "quorate": True, "section_47": True}
    made.add("strategy.meeting-held", 90, held, actor=LEAD, occurred=60)
    visit_by = iso(FRIDAY + timedelta(minutes=600))
    allocated = {"social_worker": WORKER, "children": [BLUE, GREEN], "visit_by": visit_by}
    made.add("strategy.case-allocated", 100, allocated, actor=LEAD)
    made.add("strategy.visit-attempted", 130, {"child": GREEN}, actor=WORKER, occurred=125)
    made.add("strategy.child-seen", 140, {"child": BLUE}, actor=WORKER, occurred=135)
    made.add("strategy.child-seen", 1500, {"child": GREEN}, actor=WORKER, occurred=1490)


def _what_oversight_says(made: Maker) -> None:
    def says(
        kind: str, clock: str, child: str | None, due: str, *, at: float, occurred: float
    ) -> None:
        data = {"clock": clock, "child": child, "started_at": iso(FRIDAY), "due_at": due}
        if clock == "allocation":
            data["started_at"] = iso(FRIDAY + timedelta(minutes=30))
        made.add(f"audit.clock-{kind}", at, data, actor="audit", occurred=occurred)

    says("met", "decision", None, DECISION_DUE, at=31, occurred=30)
    says("met", "allocation", None, END_OF_FRIDAY, at=101, occurred=100)
    says("met", "child-seen", BLUE, END_OF_FRIDAY, at=141, occurred=135)
    at_risk = (moment(END_OF_FRIDAY) - timedelta(hours=9) - FRIDAY).total_seconds() / 60
    says("at-risk", "child-seen", GREEN, END_OF_FRIDAY, at=at_risk + 1, occurred=at_risk)
    due = (moment(END_OF_FRIDAY) - FRIDAY).total_seconds() / 60
    says("breached", "child-seen", GREEN, END_OF_FRIDAY, at=due + 1, occurred=due)
    says("met", "child-seen", GREEN, END_OF_FRIDAY, at=1501, occurred=1490)


def book_of(events: Sequence[Event]) -> dict[str, Attempt]:
    """Return the book of the people who caused these events: all acknowledged."""
    book = {}
    for event in events:
        if event["type"].startswith(("audit.", "strategy.case-opened")):
            continue
        key, first = event["id"], event["type"] == "referral.received"
        happened_at = event.get("occurredat")
        expected = Expected(
            type=event["type"],
            says=event["data"],
            actor=event["actor"],
            occurred_at=happened_at and moment(happened_at),
        )
        book[key] = Attempt(
            key=key,
            what=event["type"],
            ref=None if first else event["subject"],
            expected=(expected,),
            begun_at=0.0,
            acknowledged_as=[event["subject"]],
            acknowledged_at=1.0,
        )
    return book


def reading_of(
    events: Sequence[Event],
    *,
    copies: Sequence[Event] | None = None,
    now: datetime = MONDAY_EVENING,
    change_line: Callable[[dict[str, Any]], object] = lambda line: None,
    figures: Mapping[str, int] | None = None,
) -> Reading:
    """Return what a reader would see of these events in a sound system, perhaps changed after."""
    streams = by_stream(events)
    line = line_of(events, now)
    change_line(line)
    return Reading(
        evidence=Evidence(
            sources=streams,
            heads={
                stream: {"stream": stream, "sequence": len(held), "hash": held[-1]["hash"]}
                for stream, held in streams.items()
            },
            copies=by_stream(events if copies is None else copies),
        ),
        lines={CASE: line},
        lists=(),
        overview={**FIGURES, **(figures or {})},
        at=(now, now),
    )


def line_of(events: Sequence[Event], now: datetime) -> dict[str, Any]:
    """Return the line of a case as the auditor's API words it."""
    ordered = sorted(
        events,
        key=lambda e: (happened(e), moment(e["time"]), e["stream"], e["sequence"]),
    )
    return {
        "ref": CASE,
        "complete": True,
        "holes": [],
        "faults": [],
        "entries": [
            {
                "key": f"{event['stream']}#{event['sequence']}",
                "type": event["type"],
                "case": event["subject"],
                "service": event["source"].removeprefix("/"),
                "words": event["type"].partition(".")[2].replace("-", " "),
                "who": event["actor"],
                "role": event["actorrole"],
                "at": iso(happened(event)),
                "recorded_at": event["time"],
            }
            for event in ordered
        ],
        "clocks": [
            {
                "clock": each.clock,
                "child": each.child,
                "state": each.standing(now),
                "started_at": iso(each.started_at),
                "at_risk_at": iso(each.at_risk_at),
                "due_at": iso(each.due_at),
                "stopped_at": iso(each.kept_at) if each.kept_at else None,
            }
            for each in promises_of(events)
        ],
    }


def worklist_faults(shown: Mapping[str, Any], events: Sequence[Event]) -> list[Violation]:
    """Return what the judge says of a worklist."""
    return list(judge_worklist(shown, by_stream(events)))
