"""Do the lists that people work from hold exactly what the events leave to be done?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.chaos.checker.book import Event, moment
from tests.chaos.checker.calendar import end_of_next_working_day
from tests.chaos.checker.casefile import CaseFile, referral_stages
from tests.chaos.checker.promises import Promise, happened, promises_of
from tests.chaos.checker.reading import Doors, Reader
from tests.chaos.verdicts import Kind, Violation

Streams = Mapping[str, Sequence[Event]]
Row = tuple[str, str | None, datetime | None]
"""A case, a child of it where the row is about one, and when it is due."""

INBOXES = {"decision": "received", "feedback": "decided", "done": "referrer-informed"}
LINES = 50
"""Lines of a part on the first page of the worklist."""
PARTS = ("to_call", "to_acknowledge", "to_lead", "to_allocate", "not_seen")


def judge_lists(doors: Doors, streams: Streams) -> Iterator[Violation]:
    """Compare inbox and worklist, each in the API and on its page, with the events."""
    reader = Reader(doors)
    for waiting, stage in INBOXES.items():
        rows = list(_inbox(reader, waiting))
        yield from judge_inbox(waiting, rows, _at_stage(streams, stage))
    yield from judge_worklist(reader.json(doors.manager, "/strategy/api/worklist"), streams)
    page = reader.page(doors.manager, "/referral/inbox?waiting=decision")
    first = reader.json(doors.manager, "/referral/api/inbox", waiting="decision")["referrals"]
    yield from _on_the_page("the inbox", page, {each["reference"] for each in first})
    page = reader.page(doors.manager, "/strategy/worklist")
    listed = {
        each["reference"]
        for part in reader.json(doors.manager, "/strategy/api/worklist").values()
        for each in part[:LINES]
    }
    yield from _on_the_page("the worklist", page, listed)


def judge_inbox(
    waiting: str, rows: Sequence[Mapping[str, Any]], wanted: Mapping[str, datetime]
) -> Iterator[Violation]:
    """Compare one list of the inbox with the referrals that stand so, each with its due time."""
    where, found = f"inbox {waiting}", [each["reference"] for each in rows]
    yield from _same(where, found, wanted)
    for row in rows:
        received = wanted.get(row["reference"])
        if received and moment(row["decision_due"]) != end_of_next_working_day(received):
            yield _wrong(f"{where} {row['reference']}", f"decision due {row['decision_due']}")


def judge_worklist(shown: Mapping[str, Any], streams: Streams) -> Iterator[Violation]:
    """Compare every part of the worklist with what the events leave to be done."""
    wanted: dict[str, list[Row]] = {part: [] for part in PARTS}
    for stream in (each for each in streams if each.startswith("strategy:")):
        for part, row in _rows(stream.partition(":")[2], streams):
            wanted[part].append(row)
    for part in PARTS:
        found = [
            (each["reference"], each["child"], each["due_at"] and moment(each["due_at"]))
            for each in shown[part]
        ]
        yield from _same(f"worklist {part}", found, wanted[part])


def _rows(ref: str, streams: Streams) -> Iterator[tuple[str, Row]]:
    case, events = CaseFile(), streams[f"strategy:{ref}"]
    for event in events:
        case.read(event)
    all_events = [*streams.get(f"referral:{ref}", ()), *events]
    promises = {each.key: each for each in promises_of(all_events)}
    allocation_due = _due(promises.get(("allocation", None)))
    if case.meeting_to_call:
        yield "to_call", (ref, None, allocation_due)
    if case.may_be_allocated:
        yield "to_allocate", (ref, None, allocation_due)
    if case.meeting and case.acknowledged:
        yield "to_lead", (ref, None, _starts(events, case.meeting))
    elif case.meeting:
        yield "to_acknowledge", (ref, None, moment(case.acknowledge_by))
    planned = moment(case.allocation["visit_by"]) if case.allocation else None
    for child in case.children:
        if child not in case.seen:
            due = _due(promises.get(("child-seen", child))) or planned
            yield "not_seen", (ref, child, due)


def _due(promise: Promise | None) -> datetime | None:
    return promise.due_at if promise else None


def _starts(events: Sequence[Event], number: int) -> datetime:
    (called,) = (
        event["data"]["starts_at"]
        for event in events
        if event["type"] == "strategy.meeting-called" and event["data"]["meeting"] == number
    )
    return moment(called)


def _at_stage(streams: Streams, stage: str) -> dict[str, datetime]:
    """Return the referrals that stand there, with when each was received."""
    found = {}
    for stream, events in streams.items():
        if stream.startswith("referral:"):
            last = [reached for _, reached in referral_stages(events) if reached]
            if last and last[-1] == stage:
                found[stream.partition(":")[2]] = happened(events[0])
    return found


def _inbox(reader: Reader, waiting: str) -> Iterator[Mapping[str, Any]]:
    page, pages = 1, 1
    while page <= pages:
        shown = reader.json(
            reader.doors.manager, "/referral/api/inbox", waiting=waiting, page=str(page)
        )
        yield from shown["referrals"]
        page, pages = page + 1, shown["pages"]


def _same(where: str, found: Iterable[Any], wanted: Iterable[Any]) -> Iterator[Violation]:
    there, should = list(found), list(wanted)
    if len(there) != len(set(there)):
        yield _wrong(where, "something stands on it twice")
    for each in sorted(set(should) - set(there), key=str):
        yield _wrong(where, f"lacks {each}")
    for each in sorted(set(there) - set(should), key=str):
        yield _wrong(where, f"holds {each}, which is not waiting there")


def _on_the_page(where: str, page: str, refs: Iterable[str]) -> Iterator[Violation]:
    for ref in sorted(each for each in refs if each not in page):
        yield _wrong(where, f"the page lacks {ref}, which the API lists")


def _wrong(where: str, words: str) -> Violation:
    return Violation(kind=Kind.SHOWN_WRONG, where=where, words=words)
