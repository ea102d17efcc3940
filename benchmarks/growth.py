"""Growth: what a person waits for, and what oversight does, beside how much there is.

A store of each size stands beside the others, so that they are measured in turn like everything
else. What waits is as much at each: only what is closed grows.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from statistics import median
from typing import Final

from benchmarks.figures import Metric
from benchmarks.harness import Contender, Measurement, NotMeasured, at_most, must_be, stopwatch
from benchmarks.levels import CLOSED, DECIDED, WAITING, Level, a_closed_case, level, put
from benchmarks.made import envelopes
from benchmarks.parts import Bench
from services.audit.documents import MongoArchive
from services.audit.handlers.oversight import Oversight, refresh
from services.audit.handlers.promises import sweep
from services.audit.queries import line, verify
from services.referral.app import read_guidance
from services.referral.queries.desk import Desk
from services.referral.queries.inbox import Wanted, inbox
from services.strategy.queries.directory import DirectoryFile
from services.strategy.queries.office import Office
from shared.clock import SystemClock
from shared.events.codes import Role
from shared.events.envelope import Envelope
from shared.messaging.feed import LONG_AGO, FeedHead
from shared.plumbing import Plumbing
from shared.practice import load_time_limits
from shared.store import Actor
from shared.streams import MOST_AT_ONCE
from tests.unit.audit.lines import in_london

NAME: Final = "growth"
SIZES: Final = (10_000, 100_000, 1_000_000, 6_000_000)
BYTES_AN_EVENT: Final = 4_000
"""On disk, with its share of every service's documents, the oplog and some to spare."""
LOOKS: Final = 30
DUE: Final = 20
"""Cases about which there is something to say, for one sweep."""
OFTEN: Final = 100_000
"""Up to this size everything is verified in each repetition; beyond it, in one."""
LATER: Final = in_london("2026-11-25T12:00")
MANAGER: Final = Actor("manager-demo", Role.MASH_MANAGER)
SHOWN: Final = ("timeline", "inbox", "worklist")
METRICS: Final = [
    *(Metric(each, "ms", more_is_better=False) for each in SHOWN),
    Metric("sweep", "ms a case", more_is_better=False),
    Metric("verify", "events/s"),
]


@dataclass(slots=True)
class StandingClock:
    """A clock that stands."""

    at: datetime

    def now(self) -> datetime:
        """Return where it stands."""
        return self.at


@contextmanager
def prepare(bench: Bench) -> Iterator[Measurement]:
    """Fill a store of each size."""
    sizes, left_out = _sizes(bench)
    with ExitStack() as stack:
        levels = [stack.enter_context(level(bench, size)) for size in sizes]
        contenders = [Contender(name=each.name, once=partial(_once, each)) for each in levels]
        smallest, largest = levels[0].name, levels[min(2, len(levels) - 1)].name
        yield Measurement(
            name=NAME,
            about=f"{WAITING} referrals and {WAITING} cases wait at each size, the rest is closed; "
            f"each figure a median of {LOOKS} looks; a sweep has {DUE} cases to speak of; beyond "
            f"{OFTEN:,} events everything is verified once. {left_out}",
            metrics=METRICS,
            contenders=contenders,
            targets=[at_most((largest, shown), 1.3, (smallest, shown)) for shown in SHOWN],
        )


def _sizes(bench: Bench) -> tuple[list[int], str]:
    if bench.quick:
        return [1_000, 4_000], "Small sizes: nothing is proved about growth"
    wanted = [size for size in SIZES if size <= bench.grow_to]
    free = shutil.disk_usage(bench.folder).free
    fitting = [size for size in wanted if size * BYTES_AN_EVENT < free]
    asked_not = [f"{size:,} events: ask with --grow-to" for size in SIZES if size > bench.grow_to]
    no_room = [f"{size:,} events: no room on the disk" for size in wanted if size not in fitting]
    return fitting, "; ".join(["Left out:", *asked_not, *no_room] if asked_not or no_room else [])


def _once(level: Level) -> Mapping[str, float]:
    services = level.enter()
    level.asked += 1
    limits, clock = load_time_limits(), StandingClock(LATER)
    desk = Desk(
        referrals=services["referral"].service.roots,
        clock=SystemClock(),
        limits=limits,
        guidance=read_guidance(),
        secret=level.settings.secret_key,
    )
    office = Office(
        directory_file=DirectoryFile(level.settings.directory_file), limits=limits, clock=clock
    )
    places = range(level.asked * 7, level.closed * LOOKS, max(1, level.closed // LOOKS))

    def show_timeline(look: int) -> None:
        shown = line(a_closed_case(level, places[look]), limits=limits, names=str, now=LATER)
        must_be(shown.entries, CLOSED, "entries of a case")

    def show_inbox(_: int) -> None:
        must_be(inbox(desk, Wanted()).total, WAITING, "referrals that wait")

    def show_worklist(_: int) -> None:
        must_be(len(office.worklist_of(MANAGER).to_call), WAITING, "cases that wait")

    figures = {
        "timeline": _milliseconds(show_timeline),
        "inbox": _milliseconds(show_inbox),
        "worklist": _milliseconds(show_worklist),
        "sweep": _sweep(level, services, clock),
    }
    if level.events <= OFTEN or level.asked == 2:  # noqa: PLR2004 - the first that counts
        figures["verify"] = _verify(services)
    return figures


def _milliseconds(show: Callable[[int], None]) -> float:
    taken = []
    for look in range(LOOKS):
        began = time.perf_counter()
        show(look)
        taken.append(time.perf_counter() - began)
    return median(taken) * 1000


def _sweep(level: Level, services: Mapping[str, Plumbing], clock: StandingClock) -> float:
    oversight = Oversight(
        archive=MongoArchive(),
        announcements=services["audit"].service.roots,
        limits=load_time_limits(),
        clock=clock,
        feed=None,
    )
    lines = [level.lines.one() for _ in range(DUE)]
    put(level, lines, upto=DECIDED, states=CLOSED)
    for each in lines:
        oversight.archive.drop_case(each[0]["subject"])
        refresh(each[0]["subject"], oversight)
    with stopwatch() as watch:
        spoken = sweep(oversight)
    must_be(spoken, DUE, "cases spoken of")
    return watch.seconds * 1000 / DUE


class OwnStreams:
    """The feeds without their HTTP: every service's streams, read as its feed reads them."""

    def __init__(self, services: Mapping[str, Plumbing]) -> None:
        self._services = services

    def read(self, source: str, stream: str, *, after: int = 0) -> list[Envelope]:
        """Return the events of a stream beyond `after`."""
        streams = self._services[source.removeprefix("/")].streams
        return envelopes(streams.read(stream.split(":", 1)[1], after=after))

    def heads(self, source: str, *, since: datetime = LONG_AGO) -> Iterator[FeedHead]:
        """Yield the head of every stream, page by page."""
        streams, after_ref = self._services[source.removeprefix("/")].streams, ""
        while page := streams.heads(since=since, after_ref=after_ref):
            for head in page:
                yield FeedHead(
                    stream=head.stream,
                    sequence=head.sequence,
                    hash=head.hash,
                    changed_at=head.changed_at,
                )
            if len(page) < MOST_AT_ONCE:
                return
            since, after_ref = page[-1].changed_at, page[-1].stream.split(":", 1)[1]

    def heads_of(self, source: str, streams: Sequence[str]) -> Mapping[str, int]:
        """Return how long those of several streams are that a source has."""
        return self._services[source.removeprefix("/")].streams.heads_of(streams)

    def time_of(self, source: str) -> datetime:
        """Return the time at a source."""
        return self._services[source.removeprefix("/")].service.clock.now()


def _verify(services: Mapping[str, Plumbing]) -> float:
    with stopwatch() as watch:
        verdict = verify(MongoArchive(), OwnStreams(services))
    if not verdict.sound:
        raise NotMeasured(
            f"what was made does not verify: {verdict.faults[:1]} {verdict.missing[:1]}"
        )
    return verdict.events / watch.seconds
