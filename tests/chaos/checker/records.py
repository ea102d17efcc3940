"""Do the records that people open say what the events say: the referral, the case, its visits?"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.chaos.checker.book import Event, moment
from tests.chaos.checker.casefile import CaseFile, referral_stages
from tests.chaos.checker.evidence import Eyes
from tests.chaos.checker.promises import Promise, happened, promises_of
from tests.chaos.checker.reading import Doors, Reader
from tests.chaos.verdicts import Kind, Violation

Shown = Mapping[str, Any]
Record = tuple[str, Shown | None, Shown | None]


def judge_records(
    doors: Doors, cases: Mapping[str, Sequence[Event]], *, most: int, chance: random.Random
) -> Iterator[Violation]:
    """Open a sample of referrals and cases; each must stand where its events leave it."""
    sample = chance.sample(sorted(cases), min(most, len(cases)))
    for ref, referral, case in Eyes(doors).each(sample, _read):
        if referral is None:
            yield _wrong(ref, "there is no referral of this reference", kind=Kind.LOST)
        else:
            yield from judge_referral(ref, referral, cases[ref])
        yield from judge_case(ref, case, cases[ref])


def judge_referral(ref: str, shown: Shown, events: Sequence[Event]) -> Iterator[Violation]:
    """Compare a referral as staff see it with its events."""
    own = [event for event in events if event["source"] == "/referral"]
    stages = [stage for _, stage in referral_stages(own) if stage]
    last = {event["type"]: event for event in own}
    decided = last.get("referral.threshold-decided")
    informed = last.get("referral.referrer-informed")
    children = [each["child"] for each in own[0]["data"]["children"]]
    yield from _compare(
        ref,
        shown,
        {
            "stage": stages[-1] if stages else "",
            "outcome": decided["data"]["outcome"] if decided else None,
            "decided_by": decided["actor"] if decided else None,
        },
    )
    if [each["reference"] for each in shown["children"]] != children:
        yield _wrong(ref, "the referral names other children than its event")
    told = shown["informed_at"] and moment(shown["informed_at"])
    if (told or None) != (happened(informed) if informed else None):
        yield _wrong(ref, f"the referrer was told at {shown['informed_at']}, says the referral")


def judge_case(ref: str, shown: Shown | None, events: Sequence[Event]) -> Iterator[Violation]:
    """Compare a case as the service that carries the work shows it with its events."""
    own = [event for event in events if event["source"] == "/strategy"]
    if (shown is None) != (not own):
        yield _wrong(ref, "a case is shown without events, or has events and is not shown")
    if shown is None or not own:
        return
    case = CaseFile()
    for event in own:
        case.read(event)
    yield from _compare(ref, shown, {"stage": _stage(case), "route": case.route})
    worker = case.allocation["social_worker"] if case.allocation else None
    if (shown["allocation"] or {}).get("social_worker") != worker:
        yield _wrong(ref, f"the case is not shown with {worker}")
    promises = {each.key: each for each in promises_of(events)}
    for child in shown["children"]:
        yield from _judge_child(ref, child, promises.get(("child-seen", child["child"])), own)


def _judge_child(
    ref: str, shown: Shown, promise: Promise | None, own: Sequence[Event]
) -> Iterator[Violation]:
    of_child = [event for event in own if event["data"].get("child") == shown["child"]]
    seen = [happened(each) for each in of_child if each["type"] == "strategy.child-seen"]
    tried = [each for each in of_child if each["type"] == "strategy.visit-attempted"]
    first = shown["first_seen_at"] and moment(shown["first_seen_at"])
    if (first or None) != min(seen, default=None):
        yield _wrong(ref, f"{shown['child']} was first seen {shown['first_seen_at']}, it says")
    if (len(shown["visits"]), len(shown["attempts"])) != (len(seen), len(tried)):
        yield _wrong(ref, f"{shown['child']} has other visits than its events")
    due = shown["promise"] and moment(shown["promise"]["due_at"])
    if (due or None) != (promise.due_at if promise else None):
        words = f"{shown['child']} is to be seen by {due}, says the case"
        yield _wrong(ref, words, kind=Kind.WRONG_VERDICT)


def _stage(case: CaseFile) -> str:
    if case.allocation is not None:
        return "allocated"
    if case.held:
        return "meeting-held"
    return "meeting-called" if case.meeting else "opened"


def _read(reader: Reader, ref: str) -> Record:
    manager = reader.doors.manager
    return (
        ref,
        reader.json(manager, f"/referral/api/referrals/{ref}"),
        reader.json(manager, f"/strategy/api/cases/{ref}"),
    )


def _compare(ref: str, shown: Shown, wanted: Mapping[str, Any]) -> Iterator[Violation]:
    for name, value in wanted.items():
        if shown[name] != value:
            yield _wrong(ref, f"{name} is shown as {shown[name]}; the events say {value}")


def _wrong(ref: str, words: str, *, kind: Kind = Kind.SHOWN_WRONG) -> Violation:
    return Violation(kind=kind, where=ref, words=words)
