"""The line of one child, over every case and under every reference the child is known by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from services.audit.documents import (
    CaseProjectionDocument,
    EntryDocument,
    MongoArchive,
    case_from,
)
from services.audit.domain.chain import broken_in
from services.audit.domain.projection import CaseProjection
from services.audit.domain.timeline import children_of
from services.audit.domain.wording import Names
from services.audit.queries.lines import Line, build_line
from shared.database import collection_of
from shared.events.envelope import Envelope
from shared.events.referral import ChildMatched
from shared.practice import TimeLimits
from shared.rules import NotFound


class NoSuchChild(NotFound):
    """No event that has reached audit speaks of this child."""

    code = "no-such-child"


def child_line(child: str, *, limits: TimeLimits, names: Names, now: datetime) -> Line:
    """Return the line of a child. Raises NoSuchChild.

    It holds what names the child and what concerns the whole case; not what concerns a sibling.
    """
    same = references_of(child)
    cases = _cases_with(same)
    if not cases:
        raise NoSuchChild(f"No timeline for {child}. Check the reference.")
    archive = MongoArchive()
    entries = [entry for case in cases for entry in archive.entries_of_case(case.ref)]
    theirs = [entry for entry in entries if _concerns(entry, same)]
    line = build_line(child, theirs, cases, limits=limits, names=names, now=now, only=same)
    return replace(line, children=tuple(sorted(same)), faults=broken_in(entries))


def references_of(child: str) -> frozenset[str]:
    """Return every reference of a child: what a practitioner matched, in either direction."""
    same, grown = frozenset[str](), frozenset({child})
    while grown != same:
        same = grown
        matches = collection_of(EntryDocument).find(
            {"children": {"$in": sorted(same)}, "type": ChildMatched.type}, {"children": 1}
        )
        grown = same.union(*(each["children"] for each in matches))
    return same


def _cases_with(children: Iterable[str]) -> tuple[CaseProjection, ...]:
    found = collection_of(CaseProjectionDocument).find({"children": {"$in": sorted(children)}})
    return tuple(case_from(each) for each in found.sort("began_at", 1))


def _concerns(entry: Envelope, same: Iterable[str]) -> bool:
    named = children_of(entry.data)
    return not named or not set(named).isdisjoint(same)
