"""The processes of each service: the product's own parts, put together over the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from services.audit.domain.announcing import Announcements
from services.audit.handlers.oversight import Oversight
from services.audit.handlers.promises import sweep, watch
from services.audit.subscriptions import HEARS as AUDIT_HEARS
from services.audit.subscriptions import hearing
from services.referral.app import read_guidance
from services.referral.domain.referral import Referral
from services.strategy.domain.assignment import Load
from services.strategy.domain.case import Case
from services.strategy.domain.directory import Slot
from services.strategy.handlers.desk import Desk
from services.strategy.handlers.leads import escalate_unacknowledged, tidy_reservations
from services.strategy.subscriptions import HEARS as STRATEGY_HEARS
from services.strategy.subscriptions import SUBSCRIPTIONS
from shared.events.envelope import canonical, parse
from shared.hearing import Hearing
from shared.messaging.consumer import Consumer
from shared.messaging.feed import FeedUnavailable
from shared.messaging.held import HeldEvents
from shared.messaging.holding import key_of
from shared.messaging.listener import StoreAway
from shared.messaging.publisher import PublishFailed
from shared.plumbing import Plumbing, Ports, plumb
from shared.practice import load_time_limits
from shared.rules import Overtaken
from shared.service import Job, Service
from shared.store import Roots
from shared.streams import Streams
from tests.models.broker import Letter, MemoryBroker, MemoryMessage, MemoryPublisher
from tests.models.collection import MemoryDatabase
from tests.models.feed import MemoryFeed
from tests.models.stops import STORE_AWAY
from tests.models.store import (
    Entries,
    MemoryArchive,
    MemoryFeedMarks,
    MemoryRecords,
    MemorySlots,
    Shelf,
    SlotShelf,
)
from tests.simulation.engine import at
from tests.unit.strategy.world import a_directory

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday."""
LIMITS, GUIDANCE, DIRECTORY = load_time_limits(), read_guidance(), a_directory()
SETTINGS: Any = SimpleNamespace(
    sweep_seconds=1.0, catch_up_seconds=5.0, alarm_url="", feed_urls={}, service_token=""
)
STATES: Mapping[str, type[Any]] = {
    "referral": Referral,
    "strategy": Case,
    "audit": Announcements,
}
LARGEST_BATCH = 3
"""Messages that are handed to a consumer together."""
WEATHER = (STORE_AWAY, StoreAway, PublishFailed, FeedUnavailable, ConnectionResetError, Overtaken)
"""What a part of a process may end with: it is begun again, as the product does it."""


@dataclass(eq=False)
class SimClock:
    """A clock that only the simulation moves; each process may be off by its own amount."""

    world: Kept
    off: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the time."""
        return self.world.now + self.off


@dataclass(eq=False)
class Kept:
    """What outlives every process."""

    broker: MemoryBroker
    now: datetime = START
    shelves: dict[str, Shelf] = field(default_factory=lambda: {name: {} for name in STATES})
    entries: Entries = field(default_factory=Entries)
    marks: dict[str, dict[str, datetime]] = field(
        default_factory=lambda: {name: {} for name in STATES}
    )
    held: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {name: {} for name in STATES}
    )
    slots: SlotShelf = field(default_factory=dict)
    replayed: int = 0
    surprises: list[str] = field(default_factory=list)
    """Exceptions of a process that nobody expects, whatever the weather."""

    def roots(self, service: str, clock: SimClock) -> Roots[Any]:
        """Return the root documents of a service as a process sees them."""
        records = WatchedRecords(self.shelves[service], self)
        return Roots(records, STATES[service], source=f"/{service}", clock=clock)

    def feed(self, clock: SimClock) -> MemoryFeed:
        """Return the feeds of all services as a process sees them."""
        streams = {f"/{name}": Streams(self.roots(name, SimClock(self))) for name in STATES}
        return MemoryFeed(streams, clock, at)


class WatchedRecords(MemoryRecords):
    """Records that say aloud when an event counts as published that reached no queue."""

    def __init__(self, shelf: Shelf, kept: Kept) -> None:
        super().__init__(shelf, at)
        self._kept = kept

    def raise_markers(self, published: Mapping[str, int]) -> None:
        """Raise the markers."""
        for ref, upto in published.items():
            kept = self.shelf[ref]
            for event in kept.events[kept.published : upto]:
                if canonical(event) not in self._kept.broker.routed:
                    words = f"{event['stream']}#{event['sequence']} counts as published and is not"
                    self._kept.surprises.append(words)
        super().raise_markers(published)


class Process:
    """One process of a service: web and worker in one. What it holds in memory dies with it."""

    def __init__(self, kept: Kept, service: str, number: int = 1, *, off: float = 0) -> None:
        self.kept = kept
        self.service = service
        self.name = f"{service}/{number}"
        self.clock = SimClock(kept, timedelta(seconds=off))
        self.start()

    def start(self) -> None:
        """Start, or start again after a crash."""
        kept, clock = self.kept, self.clock
        kept.broker.drop(self.name)
        self.roots = kept.roots(self.service, clock)
        self.desk = Desk(
            cases=self.roots,
            slots=MemorySlots(kept.slots, at),
            directory=lambda: DIRECTORY,
            load=self._load,
            earlier=lambda case: (),
        )
        self.oversight = Oversight(
            archive=MemoryArchive(kept.entries, at),
            announcements=self.roots,
            limits=LIMITS,
            clock=clock,
            feed=kept.feed(clock),
        )
        service = self._wired()
        self.plumbing = self._plumbed(service)
        if service.hears:
            kept.broker.declare(self.service, service.hears)
        self.tasks = dict(self._tasks(self.plumbing))
        self.jobs = {job.name: partial(self._guarded, job.run) for job in service.jobs}
        if service.hears:
            self.jobs["compare"] = partial(self._guarded, self.plumbing.compare_heads)
            self.jobs["replay"] = partial(self._guarded, self._replay)

    def _wired(self) -> Service:
        hears: tuple[str, ...] = ()
        takes: Hearing | None = None
        jobs: tuple[Job, ...] = ()
        if self.service == "strategy":
            hears, jobs = (
                STRATEGY_HEARS,
                (_job("escalate", self._escalate), _job("tidy", self._tidy)),
            )
        if self.service == "audit":
            hears, takes = AUDIT_HEARS, hearing(self.oversight)
            jobs = (
                _job("sweep", partial(sweep, self.oversight)),
                _job("watchdog", partial(watch, self.oversight)),
            )
        nowhere: Any = None
        return Service(
            name=self.service,
            settings=SETTINGS,
            clock=self.clock,
            database=self._database(),
            roots=self.roots,
            web=nowhere,
            rebuild=nowhere,
            hears=hears,
            reactions=SUBSCRIPTIONS if self.service == "strategy" else {},
            hearing=takes,
            jobs=jobs,
        )

    def _database(self) -> Any:
        return MemoryDatabase(self.kept.held[self.service], at)

    def _plumbed(self, service: Service) -> Plumbing:
        kept = self.kept
        ports = Ports(
            held=HeldEvents(self._database(), self.clock),
            feed=kept.feed(self.clock),
            marks=MemoryFeedMarks(kept.marks[self.service], at),
            connect=lambda: MemoryPublisher(kept.broker, at),
        )
        return plumb(service, ports)

    def _tasks(self, plumbing: Plumbing) -> Iterator[tuple[str, tuple[Callable[[], bool], Any]]]:
        """Yield each part that has work by itself: is there any, and how it is done."""
        kept, service = self.kept, self.service
        yield "relay", (self._something_unpublished, self._relay)
        if not plumbing.service.hears:
            return
        self.consumer = Consumer("amqp://nowhere", service, plumbing.listener)
        yield "consume", (lambda: bool(kept.broker.queues[service]), self._consume)
        yield "parked", (lambda: bool(kept.broker.parking[service]), self._take_dead_letter)
        retry = partial(self._guarded, plumbing.listener.try_again_what_is_due)
        yield "held", (self._something_due, retry)

    def _something_unpublished(self) -> bool:
        return any(each.unpublished_since for each in self.kept.shelves[self.service].values())

    def _something_due(self) -> bool:
        held = self.kept.held[self.service].get("held_events", {})
        now = self.clock.now()
        return any(
            each["kind"] in ("retry", "waiting") and each["retry_at"] <= now
            for each in held.values()
        )

    def _relay(self) -> None:
        relay = self.plumbing.relay
        relay._in_the_air = 2  # so that markers are raised while what comes next is published
        try:
            relay.publish_pending()
        except PublishFailed:
            relay._drop()
        except STORE_AWAY:
            relay._drop()

    def _consume(self) -> None:
        self._expecting(self._take_some)

    def _take_dead_letter(self) -> None:
        self._expecting(self._take_parked)

    def _take_some(self) -> None:
        """Take what is in the queue as one batch, a few at most."""
        came: list[Letter] = []
        while len(came) < LARGEST_BATCH:
            letter = self.kept.broker.hand_out(self.service, self.name)
            if letter is None:
                break
            message = MemoryMessage(letter, self._acknowledge, at, before=tuple(came))
            came.append(letter)
            self.consumer._on_event(message)
        self.consumer._take_batch()

    def _take_parked(self) -> None:
        letter = self.kept.broker.hand_out(self.service, self.name, parked=True)
        if letter is not None:
            self.consumer._on_dead_letter(MemoryMessage(letter, self._acknowledge, at))

    def _expecting(self, take: Callable[[], None]) -> None:
        try:
            take()
        except Exception as fault:
            self._expect(fault)
            self.consumer._batch = []
            self.kept.broker.drop(self.name)

    def _acknowledge(self, letter: Letter) -> None:
        """The broker forgets the message: by now something must have become of it."""
        event, kept = parse(letter.body), self.kept
        case = kept.shelves[self.service].get(event.subject)
        heard = case.heard.get(event.stream, 0) if case else 0
        done = event.key in kept.entries.entries if self.service == "audit" else None
        held = key_of(event) in kept.held[self.service].get("held_events", {})
        if not held and not (heard >= event.sequence if done is None else done):
            kept.surprises.append(f"{self.service} acknowledged {event.type} and did nothing")
        kept.broker.acknowledge(letter)

    def _guarded(self, run: Callable[[], Any]) -> None:
        try:
            run()
        except Exception as fault:
            self._expect(fault)

    def _expect(self, fault: Exception) -> None:
        if not isinstance(fault, WEATHER) and type(fault).__name__ != "_AllClear":
            self.kept.surprises.append(f"{self.name}: {type(fault).__name__}: {fault}")

    def _load(self, case: Case, slot: Slot) -> Load:
        return Load(busy=self.desk.slots.busy(slot, except_case=case.ref))

    def _replay(self) -> None:
        """A person looks at what is parked, and has it tried again."""
        self.kept.replayed += self.plumbing.held.replay()

    def _escalate(self) -> None:
        for ref in sorted(self.kept.shelves["strategy"]):
            escalate_unacknowledged(ref, desk=self.desk)

    def _tidy(self) -> None:
        tidy_reservations(desk=self.desk)


def _job(name: str, run: Callable[[], Any]) -> Job:
    return Job(name=name, every_seconds=1, run=run)
