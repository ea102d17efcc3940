"""Faults of messages and of what carries them at the broker, and of everybody's clock."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from tests.chaos.plan import Fault, Kind
from tests.chaos.sabotage import EXCHANGE, spoilt, written
from tests.chaos.world import HEARS, NotMended, World
from tests.support.waiting import eventually

LAST_OF_SUMMER = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
LAST_OF_WINTER = datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
"""When the clocks on the wall in England change."""
MENDED_WITHIN = 120.0
BEFORE_IT = timedelta(seconds=8)
AFTER_IT = timedelta(seconds=4)


def double(world: World, fault: Fault) -> bool:
    """What everybody has heard is said again."""
    return _say_again(world, fault, shuffled=False)


def shuffle(world: World, fault: Fault) -> bool:
    """The same, twice over and in no order."""
    return _say_again(world, fault, shuffled=True)


def poison(world: World, fault: Fault) -> bool:
    """Something arrives that no handler can handle."""
    how, way = fault.detail.split()
    chance = random.Random(fault.seed)
    event = chance.choice(world.saboteur.events(chance))
    world.saboteur.say(fault.target, way, [(event["type"], spoilt(how, event, chance))])
    return True


def delete_binding(world: World, fault: Fault) -> bool:
    """One queue no longer gets one source's events; the broker finds nothing wrong."""
    queue = f"{fault.target}.events"
    source = random.Random(fault.seed).choice(HEARS[fault.target]).removeprefix("/")
    with world.saboteur.channel() as channel:
        channel.queue_unbind(queue, EXCHANGE, f"{source}.#")
    return True


def delete_parking(world: World, fault: Fault) -> bool:
    """The place for what the broker gives up on is gone."""
    name = f"{fault.target}.parked"
    with world.saboteur.channel() as channel:
        if fault.detail == "exchange":
            channel.exchange_delete(name)
        else:
            channel.queue_delete(name)
    return _is_mended(world, name, is_exchange=fault.detail == "exchange")


def delete_queue(world: World, fault: Fault) -> bool:
    """Everything that waits for a service is gone, and so is the place to wait."""
    name = f"{fault.target}.events"
    with world.saboteur.channel() as channel:
        channel.queue_delete(name)
    return _is_mended(world, name, is_exchange=False)


def step_clock(world: World, fault: Fault) -> bool:
    """Everybody's clock is suddenly another."""
    world.move_clock(world.system.clock.now() + timedelta(seconds=int(fault.detail)))
    return True


def into_winter(world: World, fault: Fault) -> bool:
    """The night in which half past one comes twice."""
    return _across(world, LAST_OF_SUMMER)


def into_summer(world: World, fault: Fault) -> bool:
    """The night in which half past one never comes."""
    return _across(world, LAST_OF_WINTER)


def _across(world: World, change: datetime) -> bool:
    if world.system.clock.now() >= change - BEFORE_IT:
        return False
    world.move_clock(change - BEFORE_IT)
    world.wait((BEFORE_IT + AFTER_IT).total_seconds())
    return world.system.clock.now() > change


def _say_again(world: World, fault: Fault, *, shuffled: bool) -> bool:
    chance = random.Random(fault.seed)
    events = world.saboteur.events(chance)
    if shuffled:
        events = [*events, *events]
        chance.shuffle(events)
    bodies = [(event["type"], written(event)) for event in events]
    world.saboteur.say(fault.target, fault.detail, bodies)
    return True


def _is_mended(world: World, name: str, *, is_exchange: bool) -> bool:
    """Wait until the service itself has put back what was deleted. Raises NotMended."""

    def is_there() -> bool:
        with world.saboteur.channel() as channel:
            if is_exchange:
                channel.exchange_declare(name, passive=True)
            else:
                channel.queue_declare(name, passive=True)
        return True

    try:
        return eventually(is_there, "it is there again", within=MENDED_WITHIN)
    except AssertionError:
        raise NotMended(f"{name} was not declared again") from None


ACTS: Mapping[Kind, Callable[[World, Fault], bool]] = {
    Kind.DOUBLE: double,
    Kind.SHUFFLE: shuffle,
    Kind.POISON: poison,
    Kind.BINDING: delete_binding,
    Kind.PARKING: delete_parking,
    Kind.QUEUE: delete_queue,
    Kind.CLOCK_FORWARD: step_clock,
    Kind.CLOCK_BACK: step_clock,
    Kind.OCTOBER: into_winter,
    Kind.MARCH: into_summer,
}
