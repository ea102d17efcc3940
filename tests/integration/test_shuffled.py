"""Thousands of events, shuffled and doubled, over several consumers at once: each once, in order.

SHUFFLED_DELIVERIES=n makes the run longer.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Sequence

import pytest

from shared.clock import SystemClock
from shared.hearing import Outcome
from shared.messaging.held import HeldEvents
from shared.messaging.listener import Listener
from tests.support.carriers import HEARS, bodies_of
from tests.support.toy import Toy
from tests.support.waiting import eventually

DELIVERIES = int(os.environ.get("SHUFFLED_DELIVERIES", "3000"))  # noqa: TID251 - a test's choice
COPIES = 3
LONG = 10
CONSUMERS = 4
BATCH = 7
REFS = [f"MASH-00001-0{n:04}" for n in range(DELIVERIES // COPIES // LONG)]


def consume(toy: Toy, bodies: Sequence[bytes]) -> None:
    """Let several listeners take their shares, all at the same time."""

    def take(share: Sequence[bytes]) -> None:
        held = HeldEvents(toy.database, SystemClock())
        listener = Listener(HEARS, toy.hearing(), held, toy.feed)
        for begin in range(0, len(share), BATCH):
            list(listener.take_bodies(share[begin : begin + BATCH]))

    threads = [
        threading.Thread(target=take, args=(bodies[number::CONSUMERS],))
        for number in range(CONSUMERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.timeout(900)
def test_shuffled_and_doubled_over_several_consumers_each_has_its_effect_once_and_in_order(
    toy: Toy,
) -> None:
    for ref in REFS:
        toy.say(ref, times=LONG)
    once = [body for ref in REFS for body in bodies_of(toy, ref)]
    bodies = once * COPIES
    random.Random(20261122).shuffle(bodies)

    consume(toy, bodies)
    eventually(
        lambda: (toy.listener.try_again_what_is_due(), not toy.held.counts())[1],
        "nothing is held",
        within=120,
    )

    assert {toy.heard(ref).order for ref in REFS} == {tuple(range(1, LONG + 1))}
    assert toy.outcomes.count(Outcome.HANDLED) == len(once)
    assert toy.outcomes.count(Outcome.ALREADY_HANDLED) >= len(once) * (COPIES - 1)

    # Everything once more, from the beginning: nothing new happens.
    versions = [toy.hearers.load(ref).version for ref in REFS]
    assert {toy.listener.take_body(body) for body in once} == {Outcome.ALREADY_HANDLED}
    assert toy.catch_up.compare() == 0
    assert [toy.hearers.load(ref).version for ref in REFS] == versions
