"""The relays of one service, one in each process: each publishes what its process wrote, and what
another left when it died."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from shared.clock import SystemClock
from shared.messaging.publisher import Outgoing, PublishFailed
from shared.messaging.relay import Relay
from shared.store import Roots
from shared.streams import Streams
from tests.models.store import MemoryRecords
from tests.support.toy import SOMEBODY, Count, speak

OURS, THEIRS = "MASH-00000-00001", "MASH-00000-00002"


class Broker:
    """Confirms everything, unless it is away."""

    def __init__(self) -> None:
        self.came: list[str] = []
        self.away = False

    def publish(self, batch: Sequence[Outgoing], meanwhile: object) -> set[int]:
        """Take a batch."""
        if self.away:
            raise PublishFailed("away")
        self.came += [each.id for each in batch]
        return set(range(len(batch)))

    def close(self) -> None:
        """There is no connection."""


class Process:
    """A process of the service: what it writes, and its relay."""

    def __init__(self, records: MemoryRecords, broker: Broker) -> None:
        roots = Roots(records, Count, source="/referral", clock=SystemClock())
        self.roots, self.broker = roots, broker
        self.relay = Relay(Streams(roots), lambda: broker, sweep_seconds=1)
        roots.after_commit = self.relay.nudge

    def say(self, ref: str) -> None:
        """Write one event."""
        self.roots.act(ref, speak, by=SOMEBODY)

    def waits(self) -> list[str]:
        """Return the records of which something is not out."""
        return [each.ref for each in Streams(self.roots).pending()]


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def processes(broker: Broker) -> tuple[Process, Process]:
    records = MemoryRecords({})
    both = Process(records, broker), Process(records, broker)
    for each in both:
        each.relay.sweep()  # both have begun
    return both


def test_each_publishes_at_once_what_its_own_process_wrote(
    processes: tuple[Process, Process], broker: Broker
) -> None:
    web, worker = processes
    web.say(OURS)
    worker.say(THEIRS)

    worker.relay.publish_own()
    assert web.waits() == [OURS]
    web.relay.publish_own()

    assert web.waits() == []
    assert len(broker.came) == 2
    web.relay.publish_own()
    assert len(broker.came) == 2, "nothing goes out twice"


def test_what_a_process_left_goes_out_once_it_has_not_moved_between_two_sweeps(
    processes: tuple[Process, Process], broker: Broker
) -> None:
    web, worker = processes
    web.say(OURS)

    worker.relay.sweep()
    assert broker.came == [], "its own relay may be about to"
    worker.relay.sweep()

    assert worker.waits() == []
    assert len(broker.came) == 1


def test_what_moves_is_left_to_the_process_that_moves_it(
    processes: tuple[Process, Process], broker: Broker
) -> None:
    web, worker = processes
    web.say(OURS)
    worker.relay.sweep()
    web.relay.publish_own()
    web.say(OURS)

    worker.relay.sweep()

    assert len(broker.came) == 1
    assert web.waits() == [OURS]


def test_a_process_that_begins_publishes_all_that_waits(broker: Broker) -> None:
    records = MemoryRecords({})
    died, begins = Process(records, broker), Process(records, broker)
    died.say(OURS)
    died.say(THEIRS)

    begins.relay.sweep()

    assert begins.waits() == []


def test_what_was_not_confirmed_is_still_its_own(
    processes: tuple[Process, Process], broker: Broker
) -> None:
    web, _ = processes
    web.say(OURS)
    broker.away = True
    with pytest.raises(PublishFailed):
        web.relay.publish_own()

    broker.away = False
    web.relay.publish_own()

    assert web.waits() == []


def test_a_broker_that_is_away_when_a_process_begins_is_given_all_that_waits_later(
    broker: Broker,
) -> None:
    records = MemoryRecords({})
    died, begins = Process(records, broker), Process(records, broker)
    died.say(OURS)
    broker.away = True
    with pytest.raises(PublishFailed):
        begins.relay.sweep()

    broker.away = False
    begins.relay.sweep()

    assert begins.waits() == []
