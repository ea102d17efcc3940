"""The plumbing of one service, put together: relay, listener, held events, catch-up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

from shared.database import unhurried
from shared.events.envelope import Envelope
from shared.healing import Healer
from shared.hearing import Hearer, Hearing, Outcome
from shared.lost import LostWords
from shared.messaging.abreast import Abreast
from shared.messaging.copies import HttpCopies
from shared.messaging.feed import CatchUp, Feed, FeedClient, FeedMarks, MongoFeedMarks
from shared.messaging.held import HeldEvents
from shared.messaging.listener import Listener
from shared.messaging.publisher import Publisher, publisher_for
from shared.messaging.relay import Relay
from shared.messaging.topology import mend
from shared.restored import Mark, Phase
from shared.service import Service
from shared.streams import Streams
from shared.watch.heartbeats import Pulse, Tally
from shared.watch.watch import Watch, watch_over

log = logging.getLogger(__name__)

TALLIES: Final = {
    Outcome.HANDLED: Tally.HANDLED,
    Outcome.ALREADY_HANDLED: Tally.ALREADY_HANDLED,
    Outcome.TRY_AGAIN: Tally.RETRIED,
    Outcome.PARK: Tally.PARKED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plumbing:
    """What carries a service's events out and brings others' events in."""

    service: Service
    streams: Streams
    relay: Relay
    held: HeldEvents
    listener: Listener
    catch_up: CatchUp
    watch: Watch
    mark: Mark
    lost: LostWords
    healer: Healer
    copies: HttpCopies

    def heal(self) -> None:
        """Take back what others hold of this service's streams, open it if it was closed, and
        take from the feeds what others wrote since the back-up: no broker holds that any more.

        Raises FeedUnavailable while somebody who must be asked does not answer.
        """
        report = self.healer.heal()
        self.service.make_again()
        if self.mark.phase() is not Phase.OPEN:
            # Of a service that is open, a word of its own that is held may still find its place.
            report.put_aside = self.held.put_aside_of(self.service.roots.source)
        self.mark.healed(report, at=self.service.clock.now())
        log.warning("healed", extra={"events": report.events, "count": len(report.wounds)})
        self.catch_up.compare()

    def ensure_indexes(self) -> None:
        """Create every index that is missing."""
        with unhurried():
            self.service.roots.records.ensure_indexes()
            self.held.ensure_indexes()
            self.watch.ensure_indexes()
            self.service.ensure_indexes()

    def count_commands(self) -> None:
        """Count from now on what is committed in this process: in a web process, commands."""
        nudge = self.relay.nudge

        def committed(refs: Sequence[str]) -> None:
            self.watch.pulse.count(Tally.COMMANDS)
            nudge(refs)

        self.service.roots.after_commit = committed

    def compare_heads(self) -> None:
        """Take from the feeds what the broker did not bring, and try what is known by now."""
        self.held.replay_what_is_known_now()
        grace = min(5.0, self.service.settings.catch_up_seconds)
        self.catch_up.compare(grace=timedelta(seconds=grace))

    def mend_topology(self) -> int:
        """Put back at the broker what somebody took away while we ran. Returns how much."""
        service = self.service
        return len(mend(service.settings.amqp_url, service.name, service.hears))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the plumbing of a service meets outside of it."""

    held: HeldEvents
    feed: Feed
    marks: FeedMarks
    connect: Callable[[], Publisher]
    """Open a connection to publish with."""


def real_ports(service: Service) -> Ports:
    """Return the store, the other services and the broker of the settings. Opens nothing."""
    settings = service.settings
    return Ports(
        held=HeldEvents(service.database, service.clock),
        feed=FeedClient(settings.feed_urls, settings.service_token),
        marks=MongoFeedMarks(service.database),
        connect=partial(publisher_for, settings.amqp_url),
    )


def plumb(service: Service, ports: Ports | None = None) -> Plumbing:
    """Put the plumbing of a service together. Opens nothing; a commit now nudges the relay."""
    meets = ports or real_ports(service)
    streams, held = Streams(service.roots), meets.held
    hearing = service.hearing or Hearer(service.roots, service.reactions).hearing()
    pulse = Pulse()
    count = partial(_count, pulse)
    listener = Listener(service.hears, _counted(hearing, count), held, meets.feed, count=count)
    relay = Relay(
        streams,
        meets.connect,
        sweep_seconds=service.settings.sweep_seconds,
        published=partial(pulse.count, Tally.PUBLISHED),
    )
    pulse.watch("relay", lambda: relay.last_alive, every_seconds=service.settings.sweep_seconds)
    service.roots.after_commit = relay.nudge
    catch_up = CatchUp(
        meets.marks,
        meets.feed,
        service.clock,
        hears=service.hears,
        known_heads=hearing.known_heads,
        take=listener.take,
        is_held=held.is_held,
    )
    abreast = Abreast(
        service.database,
        meets.feed,
        service.clock,
        hears=service.hears,
        known_heads=hearing.known_heads,
        is_held=held.is_held,
    )
    settings = service.settings
    mark, lost = Mark(service.database), LostWords(service.database)
    copies = HttpCopies(settings.feed_urls, settings.service_token, service=service.name)
    if ports is None:  # a model of the store has no mark
        service.roots.refuse = mark.refuse
    return Plumbing(
        mark=mark,
        lost=lost,
        copies=copies,
        healer=Healer(service.roots, service.rebuild, copies, lost),
        service=service,
        streams=streams,
        relay=relay,
        held=held,
        listener=listener,
        catch_up=catch_up,
        watch=watch_over(service, pulse=pulse, streams=streams, held=held, abreast=abreast),
    )


def _counted(hearing: Hearing, count: Callable[[Outcome], None]) -> Hearing:
    """Return the same way to take events, which also counts what became of them."""

    def receive(event: Envelope) -> Outcome:
        outcome = hearing.receive(event)
        count(outcome)
        return outcome

    def receive_many(events: Sequence[Envelope]) -> list[Outcome | None]:
        outcomes = hearing.receive_many(events)
        for outcome in filter(None, outcomes):
            count(outcome)
        return outcomes

    return replace(hearing, receive=receive, receive_many=receive_many)


def _count(pulse: Pulse, outcome: Outcome) -> None:
    if tally := TALLIES.get(outcome):
        pulse.count(tally)
