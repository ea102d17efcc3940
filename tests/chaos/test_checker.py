"""The judge is judged: sound evidence passes, and each way of spoiling it is found by its name."""

from __future__ import annotations

import ast
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.events.registry import PUBLISHED
from tests.chaos.checker import judge_everything_read
from tests.chaos.checker.calendar import end_of_day, end_of_next_working_day, is_working
from tests.chaos.checker.casefile import REFERRAL_STAGES, STEPS
from tests.chaos.checker.chains import FIRST
from tests.chaos.checker.clocks import MARKS
from tests.chaos.checker.commands import judge_commands
from tests.chaos.checker.lines import judge_page, text_of
from tests.chaos.checker.parked import Parked
from tests.chaos.checker.records import judge_case, judge_referral
from tests.chaos.evidence_of_a_case import (
    BLUE,
    CASE,
    FIGURES,
    FRIDAY,
    GREEN,
    LEAD,
    MONDAY_EVENING,
    Maker,
    a_whole_case,
    book_of,
    iso,
    line_of,
    reading_of,
    sealed,
    worklist_faults,
)
from tests.chaos.verdicts import Kind, Verdict, Violation

Events = list[dict[str, Any]]
NOBODY: frozenset[str] = frozenset()


def verdict_on(events: Events, **how: Any) -> set[Kind]:
    """Return the kinds of everything the judge finds in what was read."""
    parked = how.pop("parked", ())
    return {each.kind for each in judge_everything_read(reading_of(events, **how), parked)}


def verdict_on_commands(events: Events, **changed: Any) -> set[Kind]:
    """Return what the judge finds when the book of a whole case meets these events."""
    book = book_of(a_whole_case().events)
    for attempt in book.values():
        for name, value in changed.items():
            setattr(attempt, name, value)
    return {each.kind for each in judge_commands(book, events, before=NOBODY)}


def rechained(events: Events) -> Events:
    """Number and seal a changed history anew, as somebody who hides a change would."""
    last: dict[str, dict[str, Any]] = {}
    for event in events:
        before = last.get(event["stream"])
        event["sequence"] = before["sequence"] + 1 if before else 1
        event["previoushash"] = before["hash"] if before else FIRST
        last[event["stream"]] = sealed(event)
    return events


def without(kind: str, number: int = 0) -> Events:
    """A whole case without one event, and no trace of it."""
    events = a_whole_case().events
    gone = [each for each in events if each["type"] == kind][number]
    return rechained([each for each in events if each is not gone])


def changed(kind: str, change: Callable[[dict[str, Any]], object], number: int = 0) -> Events:
    """A whole case in which one event says something else, sealed as if it always had."""
    events = a_whole_case().events
    change([each for each in events if each["type"] == kind][number])
    return rechained(events)


def swapped(first: str, second: str) -> Events:
    """A whole case in which two events of a stream stand in each other's place."""
    events = a_whole_case().events
    places = [[each["type"] for each in events].index(kind) for kind in (first, second)]
    events[places[0]], events[places[1]] = events[places[1]], events[places[0]]
    return rechained(events)


def test_a_sound_case_is_found_sound() -> None:
    events = a_whole_case().events

    assert list(judge_everything_read(reading_of(events), ())) == []
    assert list(judge_commands(book_of(events), events, before=NOBODY)) == []


def test_what_was_acknowledged_and_is_not_there_is_lost() -> None:
    assert verdict_on_commands(without("strategy.visit-attempted")) == {Kind.LOST}
    assert verdict_on_commands([]) == {Kind.LOST}


def test_what_says_something_else_than_was_acknowledged_is_lost_and_invented() -> None:
    events = changed("strategy.child-seen", lambda event: event["data"].update(child=GREEN))

    assert verdict_on_commands(events) == {Kind.LOST, Kind.INVENTED}


def test_what_was_attempted_once_and_is_there_twice_is_doubled() -> None:
    made = a_whole_case()
    made.add("strategy.child-seen", 141, {"child": BLUE}, actor="sw-worker", occurred=135)

    assert verdict_on_commands(made.events) == {Kind.DOUBLED}


def test_one_command_that_was_answered_as_two_cases_is_doubled() -> None:
    events = a_whole_case().events
    book = book_of(events)
    book[events[0]["id"]].acknowledged_as.append("MASH-BBBBB-BBBBB")

    kinds = {each.kind for each in judge_commands(book, events, before=NOBODY)}
    assert Kind.DOUBLED in kinds


def test_what_nobody_attempted_is_invented() -> None:
    made = a_whole_case()
    made.add("referral.received", 5, {"children": [], "door": "api"}, case="MASH-CCCCC-CCCCC")

    assert verdict_on_commands(made.events) == {Kind.INVENTED}
    found = judge_commands(book_of([]), made.events, before=frozenset({"MASH-CCCCC-CCCCC"}))
    assert {each.where.split("#")[0].split(":")[1] for each in found} == {CASE}


def test_what_was_refused_and_is_there_is_invented() -> None:
    events = a_whole_case().events

    kinds = verdict_on_commands(events, acknowledged_as=[], refused=True)

    assert kinds == {Kind.INVENTED}


def test_what_got_no_answer_may_be_there_or_not_but_never_twice() -> None:
    events = a_whole_case().events
    book = book_of(events)
    seen = [each for each in events if each["type"] == "strategy.child-seen"]
    for each in (events[0], *seen):
        book[each["id"]].acknowledged_as = []
    more = Maker(events=deepcopy(events), ticks=99)
    more.add("strategy.child-seen", 141, {"child": BLUE}, actor="sw-worker", occurred=135)

    assert list(judge_commands(book, events, before=NOBODY)) == []
    some = [each for each in events if each not in seen]
    assert list(judge_commands(book, some, before=NOBODY)) == []
    kinds = {each.kind for each in judge_commands(book, more.events, before=NOBODY)}
    assert kinds == {Kind.DOUBLED}


def test_a_wrong_hash_and_a_broken_link_are_found() -> None:
    events = a_whole_case().events
    events[1]["hash"] = "f" * 64

    assert Kind.BROKEN_CHAIN in verdict_on(events)


def test_an_event_changed_after_it_was_sealed_is_found() -> None:
    events = a_whole_case().events
    events[4]["data"]["starts_at"] = "2026-11-20T10:01:00.000Z"

    assert Kind.BROKEN_CHAIN in verdict_on(events)


def test_a_hole_in_a_stream_is_found() -> None:
    events = a_whole_case().events
    gone = next(each for each in events if each["type"] == "strategy.visit-attempted")

    assert Kind.OUT_OF_ORDER in verdict_on([each for each in events if each is not gone])


def test_an_id_used_twice_is_found() -> None:
    events = a_whole_case().events
    events[-1]["id"] = events[-2]["id"]

    assert Kind.DOUBLED in verdict_on(rechained(events))


def test_what_the_auditor_lacks_or_has_beyond_or_has_otherwise_is_found() -> None:
    events = a_whole_case().events
    otherwise = deepcopy(events)
    otherwise[1]["actor"] = "somebody-else"

    assert verdict_on(events, copies=events[:-1]) == {Kind.LOST}
    assert verdict_on(events[:-1], copies=events) == {Kind.INVENTED}
    assert verdict_on(events, copies=otherwise) == {Kind.COPIES_DIFFER}


@pytest.mark.parametrize(
    "events",
    [
        swapped("strategy.meeting-held", "strategy.lead-acknowledged"),
        swapped("strategy.case-allocated", "strategy.meeting-held"),
        swapped("strategy.case-opened", "strategy.meeting-called"),
        swapped("referral.threshold-decided", "referral.referrer-informed"),
        without("strategy.meeting-called"),
        without("strategy.meeting-held"),
        changed("strategy.lead-acknowledged", lambda e: e["data"].update(lead="tm-other")),
        changed("strategy.child-seen", lambda e: e["data"].update(child="CH-CCCCC-CCCCC")),
        changed("strategy.case-opened", lambda e: e.update(causationid="0" * 26)),
        changed("strategy.case-opened", lambda e: e.update(id="0" * 26)),
        changed("strategy.case-opened", lambda e: e.update(correlationid="0" * 26)),
        changed("strategy.case-opened", lambda e: e["data"].update(children=[])),
    ],
)
def test_a_step_out_of_place_is_found(events: Events) -> None:
    assert Kind.OUT_OF_ORDER in verdict_on(events)


def test_a_second_decision_and_a_second_allocation_are_out_of_place() -> None:
    for kind in ("referral.threshold-decided", "strategy.case-allocated"):
        made = a_whole_case()
        says = next(each["data"] for each in made.events if each["type"] == kind)
        made.add(kind, 160, says)

        assert Kind.OUT_OF_ORDER in verdict_on(made.events)


def test_a_lead_passed_on_before_the_time_to_acknowledge_is_over_is_found() -> None:
    def case(at: float) -> Events:
        events = without("strategy.lead-acknowledged")
        made = Maker(events=[e for e in events if e["sequence"] < 4], ticks=50)
        says = {
            "meeting": 1,
            "previous_lead": LEAD,
            "lead": "tm-next",
            "because": "not-acknowledged",
            "acknowledge_by": iso(FRIDAY + timedelta(minutes=90)),
        }
        made.add("strategy.lead-reassigned", at, says)
        return made.events

    assert Kind.OUT_OF_ORDER in verdict_on(case(50))
    assert Kind.OUT_OF_ORDER not in verdict_on(case(56))


def test_a_decision_that_opened_no_case_is_a_lost_child() -> None:
    events = [each for each in a_whole_case().events if each["source"] == "/referral"]

    assert Kind.LOST in verdict_on(rechained(events))


def test_a_case_that_no_decision_asked_for_is_invented() -> None:
    change = {"outcome": "early-help"}
    events = changed("referral.threshold-decided", lambda event: event["data"].update(change))

    assert Kind.INVENTED in verdict_on(events)


@pytest.mark.parametrize(
    "events",
    [
        without("audit.clock-breached"),
        without("audit.clock-met"),
        without("audit.clock-met", 3),
        changed("audit.clock-breached", lambda e: e["data"].update(due_at=iso(FRIDAY))),
        changed("audit.clock-met", lambda e: e["data"].update(started_at=iso(FRIDAY), child=BLUE)),
        changed("audit.clock-breached", lambda e: e.update(time="2026-11-20T23:59:59.999Z")),
        changed("audit.clock-at-risk", lambda e: e.update(time="2026-11-20T14:59:59.998Z")),
        changed("audit.clock-met", lambda e: e.update(occurredat=iso(FRIDAY))),
        changed("audit.clock-breached", lambda e: e["data"].update(child=BLUE)),
    ],
)
def test_a_breach_not_told_told_too_soon_or_with_another_due_time_is_found(events: Events) -> None:
    assert Kind.WRONG_VERDICT in verdict_on(events)


def test_a_breach_told_twice_is_doubled() -> None:
    made = a_whole_case()
    breach = next(each for each in made.events if each["type"] == "audit.clock-breached")
    made.add(
        "audit.clock-breached", 1600, breach["data"], actor="audit", occurred=15 * 60 - 1 / 60_000
    )

    assert Kind.DOUBLED in verdict_on(made.events)


def test_calling_broken_what_was_known_to_be_kept_is_found() -> None:
    made = a_whole_case()
    breach = next(each for each in made.events if each["type"] == "audit.clock-breached")
    due = 15 * 60 - 1 / 60_000
    says = {**breach["data"], "child": BLUE}
    made.add("audit.clock-breached", 1600, says, actor="audit", occurred=due)

    found = judge_everything_read(reading_of(made.events), ())
    assert "had kept it in time" in " ".join(each.words for each in found)


def test_at_risk_must_be_told_while_there_is_still_time() -> None:
    events = [
        each
        for each in a_whole_case().events
        if each["time"] < "2026-11-20T12:00" and each["data"].get("child") != GREEN
    ]
    early = datetime(2026, 11, 20, 14, 59, tzinfo=UTC)
    late, at_risk = early + timedelta(hours=1), {"met_today": 3, "at_risk": 1}

    assert verdict_on(rechained(events), now=early, figures={"met_today": 3}) == set()
    assert verdict_on(events, now=late, figures=at_risk) == {Kind.WRONG_VERDICT}


@pytest.mark.parametrize(
    "change",
    [
        {"state": "met"},
        {"due_at": "2026-11-21T23:59:59.999Z"},
        {"at_risk_at": "2026-11-20T09:00:00.000Z"},
        {"stopped_at": None},
        {"child": BLUE},
    ],
)
def test_a_promise_shown_otherwise_than_the_rules_say_is_found(change: dict[str, Any]) -> None:
    def spoil(line: dict[str, Any]) -> None:
        line["clocks"][-1].update(change)

    assert verdict_on(a_whole_case().events, change_line=spoil) == {Kind.WRONG_VERDICT}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_of_the_overview_that_is_no_sum_of_the_events_is_found(name: str) -> None:
    wrong = {name: FIGURES[name] + 1}

    assert verdict_on(a_whole_case().events, figures=wrong) == {Kind.SHOWN_WRONG}


def test_the_figures_of_a_day_count_what_was_kept_on_it() -> None:
    saturday = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    events = a_whole_case().events

    assert verdict_on(events, now=saturday, figures={"met_late_today": 1}) == set()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line.update(complete=False),
        lambda line: line["entries"].pop(),
        lambda line: line["entries"].reverse(),
        lambda line: line["entries"].append(line["entries"][0]),
        lambda line: line["entries"][2].update(who="somebody-else"),
        lambda line: line["entries"][2].update(at=iso(FRIDAY)),
    ],
)
def test_a_line_that_says_otherwise_than_its_events_is_found(
    spoil: Callable[[dict[str, Any]], object],
) -> None:
    assert Kind.SHOWN_WRONG in verdict_on(a_whole_case().events, change_line=spoil)


def test_a_page_that_lacks_a_step_or_a_verdict_is_found() -> None:
    line = line_of(a_whole_case().events, MONDAY_EVENING)
    steps = [each["words"] for each in line["entries"] if each["service"] != "audit"]
    heading = f"<main id=x><h1>Timeline of case {CASE}</h1> Chain verified Done in time Done late"
    page = f"{heading}<p>{len(line['entries'])} events. <b>{'</b><b>'.join(steps)}</b></main>"

    assert list(judge_page(CASE, text_of(page), line)) == []
    for spoilt in (
        page.replace(steps[3], ""),
        page.replace("Done late", ""),
        page.replace("Done late", "<select><option>Done late</option></select>"),
        page.replace("Chain verified", "Not complete"),
        page.replace(CASE, "MASH-BBBBB-BBBBB"),
        page.replace("events. ", ""),
        page.replace(steps[0], steps[1], 1),
    ):
        assert list(judge_page(CASE, text_of(spoilt), line)) != []


def test_a_worklist_that_lacks_a_child_or_keeps_a_case_is_found() -> None:
    events = without("strategy.child-seen", 1)
    empty: dict[str, Any] = {
        part: [] for part in ("to_call", "to_acknowledge", "to_lead", "to_allocate", "not_seen")
    }
    row = {"reference": CASE, "child": GREEN, "due_at": "2026-11-20T23:59:59.999Z"}

    assert worklist_faults({**empty, "not_seen": [row]}, events) == []
    for wrong in (
        empty,
        {**empty, "not_seen": [row, row]},
        {**empty, "not_seen": [{**row, "due_at": "2026-11-21T23:59:59.999Z"}]},
        {**empty, "not_seen": [row], "to_allocate": [{**row, "child": None}]},
    ):
        assert worklist_faults(wrong, events) != []


def test_a_record_that_stands_elsewhere_than_its_events_say_is_found() -> None:
    events = a_whole_case().events
    due = {"due_at": "2026-11-20T23:59:59.999Z"}
    seen = ((BLUE, iso(FRIDAY + timedelta(minutes=135)), 0), (GREEN, "2026-11-21T09:50:00Z", 1))
    children = [
        {
            "child": child,
            "first_seen_at": at,
            "visits": [{}],
            "attempts": [{}] * tries,
            "promise": due,
        }
        for child, at, tries in seen
    ]
    case: dict[str, Any] = {
        "stage": "allocated",
        "route": "strategy-meeting",
        "allocation": {"social_worker": "sw-worker"},
        "children": children,
    }
    referral: dict[str, Any] = {
        "stage": "referrer-informed",
        "outcome": "strategy-meeting",
        "decided_by": "mash-manager",
        "children": [{"reference": BLUE}, {"reference": GREEN}],
        "informed_at": iso(FRIDAY + timedelta(minutes=149)),
    }

    assert list(judge_referral(CASE, referral, events)) == []
    assert list(judge_case(CASE, case, events)) == []
    for change in (
        {"stage": "decided"},
        {"outcome": None},
        {"children": []},
        {"informed_at": None},
    ):
        assert list(judge_referral(CASE, {**referral, **change}, events)) != [], change
    for child in (
        {"first_seen_at": None},
        {"visits": []},
        {"attempts": [{}]},
        {"promise": {"due_at": "2026-11-21T23:59:59.999Z"}},
        {"promise": None},
    ):
        wrong = {**case, "children": [{**children[0], **child}]}
        assert list(judge_case(CASE, wrong, events)) != [], child
    for change in ({"stage": "opened"}, {"allocation": None}, {"route": "single-assessment"}):
        assert list(judge_case(CASE, {**case, **change}, events)) != [], change
    assert list(judge_case(CASE, None, events)) != []


def test_what_is_parked_without_alarm_or_words_or_is_left_is_found() -> None:
    events = a_whole_case().events
    held = {"key": "x", "cause": "unreadable", "reason": "the body is not JSON"}
    words = {"what": "A message that is no event arrived.", "to_do": "Set it aside, with a reason."}

    def verdict(**but: Any) -> set[Kind]:
        sound = {"service": "audit", "before": [held], "causes": {"unreadable": words}, "left": []}
        rest = {"alarmed": True, "set_aside": 1, "on_its_way": 0}
        return verdict_on(events, parked=[Parked(**{**sound, **rest, **but})])

    assert verdict() == set()
    for spoilt in (
        {"before": [{**held, "reason": ""}]},
        {"causes": {}},
        {"causes": {"unreadable": {**words, "to_do": ""}}},
        {"alarmed": False},
        {"left": [held]},
        {"on_its_way": 1},
    ):
        assert verdict(**spoilt) == {Kind.UNEXPLAINED_PARKED}, spoilt


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2027-03-25T16:00+00:00", "2027-03-30T16:00+00:00"),
        ("2027-12-24T16:59+00:00", "2027-12-29T17:00+00:00"),
        ("2027-03-27T23:30+00:00", "2027-03-30T16:00+00:00"),
        ("2026-10-23T20:00+01:00", "2026-10-26T17:00+00:00"),
    ],
)
def test_one_working_day_is_counted_as_the_rules_say(received: str, due: str) -> None:
    """Easter with its clock change, Christmas with its substitutes, a week-end, an October."""
    assert end_of_next_working_day(datetime.fromisoformat(received)) == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("received", "end"),
    [
        ("2027-06-30T22:59:59+00:00", "2027-06-30T22:59:59.999+00:00"),
        ("2027-06-30T23:00:00+00:00", "2027-07-01T22:59:59.999+00:00"),
        ("2026-10-25T00:30:00+00:00", "2026-10-25T23:59:59.999+00:00"),
        ("2027-03-28T12:00:00+00:00", "2027-03-28T22:59:59.999+00:00"),
        ("2026-12-25T12:00:00+00:00", "2026-12-25T23:59:59.999+00:00"),
    ],
)
def test_the_same_day_ends_on_the_clock_in_england_and_never_rolls_over(
    received: str, end: str
) -> None:
    assert end_of_day(datetime.fromisoformat(received)) == datetime.fromisoformat(end)


def test_bank_holidays_of_england_are_no_working_days() -> None:
    assert not is_working(date(2027, 12, 28))
    assert is_working(date(2027, 12, 29))


def test_a_verdict_counts_every_kind() -> None:
    verdict = Verdict.over({"events": 3}, [Violation(kind=Kind.LOST, where="x", words="y")])

    assert verdict.counts == {"events": 3, **dict.fromkeys(Kind, 0), "lost": 1}
    assert not verdict.sound


def test_the_judge_has_a_place_for_every_event_there_is() -> None:
    known = {*STEPS, *MARKS, *(kind for stage in REFERRAL_STAGES.values() for kind in stage)}

    assert known == {fact.type for facts in PUBLISHED.values() for fact in facts}


def test_the_judge_imports_nothing_of_the_product() -> None:
    folder = Path(__file__).parent
    files = [*folder.glob("checker/*.py"), folder / "verdicts.py"]
    imported = {
        name
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in _names(node)
    }
    allowed = ("tests.chaos.checker", "tests.chaos.verdicts")

    assert len(files) > 10
    assert [n for n in imported if n.split(".")[0] in ("services", "shared")] == []
    assert [n for n in imported if n.startswith("tests") and not n.startswith(allowed)] == []


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
