"""What a broker does with a message, be it the model or the real one."""

from __future__ import annotations

from shared.messaging.publisher import Outgoing
from tests.behaviour.carriers import DELIVERY_LIMIT, Carrier


def said(number: int, kind: str = "referral.received") -> Outgoing:
    """A message with a body of its own."""
    return Outgoing(f"id-{number}", kind, b'{"number": %d}' % number)


def test_what_is_published_is_confirmed_and_comes_once(carrier: Carrier) -> None:
    assert carrier.publish(*map(said, range(5))) == set(range(5))

    came = []
    while taken := carrier.take():
        came.append(taken.body)
        assert not taken.again
        taken.ack()

    assert sorted(came) == [said(number).body for number in range(5)]
    # The disk promises no order: it sorts by the millisecond. The simulation shuffles both.
    assert came == sorted(came) or not carrier.durable


def test_what_no_queue_is_bound_for_is_confirmed_by_the_disk_alone(carrier: Carrier) -> None:
    confirmed = carrier.publish(said(1), said(2, "weather.changed"), said(3))

    assert confirmed == ({0, 2} if carrier.durable else {0, 1, 2})
    bodies = [taken.body for _ in range(2) if (taken := carrier.take())]
    assert sorted(bodies) == [said(1).body, said(3).body]


def test_what_is_not_acknowledged_comes_again_before_the_rest(carrier: Carrier) -> None:
    if not carrier.durable:
        return  # the disk forgets it with the process: the next sentence
    carrier.publish(said(1), said(2), said(3))
    first = carrier.take()
    assert first
    first.ack()
    carrier.take()

    carrier.leave()

    second, third = carrier.take(), carrier.take()
    assert second
    assert third
    assert second.body == said(2).body
    assert second.again
    assert third.body == said(3).body
    second.ack()
    third.ack()
    assert carrier.take() is None


def test_what_is_acknowledged_never_comes_again(carrier: Carrier) -> None:
    carrier.publish(said(1))
    taken = carrier.take()
    assert taken
    taken.ack()

    carrier.leave()

    assert carrier.take() is None


def test_a_copy_is_a_message_of_its_own(carrier: Carrier) -> None:
    carrier.publish(said(1), said(1))
    carrier.publish(said(1))

    bodies = [taken.body for _ in range(4) if (taken := carrier.take())]

    assert bodies == [said(1).body] * 3


def test_what_comes_back_too_often_is_parked_and_its_neighbour_stays(carrier: Carrier) -> None:
    if not carrier.durable:
        return  # nothing comes back there
    carrier.publish(said(1))
    for turn in range(DELIVERY_LIMIT + 1):
        taken = carrier.take()
        assert taken, f"parked after {turn} deliveries"
        assert taken.again is (turn > 0)
        carrier.leave()
    carrier.publish(said(2))

    neighbour, parked = carrier.take(), carrier.take(parked=True)

    assert neighbour
    assert neighbour.body == said(2).body
    assert parked
    assert parked.body == said(1).body
