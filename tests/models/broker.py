"""The broker in memory: a queue a service, confirms, redelivery, a place for what comes too often.

`durable` is RabbitMQ; otherwise it is the transport on local disk, where what was handed out is
gone with the process that had it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from shared.messaging.publisher import Outgoing, PublishFailed, nothing
from shared.messaging.topology import DELIVERY_LIMIT
from tests.models.stops import At, unhindered


@dataclass(eq=False)
class Letter:
    """A message in a queue, and how often it was handed out before."""

    body: bytes
    deliveries: int = 0


@dataclass(eq=False)
class MemoryBroker:
    """Queues by service, each bound to the sources it hears."""

    durable: bool = True
    hears: dict[str, tuple[str, ...]] = field(default_factory=dict)
    queues: dict[str, list[Letter]] = field(default_factory=dict)
    parking: dict[str, list[Letter]] = field(default_factory=dict)
    handed_out: list[tuple[str, str, Letter]] = field(default_factory=list)
    """(to whom, of which service's queue, what)"""
    redelivered: int = 0
    routed: set[bytes] = field(default_factory=set)
    """Every message that reached each queue it is meant for."""

    def declare(self, service: str, hears: tuple[str, ...]) -> None:
        """Make the queues of a service; again changes nothing."""
        self.hears[service] = hears
        self.queues.setdefault(service, [])
        self.parking.setdefault(service, [])

    def route(self, routing_key: str, body: bytes) -> bool:
        """Put a message into every queue bound to its type. False when there is none."""
        source = f"/{routing_key.split('.', 1)[0]}"
        bound = [service for service, hears in self.hears.items() if source in hears]
        for service in bound:
            self.queues[service].append(Letter(body))
        if bound:
            self.routed.add(body)
        return bool(bound)

    def hand_out(self, service: str, to: str, *, parked: bool = False) -> Letter | None:
        """Hand out the next message of a queue."""
        queue = (self.parking if parked else self.queues)[service]
        if not queue:
            return None
        letter = queue.pop(0)
        self.handed_out.append((to, service, letter))
        return letter

    def acknowledge(self, letter: Letter) -> None:
        """Forget a message for good."""
        self.handed_out = [each for each in self.handed_out if each[2] is not letter]

    def drop(self, to: str) -> None:
        """A consumer is gone: what it had comes again, or is parked, or (on local disk) is lost."""
        had = [each for each in self.handed_out if each[0] == to]
        self.handed_out = [each for each in self.handed_out if each[0] != to]
        for _, service, letter in reversed(had if self.durable else []):
            letter.deliveries += 1
            self.redelivered += 1
            too_often = letter.deliveries > DELIVERY_LIMIT
            (self.parking if too_often else self.queues)[service].insert(0, letter)

    def idle(self) -> bool:
        """Is nothing on its way?"""
        queued = [*self.queues.values(), *self.parking.values()]
        return not any(queued) and not self.handed_out

    def mishap(self, kind: str, chance: Random) -> bool:
        """Duplicate, reorder, spoil or lose something in a queue. False when nothing was there."""
        queue = self.queues[chance.choice(sorted(self.queues))]
        if not queue:
            return False
        place = chance.randrange(len(queue))
        if kind == "duplicate":
            queue.insert(chance.randrange(len(queue) + 1), Letter(queue[place].body))
        elif kind == "reorder":
            queue.insert(chance.randrange(len(queue)), queue.pop(place))
        elif kind == "lose" and not self.durable:
            queue.pop(place)
        else:
            return False
        return True


class MemoryPublisher:
    """Publishes to a broker in memory, in order; each message is confirmed if it was routed."""

    def __init__(self, broker: MemoryBroker, at: At = unhindered) -> None:
        self._broker = broker
        self._at = at

    def publish(
        self, batch: Sequence[Outgoing], meanwhile: Callable[[], None] = nothing
    ) -> set[int]:
        """Publish a batch. When it fails, any part of it may have arrived."""
        self._at("publish", PublishFailed)
        meanwhile()
        confirmed = set()
        for place, each in enumerate(batch):
            routed = self._broker.route(each.routing_key, each.body)
            # The disk confirms whatever it was given, also what no queue is bound for.
            if routed or not self._broker.durable:
                confirmed.add(place)
            self._at("published, not confirmed", PublishFailed)
        self._at("confirmed", PublishFailed)
        return confirmed

    def close(self) -> None:
        """Nothing to do."""


@dataclass(eq=False)
class MemoryMessage:
    """What the consumer is handed, in kombu's words."""

    letter: Letter
    acknowledge: Callable[[Letter], None]
    at: At = unhindered
    before: tuple[Letter, ...] = ()
    """What the same consumer was handed before it and has not acknowledged."""

    @property
    def body(self) -> bytes:
        """The bytes."""
        return self.letter.body

    @property
    def headers(self) -> dict[str, int]:
        """How often it was delivered before, as a quorum queue says it."""
        return {"x-delivery-count": self.letter.deliveries} if self.letter.deliveries else {}

    @property
    def delivery_info(self) -> dict[str, bool]:
        """Was it delivered before?"""
        return {"redelivered": self.letter.deliveries > 0}

    def ack(self, *, multiple: bool = False) -> None:
        """Acknowledge; with all that was handed out before it, if that is asked."""
        self.at("acknowledge", ConnectionResetError)
        for letter in self.before if multiple else ():
            self.acknowledge(letter)
        self.acknowledge(self.letter)
        self.at("acknowledged", ConnectionResetError)
