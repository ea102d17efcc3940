"""What audit does: keeps every event once, computes the clocks, says what was not done in time."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.audit import documents
from services.audit.documents import CaseProjection
from services.audit.domain.announcing import Announcements, announce, next_tick
from services.audit.domain.clocks import State, clocks_of
from services.audit.domain.timeline import belongs, children_of, holes_of_case, sequences_of
from shared.clock import Clock
from shared.events.codes import Role
from shared.events.envelope import Envelope, MalformedEvent
from shared.hearing import Outcome
from shared.messaging.feed import FeedClient, FeedUnavailable
from shared.practice import TimeLimits
from shared.store import Actor, Change, Roots
from shared.streams import Streams

log = logging.getLogger(__name__)

AUDIT: Final = Actor("audit", Role.SERVICE)
SOURCE: Final = "/audit"
OTHERS: Final = ("/referral", "/strategy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversight:
    """What the handlers work with."""

    announcements: Roots[Announcements]
    limits: TimeLimits
    clock: Clock
    feed: FeedClient | None


def receive(event: Envelope, oversight: Oversight) -> Outcome:
    """Keep an event once, in its place, and bring the clocks of its case up to date.

    Raises MalformedEvent, with the reason, for an event that cannot be what it says.
    """
    _refuse_forged(event)
    if event.sequence > 1 and documents.entry_at(event.stream, event.sequence - 1) is None:
        _fill_from_source(event, oversight)
    kept = _keep(event)
    refresh(event.subject, oversight.limits)
    return Outcome.HANDLED if kept else Outcome.ALREADY_HANDLED


def _refuse_forged(event: Envelope) -> None:
    if not belongs(event):
        raise MalformedEvent("the stream is not the one of this source and case")
    if not event.is_intact():
        raise MalformedEvent("the hash does not belong to the event")


def _fill_from_source(event: Envelope, oversight: Oversight) -> None:
    """Ask the source for what is missing before this event. What it cannot give stays a hole."""
    known = documents.head_of(event.stream)
    for missing in _read_feed(event.source, event.stream, known, oversight.feed) or ():
        if missing.sequence < event.sequence and not _keep_from_feed(missing):
            return


def _keep_from_feed(event: Envelope) -> bool:
    """Keep what a feed gave. A forged one is refused aloud, and its place stays a hole."""
    try:
        _refuse_forged(event)
        _keep(event)
    except MalformedEvent as fault:
        log.error("feed gave a forged event", extra={"stream": event.stream, "reason": str(fault)})
        return False
    return True


def _read_feed(
    source: str, stream: str, after: int, feed: FeedClient | None
) -> list[Envelope] | None:
    """Return what the source holds beyond `after`; None when it does not answer."""
    if feed is None:
        return []
    try:
        return feed.read(source, stream, after=after)
    except FeedUnavailable:
        log.warning("feed did not answer", extra={"stream": stream})
        return None


def _keep(event: Envelope) -> bool:
    """Insert the entry if it continues what is held. False for a second copy."""
    before = documents.entry_at(event.stream, event.sequence - 1)
    after = documents.entry_at(event.stream, event.sequence + 1)
    linked_back = event.follows(before) if before or event.sequence == 1 else True
    if not linked_back or (after is not None and not after.follows(event)):
        raise MalformedEvent("it does not link to its neighbours in the stream")
    if documents.insert_entry(event):
        return True
    held = documents.entry_at(event.stream, event.sequence)
    if held is None or held.hash != event.hash:
        raise MalformedEvent("another event already holds this place in the stream")
    return False


def refresh(ref: str, limits: TimeLimits) -> CaseProjection:
    """Compute the projection of a case from all its entries; kept only if it has read more."""
    case = project(ref, documents.entries_of_case(ref), limits)
    documents.put_case(case)
    return case


def project(ref: str, entries: Iterable[Envelope], limits: TimeLimits) -> CaseProjection:
    """Add the entries of a case up. Pure: the same entries give the same projection."""
    unique = {entry.key: entry for entry in entries}.values()
    clocks = clocks_of(unique, limits)
    held = sequences_of(unique)
    children = {child for entry in unique for child in children_of(entry.data)}
    happened = [entry.happened_at for entry in unique]
    return CaseProjection(
        ref=ref,
        read={stream: max(held[stream]) for stream in sorted(held)},
        entries_read=len(unique),
        began_at=min(happened, default=None),
        last_at=max(happened, default=None),
        children=tuple(sorted(children)),
        clocks=clocks,
        holes=holes_of_case(ref, held),
        next_tick=next_tick(clocks),
    )


def rebuild(limits: TimeLimits, refs: Iterable[str] | None = None) -> int:
    """Throw projections away and compute them again, all or those named. Returns how many."""
    rebuilt = 0
    for ref in documents.all_cases() if refs is None else refs:
        documents.drop_case(ref)
        refresh(ref, limits)
        rebuilt += 1
    return rebuilt


def refresh_behind(limits: TimeLimits) -> int:
    """Watchdog: find projections that a crash left behind their entries. Returns how many."""
    behind = 0
    for ref in documents.cases_behind():
        refresh(ref, limits)
        behind += 1
    if behind:
        log.warning("projections were behind", extra={"count": behind})
    return behind


def sweep(oversight: Oversight) -> int:
    """Announce what is at risk, broken or kept by now. Returns how many cases were spoken of."""
    silent: set[str] = set()
    spoken = 0
    for ref in documents.cases_due(oversight.clock.now()):
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
    clocks = clocks_of(documents.entries_of_case(ref), oversight.limits)
    if any(each.state is State.ARMED for each in clocks):
        for source in OTHERS:
            if source not in silent and not _catch_up(source, ref, oversight):
                silent.add(source)
        clocks = clocks_of(documents.entries_of_case(ref), oversight.limits)

    def decide(state: Announcements | None, at: datetime) -> Change[Announcements] | None:
        said = announce(state, clocks, at=at, breaches=not silent)
        return None if said is None else Change(*said)

    before = oversight.announcements.load(ref).version
    after = oversight.announcements.act(ref, decide, by=AUDIT).version
    _hear_ourselves(ref, oversight)
    return after > before


def _catch_up(source: str, ref: str, oversight: Oversight) -> bool:
    stream = f"{source.removeprefix('/')}:{ref}"
    newer = _read_feed(source, stream, documents.head_of(stream), oversight.feed)
    for event in newer or ():
        if not _keep_from_feed(event):
            break
    return newer is not None


def _hear_ourselves(ref: str, oversight: Oversight) -> None:
    """Put our own words on the timeline at once; the broker's copy will be the duplicate.

    So the sweep does not depend on the broker to know what it has said.
    """
    head = documents.head_of(f"audit:{ref}")
    for wire in Streams(oversight.announcements).read(ref, after=head):
        _keep(Envelope.from_wire(wire))
    refresh(ref, oversight.limits)


def known_head(stream: str) -> int:
    """Return the sequence up to which a stream is held without a hole."""
    return documents.head_of(stream)
