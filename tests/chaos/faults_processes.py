"""Faults of the services' own processes."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping

from tests.chaos.plan import Fault, Kind
from tests.chaos.world import World
from tests.support.waiting import eventually

UP_WITHIN = 30.0
REACHED_WITHIN = 40.0


def kill(world: World, fault: Fault) -> bool:
    """kill -9, wherever it is."""
    process = world.system.processes[fault.target]
    return eventually(
        lambda: process.signal(signal.SIGKILL), f"{fault.target} is up", within=UP_WITHIN
    )


def kill_at_a_point(world: World, fault: Fault) -> bool:
    """kill -9; its next life ends by itself at the named point. Did it come by?

    One that does not come by in time keeps its setting: it may still die there later.
    """
    process = world.system.processes[fault.target]
    process.once = {"CRASH_AT": fault.detail}
    lives = len(process.deaths)
    kill(world, fault)
    try:
        eventually(lambda: len(process.deaths) > lives + 1, "it died there", within=REACHED_WITHIN)
    except AssertionError:
        return False
    return process.deaths[lives + 1] == -signal.SIGKILL


def pause(world: World, fault: Fault) -> bool:
    """SIGSTOP, and on again: its leases, heartbeats and connections grow old meanwhile."""
    process = world.system.processes[fault.target]
    eventually(lambda: process.signal(signal.SIGSTOP), f"{fault.target} is up", within=UP_WITHIN)
    world.wait(fault.seconds)
    return process.signal(signal.SIGCONT)


ACTS: Mapping[Kind, Callable[[World, Fault], bool]] = {
    Kind.KILL: kill,
    Kind.CRASH_POINT: kill_at_a_point,
    Kind.PAUSE: pause,
}
