"""Faults of connections: between people and services, services and broker, services and store."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Mapping

from tests.chaos.plan import Fault, Kind
from tests.chaos.world import World
from tests.support.proxy import Weather
from tests.support.waiting import eventually

SLOWEST = 0.4
"""Seconds that a piece is kept, at most."""
PIECES = 3
PASSED_WITHIN = 20.0
"""Seconds: by then something has passed that could suffer, unless nobody speaks there."""


def cut(world: World, fault: Fault) -> bool:
    """Every connection is reset."""
    return _weather(world, fault, Weather.CUT, 0)


def slow(world: World, fault: Fault) -> bool:
    """Every piece is late."""
    seconds = random.Random(fault.seed).uniform(0.02, SLOWEST)
    return _weather(world, fault, Weather.SLOW, fault.seconds, seconds=seconds)


def lose(world: World, fault: Fault) -> bool:
    """Half open: nothing arrives, nothing is closed; what was sent arrives late."""
    return _weather(world, fault, Weather.LOST, fault.seconds, way=fault.detail)


def spoil(world: World, fault: Fault) -> bool:
    """Other bits arrive than were sent."""
    how = {"pieces": PIECES, "seed": fault.seed}
    return _weather(world, fault, Weather.SPOILT, 0, **how)


def tear(world: World, fault: Fault) -> bool:
    """The connection ends in the middle of what was said."""
    return _weather(world, fault, Weather.TORN, 0)


def _weather(
    world: World, fault: Fault, weather: Weather, lasts: float, **how: float | str
) -> bool:
    """Did anything suffer? A link on which nobody speaks is given a while to be spoken on."""
    proxies = world.system.proxies
    suffered = proxies.tell(fault.target, weather, **how)
    if weather is not Weather.CUT:
        with contextlib.suppress(AssertionError):
            eventually(lambda: proxies.suffered(fault.target), "somebody", within=PASSED_WITHIN)
    world.wait(lasts)
    return proxies.tell(fault.target, Weather.FAIR) + suffered > 0


ACTS: Mapping[Kind, Callable[[World, Fault], bool]] = {
    Kind.CUT: cut,
    Kind.SLOW: slow,
    Kind.LOST: lose,
    Kind.SPOILT: spoil,
    Kind.TORN: tear,
}
