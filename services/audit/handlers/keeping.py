"""Keeping every event once, in its place, one by one or many that arrived together."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from services.audit.domain.archive import Archive, Link
from services.audit.domain.timeline import belongs
from services.audit.handlers.oversight import Oversight, refresh, refresh_many
from shared.events.envelope import GENESIS, Envelope, MalformedEvent, NotIntact, OutOfPlace
from shared.faults import Point, reached
from shared.hearing import Early, Outcome
from shared.messaging.feed import Feed, FeedUnavailable

log = logging.getLogger(__name__)

SOURCE: Final = "/audit"


def receive(event: Envelope, oversight: Oversight) -> Outcome:
    """Keep an event once, in its place, and bring the clocks of its case up to date.

    Raises MalformedEvent, with the reason, for an event that cannot be what it says; and Early for
    a word of our own that joins nothing we hold. Of others' streams a hole is kept, and seen; ours
    would go on behind a hole that nobody can fill (a restore took what came before).
    """
    if settled := receive_many([event], oversight)[0]:
        return settled
    _refuse_forged(event)
    if not _has_predecessor(event, oversight.archive):
        _fill_from_source(event, oversight)
        if event.source == SOURCE and not _has_predecessor(event, oversight.archive):
            raise Early(oversight.archive.head_of(event.stream))
    kept = keep(event, oversight.archive)
    reached(Point.AUDIT_AFTER_APPEND)
    refresh(event.subject, oversight)
    return Outcome.HANDLED if kept else Outcome.ALREADY_HANDLED


def receive_many(events: Sequence[Envelope], oversight: Oversight) -> list[Outcome | None]:
    """Keep events as `receive` does, in one write, and bring the clocks of their cases up to date.

    None: take this one by itself. It does not simply continue what is held of its stream, or
    repeat it, or its case could not be computed: `receive` says which.
    """
    fresh, copies = _continuing(events, oversight.archive)
    inserted = oversight.archive.insert_entries([events[place] for place in fresh])
    reached(Point.AUDIT_AFTER_APPEND)
    kept = [place for place, done in zip(fresh, inserted, strict=True) if done]
    oversight.lately.remember(events[place] for place in kept)
    not_kept = {events[place].key for place in set(fresh) - set(kept)}
    copies = [place for place in copies if events[place].key not in not_kept]
    outcomes = dict.fromkeys(copies, Outcome.ALREADY_HANDLED)
    outcomes |= dict.fromkeys(kept, Outcome.HANDLED)
    read = _read_already([events[place] for place in copies], oversight.archive)
    unread = {events[place].subject for place in outcomes if events[place].key not in read}
    left = unread - refresh_many(unread, oversight)
    return [
        None if event.subject in left else outcomes.get(place) for place, event in enumerate(events)
    ]


def _read_already(copies: Sequence[Envelope], archive: Archive) -> set[str]:
    # A crash may have come between keeping the first copy and noting the clocks of its case.
    read = archive.have_been_read(copies) if copies else []
    return {each.key for each, is_read in zip(copies, read, strict=True) if is_read}


def _continuing(events: Sequence[Envelope], archive: Archive) -> tuple[list[int], list[int]]:
    """Return the places of the events that are new and link to what is held of their streams, or
    to one another; and of those that repeat, word for word, one that is held or new here.
    """
    held = archive.links_at(sorted({key for event in events for key in _around(event)}))
    fresh, copies = [], []
    for place, event in enumerate(events):
        if not (belongs(event) and event.is_intact()):
            continue
        before, at, after = (held.get(key) for key in _around(event))
        link = Link(event.previous_hash, event.hash)
        follows = event.previous_hash == (before.hash if before else GENESIS)
        has_place = at is None and follows and (before is not None or event.sequence == 1)
        if at == link:
            copies.append(place)
        elif has_place and (after is None or after.previous_hash == event.hash):
            held[event.key] = link
            fresh.append(place)
    return fresh, copies


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
    for missing in read_feed(event.source, event.stream, known, oversight.feed) or ():
        if missing.sequence < event.sequence and not keep_from_feed(missing, oversight.archive):
            return


def keep_from_feed(event: Envelope, archive: Archive) -> bool:
    """Keep what a feed gave. A forged one is refused aloud, and its place stays a hole."""
    try:
        _refuse_forged(event)
        keep(event, archive)
    except MalformedEvent as fault:
        log.error("feed gave a forged event", extra={"stream": event.stream, "reason": str(fault)})
        return False
    return True


def read_feed(source: str, stream: str, after: int, feed: Feed | None) -> list[Envelope] | None:
    """Return what the source holds beyond `after`; None when it does not answer."""
    if feed is None:
        return []
    try:
        return feed.read(source, stream, after=after)
    except FeedUnavailable:
        log.warning("feed did not answer", extra={"stream": stream})
        return None


def read_heads(source: str, streams: Sequence[str], feed: Feed | None) -> Mapping[str, int] | None:
    """Return how long several streams are at their source; None when it does not answer."""
    if feed is None:
        return {}
    try:
        return feed.heads_of(source, streams)
    except FeedUnavailable:
        log.warning("feed did not answer", extra={"source": source})
        return None


def keep(event: Envelope, archive: Archive) -> bool:
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
