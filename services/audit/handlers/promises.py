"""Saying what was not done in time: the sweep, and the watchdog that trusts the entries alone."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Final

from pymongo.errors import PyMongoError

from services.audit.domain.announcing import Announcements, announce, unsaid
from services.audit.domain.archive import Archive
from services.audit.domain.clocks import ClockState, State, clocks_of
from services.audit.domain.projection import CaseProjection, project
from services.audit.handlers.keeping import (
    SOURCE,
    keep,
    keep_from_feed,
    read_feed,
    read_heads,
    receive_many,
)
from services.audit.handlers.oversight import Oversight, entries_of, refresh, refresh_many
from shared.events.codes import Role
from shared.events.envelope import Envelope
from shared.settings import SERVICES_WITH_FEEDS
from shared.states import UnreadableState
from shared.store import Act, Actor, Change, Done, Root
from shared.streams import Streams

log = logging.getLogger(__name__)

AUDIT: Final = Actor("audit", Role.SERVICE)
OTHERS: Final = tuple(f"/{name}" for name in SERVICES_WITH_FEEDS if f"/{name}" != SOURCE)
TOGETHER: Final = 50
"""Cases of which a sweep says in one write what is certain. What arrives meanwhile waits behind
that write, so that more would be felt on the timeline."""
WATCHED: Final = timedelta(days=90)
"""How long after its last event the watchdog looks at a case: far longer than any promise runs."""


def project_what_is_behind(oversight: Oversight) -> None:
    """Compute the projections that lack an entry, of all there ever was.

    Before a restored audit opens, for no back-up keeps them: until then its pages would know
    nothing of a case, and the sweep nothing of its promises. And when a worker begins and every
    hour: a process may have died between keeping an entry and noting the clocks of its case.
    """
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
    """Watchdog: compute the clocks of the cases of late again from their entries alone, whatever is
    noted. So its work grows with the work of the hub, not with its history.

    Where what is noted is missing or differs, or does not know that there is something to say, it
    is put right and said. Returns of how many cases. An event that is between its two writes at
    the first look is not at the second.
    """
    archive = oversight.archive
    lately = oversight.clock.now() - WATCHED
    looked_at = sorted(archive.all_cases(since=lately))
    return sum(_put_right(ref, oversight) for ref in looked_at)


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
    due = iter(oversight.archive.cases_due(oversight.clock.now()))
    while refs := list(islice(due, TOGETHER)):
        said, left = _say_together(refs, oversight, silent=silent)
        spoken += said
        for ref in left:
            try:
                spoken += tick(ref, oversight, silent=silent)
            except Exception:  # one bad case must not silence others; the next sweep tries again
                log.exception("sweep of a case failed", extra={"case": ref})
    return spoken


def _say_together(
    refs: Sequence[str], oversight: Oversight, *, silent: set[str]
) -> tuple[int, list[str]]:
    """Say of several cases, in one write, what there is to say. Returns of how many something was
    said, and the cases that are left for `tick`: of one of them something went wrong.

    The services are asked of those cases together of which an event may be on its way (`tick`).
    """
    at = oversight.clock.now()
    clocks = _clocks_of_several(refs, oversight)
    in_doubt = [ref for ref, its in clocks.items() if not _needs_no_asking(its, at)]
    if in_doubt:
        for source in OTHERS:
            if source not in silent and not _catch_up_several(source, in_doubt, oversight):
                silent.add(source)
        certain = {ref: its for ref, its in clocks.items() if ref not in in_doubt}
        clocks = certain | _clocks_of_several(in_doubt, oversight)
    acts = [
        Act(ref=ref, decide=partial(_decide, its, at, may_break), by=lambda _: AUDIT)
        for ref, its in clocks.items()
        for may_break in [ref in in_doubt and not silent]
    ]
    outcomes = oversight.announcements.act_many(acts)
    done = {each.root.ref: each for each in outcomes if isinstance(each, Done)}
    words = [Envelope.from_wire(wire) for each in done.values() for wire in each.events]
    if words:
        receive_many(words, oversight)
    # Due, and nothing to say: whoever said it, or kept what stopped it, did not come to note that.
    refresh_many([ref for ref, each in done.items() if not each.changed], oversight)
    heads = oversight.archive.heads_of([f"audit:{ref}" for ref in done])
    heard = {ref for ref, each in done.items() if heads[f"audit:{ref}"] >= each.root.version}
    return sum(done[ref].changed for ref in heard), [ref for ref in refs if ref not in heard]


def _needs_no_asking(clocks: Sequence[ClockState], at: datetime) -> bool:
    """No event that is still on its way undoes what was kept in time; and of a case whose promises
    are all kept, however late, or fell away, nothing is waited for."""
    to_say = (each.state for each in unsaid(clocks, at=at))
    return all(each is State.MET for each in to_say) or _is_settled(clocks)


def _is_settled(clocks: Iterable[ClockState]) -> bool:
    return all(each.state is not State.ARMED for each in clocks)


def _clocks_of_several(
    refs: Sequence[str], oversight: Oversight
) -> dict[str, tuple[ClockState, ...]]:
    """Compute the clocks of cases; of none, if one cannot be read: `tick` tells which."""
    try:
        return {
            ref: clocks_of(entries, oversight.limits)
            for ref, entries in entries_of(refs, oversight).items()
        }
    except (ValueError, TypeError, KeyError):
        return {}


def _decide(
    clocks: tuple[ClockState, ...],
    asked_at: datetime,
    breaches: bool,
    root: Root[Announcements],
    now: datetime,
) -> Change[Announcements] | None:
    # What was done while the services were being asked may not be among what they said.
    said = announce(root.state, clocks, at=min(now, asked_at), now=now, breaches=breaches)
    return None if said is None else Change(*said)


def tick(ref: str, oversight: Oversight, *, silent: set[str]) -> bool:
    """Say what there is to say of one case. True if something was said.

    Before a promise is called broken every service is asked for its latest events of the case;
    `silent` collects the services that did not answer, so that one sweep asks each of them once.
    """
    asked_at = oversight.clock.now()
    clocks = clocks_of(oversight.archive.entries_of_case(ref), oversight.limits)
    if not _is_settled(clocks):
        for source in OTHERS:
            if source not in silent and not _catch_up(source, ref, oversight):
                silent.add(source)
        clocks = clocks_of(oversight.archive.entries_of_case(ref), oversight.limits)

    decide = partial(_decide, clocks, asked_at, not silent)
    act: Act[Announcements] = Act(ref=ref, decide=decide, by=lambda _: AUDIT)
    [done] = oversight.announcements.act_many([act])
    if isinstance(done, Exception):
        raise done
    _hear_ourselves(ref, oversight)
    return done.changed


def _catch_up(source: str, ref: str, oversight: Oversight) -> bool:
    stream = f"{source.removeprefix('/')}:{ref}"
    newer = read_feed(source, stream, oversight.archive.head_of(stream), oversight.feed)
    for event in newer or ():
        if not keep_from_feed(event, oversight.archive):
            break
    return newer is not None


def _catch_up_several(source: str, refs: Sequence[str], oversight: Oversight) -> bool:
    """Keep what a source has of several cases and is not here. False when it does not answer."""
    streams = {f"{source.removeprefix('/')}:{ref}": ref for ref in refs}
    there = read_heads(source, list(streams), oversight.feed)
    if there is None:
        return False
    here = oversight.archive.heads_of(list(there))
    behind = [streams[stream] for stream, head in there.items() if here[stream] < head]
    return all(_catch_up(source, ref, oversight) for ref in behind)


def _hear_ourselves(ref: str, oversight: Oversight) -> None:
    """Put our own words on the timeline at once; the broker's copy will be the duplicate.

    So the sweep does not depend on the broker to know what it has said.
    """
    head = oversight.archive.head_of(f"audit:{ref}")
    for wire in Streams(oversight.announcements).read(ref, after=head):
        keep(Envelope.from_wire(wire), oversight.archive)
    refresh(ref, oversight)
