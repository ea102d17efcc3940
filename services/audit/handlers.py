"""What audit does: keeps every event once, computes the clocks, says what was not done in time."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pymongo.errors import PyMongoError

from services.audit.domain.announcing import Announcements, announce, unsaid
from services.audit.domain.archive import Archive, Link
from services.audit.domain.clocks import State, clocks_of
from services.audit.domain.projection import CaseProjection, project
from services.audit.domain.timeline import belongs
from shared.clock import Clock
from shared.events.codes import Role
from shared.events.envelope import GENESIS, Envelope, MalformedEvent, NotIntact, OutOfPlace
from shared.faults import Point, reached
from shared.hearing import Early, Outcome
from shared.messaging.feed import Feed, FeedUnavailable
from shared.practice import TimeLimits
from shared.settings import SERVICES_WITH_FEEDS
from shared.states import UnreadableState
from shared.store import Actor, Change, Roots
from shared.streams import Streams

log = logging.getLogger(__name__)

AUDIT: Final = Actor("audit", Role.SERVICE)
SOURCE: Final = "/audit"
OTHERS: Final = tuple(f"/{name}" for name in SERVICES_WITH_FEEDS if f"/{name}" != SOURCE)
WATCHED: Final = timedelta(days=90)
"""How long after its last event the watchdog looks at a case: far longer than any promise runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversight:
    """What the handlers work with."""

    archive: Archive
    announcements: Roots[Announcements]
    limits: TimeLimits
    clock: Clock
    feed: Feed | None


def receive(event: Envelope, oversight: Oversight) -> Outcome:
    """Keep an event once, in its place, and bring the clocks of its case up to date.

    Raises MalformedEvent, with the reason, for an event that cannot be what it says; and Early for
    a word of our own that joins nothing we hold. Of others' streams a hole is kept, and seen; ours
    would go on behind a hole that nobody can fill (a restore took what came before).
    """
    _refuse_forged(event)
    if not _has_predecessor(event, oversight.archive):
        _fill_from_source(event, oversight)
        if event.source == SOURCE and not _has_predecessor(event, oversight.archive):
            raise Early(oversight.archive.head_of(event.stream))
    kept = _keep(event, oversight.archive)
    reached(Point.AUDIT_AFTER_APPEND)
    refresh(event.subject, oversight)
    return Outcome.HANDLED if kept else Outcome.ALREADY_HANDLED


def receive_many(events: Sequence[Envelope], oversight: Oversight) -> list[Outcome | None]:
    """Keep events as `receive` does, in one write, and bring the clocks of their cases up to date.

    None: take this one by itself. It is a second copy, or does not simply continue what is held of
    its stream, or its case could not be computed: `receive` says which.
    """
    fresh = _continuing(events, oversight.archive)
    kept = oversight.archive.insert_entries([events[place] for place in fresh])
    reached(Point.AUDIT_AFTER_APPEND)
    places = [place for place, is_kept in zip(fresh, kept, strict=True) if is_kept]
    computed = _refresh_many({events[place].subject for place in places}, oversight)
    outcomes: list[Outcome | None] = [None] * len(events)
    for place in places:
        if events[place].subject in computed:
            outcomes[place] = Outcome.HANDLED
    return outcomes


def _continuing(events: Sequence[Envelope], archive: Archive) -> list[int]:
    """Return the places of the events that are new and link to what is held of their streams, or
    to one another."""
    held = archive.links_at(sorted({key for event in events for key in _around(event)}))
    fresh = []
    for place, event in enumerate(events):
        before, at, after = (held.get(key) for key in _around(event))
        follows = event.previous_hash == (before.hash if before else GENESIS)
        has_place = at is None and follows and (before is not None or event.sequence == 1)
        precedes = after is None or after.previous_hash == event.hash
        if has_place and precedes and belongs(event) and event.is_intact():
            held[event.key] = Link(event.previous_hash, event.hash)
            fresh.append(place)
    return fresh


def _around(event: Envelope) -> tuple[str, str, str]:
    """Return the keys of the place before an event, of its own, and of the one after."""
    places = (event.sequence - 1, event.sequence, event.sequence + 1)
    before, at, after = (f"{event.stream}#{place}" for place in places)
    return before, at, after


def _has_predecessor(event: Envelope, archive: Archive) -> bool:
    return event.sequence == 1 or archive.entry_at(event.stream, event.sequence - 1) is not None


def _refuse_forged(event: Envelope) -> None:
    if not belongs(event):
        raise NotIntact("the stream is not the one of this source and case")
    if not event.is_intact():
        raise NotIntact("the hash does not belong to the event")


def _fill_from_source(event: Envelope, oversight: Oversight) -> None:
    """Ask the source for what is missing before this event. What it cannot give stays a hole."""
    known = oversight.archive.head_of(event.stream)
    for missing in _read_feed(event.source, event.stream, known, oversight.feed) or ():
        if missing.sequence < event.sequence and not _keep_from_feed(missing, oversight.archive):
            return


def _keep_from_feed(event: Envelope, archive: Archive) -> bool:
    """Keep what a feed gave. A forged one is refused aloud, and its place stays a hole."""
    try:
        _refuse_forged(event)
        _keep(event, archive)
    except MalformedEvent as fault:
        log.error("feed gave a forged event", extra={"stream": event.stream, "reason": str(fault)})
        return False
    return True


def _read_feed(source: str, stream: str, after: int, feed: Feed | None) -> list[Envelope] | None:
    """Return what the source holds beyond `after`; None when it does not answer."""
    if feed is None:
        return []
    try:
        return feed.read(source, stream, after=after)
    except FeedUnavailable:
        log.warning("feed did not answer", extra={"stream": stream})
        return None


def _keep(event: Envelope, archive: Archive) -> bool:
    """Insert the entry if it continues what is held. False for a second copy."""
    before = archive.entry_at(event.stream, event.sequence - 1)
    after = archive.entry_at(event.stream, event.sequence + 1)
    linked_back = event.follows(before) if before or event.sequence == 1 else True
    if not linked_back or (after is not None and not after.follows(event)):
        raise OutOfPlace("it does not link to its neighbours in the stream")
    if archive.insert_entries([event]) == [True]:
        return True
    held = archive.entry_at(event.stream, event.sequence)
    if held is None or held.hash != event.hash:
        raise OutOfPlace("another event already holds this place in the stream")
    return False


def refresh(ref: str, oversight: Oversight) -> CaseProjection:
    """Compute the projection of a case from all its entries; kept only if it has read more."""
    case = project(ref, oversight.archive.entries_of_case(ref), oversight.limits)
    oversight.archive.put_cases([case])
    return case


def _refresh_many(refs: Iterable[str], oversight: Oversight) -> set[str]:
    """Refresh several cases in one write. Returns which; one that cannot be computed is left."""
    cases = []
    for ref, entries in oversight.archive.entries_of_cases(sorted(refs)).items():
        with suppress(ValueError, TypeError, KeyError):
            cases.append(project(ref, entries, oversight.limits))
    oversight.archive.put_cases(cases)
    return {case.ref for case in cases}


def project_what_is_behind(oversight: Oversight) -> None:
    """Compute the projections that no back-up keeps, before a restored audit opens: until then
    its pages would know nothing of a case, and the sweep nothing of its promises."""
    for ref in oversight.archive.cases_behind():
        refresh(ref, oversight)


def rebuild(oversight: Oversight, refs: Iterable[str] | None = None) -> int:
    """Throw projections away and compute them again, all or those named. Returns how many."""
    rebuilt = 0
    for ref in oversight.archive.all_cases() if refs is None else refs:
        oversight.archive.drop_case(ref)
        refresh(ref, oversight)
        rebuilt += 1
    return rebuilt


def watch(oversight: Oversight) -> int:
    """Watchdog: compute the clocks of cases again from their entries alone, whatever is noted.

    Where what is noted is missing or differs, or does not know that there is something to say, it
    is put right and said. Returns of how many cases. An event that is between its two writes at
    the first look is not at the second.
    """
    archive = oversight.archive
    lately = oversight.clock.now() - WATCHED
    looked_at = {*archive.cases_behind(), *archive.all_cases(since=lately)}
    return sum(_put_right(ref, oversight) for ref in sorted(looked_at))


def _put_right(ref: str, oversight: Oversight) -> bool:
    """Put right what is noted of one case, if it is wrong twice. One bad case silences no other."""
    try:
        if not (_is_wrong(ref, oversight) and _is_wrong(ref, oversight)):
            return False
        log.error("the clocks of a case were wrong and are put right", extra={"case": ref})
        rebuild(oversight, [ref])
        tick(ref, oversight, silent=set())
    except PyMongoError:
        raise
    except Exception:  # what cannot be read of it is for a person; `mash verify` names the place
        log.exception("the watchdog could not look at a case", extra={"case": ref})
        return False
    return True


def _is_wrong(ref: str, oversight: Oversight) -> bool:
    """Does what is noted of a case differ from what its entries say, or cannot be read?"""
    case = project(ref, oversight.archive.entries_of_case(ref), oversight.limits)
    if case != _noted(ref, oversight.archive):
        return True
    now = oversight.clock.now()
    waits_for_the_sweep = case.next_tick is not None and case.next_tick <= now
    return not waits_for_the_sweep and any(unsaid(case.clocks, at=now))


def _noted(ref: str, archive: Archive) -> CaseProjection | None:
    try:
        return archive.case_at(ref)
    except UnreadableState:
        return None


def sweep(oversight: Oversight) -> int:
    """Announce what is at risk, broken or kept by now. Returns how many cases were spoken of."""
    silent: set[str] = set()
    spoken = 0
    for ref in oversight.archive.cases_due(oversight.clock.now()):
        try:
            spoken += tick(ref, oversight, silent=silent)
        except Exception:  # one bad case must not silence the others; the next sweep tries again
            log.exception("sweep of a case failed", extra={"case": ref})
    return spoken


def tick(ref: str, oversight: Oversight, *, silent: set[str]) -> bool:
    """Say what there is to say of one case. True if something was said.

    Before a promise is called broken every service is asked for its latest events of the case;
    `silent` collects the services that did not answer, so that one sweep asks each of them once.
    """
    asked_at = oversight.clock.now()
    clocks = clocks_of(oversight.archive.entries_of_case(ref), oversight.limits)
    if any(each.state is State.ARMED for each in clocks):
        for source in OTHERS:
            if source not in silent and not _catch_up(source, ref, oversight):
                silent.add(source)
        clocks = clocks_of(oversight.archive.entries_of_case(ref), oversight.limits)

    def decide(state: Announcements | None, at: datetime) -> Change[Announcements] | None:
        # What was done while the services were being asked may not be among what they said.
        said = announce(state, clocks, at=min(at, asked_at), now=at, breaches=not silent)
        return None if said is None else Change(*said)

    before = oversight.announcements.load(ref).version
    after = oversight.announcements.act(ref, decide, by=AUDIT).version
    _hear_ourselves(ref, oversight)
    return after > before


def _catch_up(source: str, ref: str, oversight: Oversight) -> bool:
    stream = f"{source.removeprefix('/')}:{ref}"
    newer = _read_feed(source, stream, oversight.archive.head_of(stream), oversight.feed)
    for event in newer or ():
        if not _keep_from_feed(event, oversight.archive):
            break
    return newer is not None


def _hear_ourselves(ref: str, oversight: Oversight) -> None:
    """Put our own words on the timeline at once; the broker's copy will be the duplicate.

    So the sweep does not depend on the broker to know what it has said.
    """
    head = oversight.archive.head_of(f"audit:{ref}")
    for wire in Streams(oversight.announcements).read(ref, after=head):
        _keep(Envelope.from_wire(wire), oversight.archive)
    refresh(ref, oversight)
