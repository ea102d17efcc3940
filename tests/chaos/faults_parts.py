"""Faults of the broker and of the members of the store, and of the disks beneath them."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Mapping

from tests.chaos.plan import Fault, Kind
from tests.chaos.world import World
from tests.support.nodes import MongoNode
from tests.support.proxy import Weather
from tests.support.waiting import eventually

ALMOST_FULL = 20 * 2**20
"""Bytes left: below RabbitMQ's alarm at 50 MB, which stops every publisher."""


def kill_broker(world: World, fault: Fault) -> bool:
    """kill -9, and started again after a while."""
    world.system.rabbit.kill()
    world.wait(fault.seconds)
    world.system.rabbit.start()
    return True


def restart_broker(world: World, fault: Fault) -> bool:
    """Ended in order and started again."""
    world.system.rabbit.stop()
    world.system.rabbit.start()
    return True


def pause_broker(world: World, fault: Fault) -> bool:
    """Frozen: it holds every connection and says nothing."""
    world.system.rabbit.pause()
    world.wait(fault.seconds)
    world.system.rabbit.resume()
    return True


def fill_brokers_disk(world: World, fault: Fault) -> bool:
    """No room for what is published: first the alarm, or nothing left at all."""
    disk, rabbit = world.disks["broker"], world.system.rabbit
    try:
        left = disk.fill(leave=ALMOST_FULL if fault.detail == "alarm" else 0)
        world.wait(fault.seconds)
    finally:
        disk.empty()
    if not rabbit.is_running() or not rabbit.answers():
        rabbit.kill()
        rabbit.start()
    return left <= ALMOST_FULL


def kill_primary(world: World, fault: Fault) -> bool:
    """kill -9; the others elect, and it comes back as one of them."""
    node = _primary(world)
    node.kill()
    return _back(world, node, fault.seconds)


def restart_primary(world: World, fault: Fault) -> bool:
    """Ended in order: it hands over."""
    node = _primary(world)
    node.stop()
    return _back(world, node, fault.seconds)


def pause_primary(world: World, fault: Fault) -> bool:
    """Frozen; when it goes on it may believe for a moment that it still leads."""
    node = _primary(world)
    node.pause()
    world.wait(fault.seconds)
    node.resume()
    world.members.wait_until_whole()
    return True


def cut_primary_off(world: World, fault: Fault) -> bool:
    """Nobody reaches it, clients and members alike; what it says itself still arrives."""
    link = f"mongo-{world.members.nodes.index(_primary(world))}"
    suffered = world.system.proxies.tell(link, Weather.REFUSED)
    world.wait(fault.seconds)
    world.system.proxies.tell(link, Weather.FAIR)
    world.members.wait_until_whole()
    return suffered > 0


def step_down(world: World, fault: Fault) -> bool:
    """The primary is asked to step down."""
    asked = world.members.step_down()
    world.members.wait_until_whole()
    return asked


def kill_secondary(world: World, fault: Fault) -> bool:
    """kill -9 of one that follows: a majority of two goes on."""
    others = [node for node in world.members.nodes if node is not _primary(world)]
    node = random.Random(fault.seed).choice(others)
    node.kill()
    return _back(world, node, fault.seconds)


def fill_members_disk(world: World, fault: Fault) -> bool:
    """No room on the disk of the first member: mongod ends itself, the others go on."""
    disk, node = world.disks["member"], world.members.nodes[0]
    try:
        left = disk.fill(leave=0)
        # Or what it had room for lasted as long as the fault.
        with contextlib.suppress(AssertionError):
            eventually(lambda: not node.is_running(), "it gave up", within=fault.seconds)
    finally:
        disk.empty()
    if not node.is_running():
        node.launch()
    world.members.wait_until_whole()
    return left < ALMOST_FULL


def _primary(world: World) -> MongoNode:
    nodes = world.members.nodes
    return eventually(
        lambda: [nodes[n] for n in [world.members.primary()] if n is not None],
        "the set has a primary",
        within=60,
    )[0]


def _back(world: World, node: MongoNode, seconds: float) -> bool:
    world.wait(seconds)
    node.launch()
    node.wait_until_it_answers()
    world.members.wait_until_whole()
    return True


ACTS: Mapping[Kind, Callable[[World, Fault], bool]] = {
    Kind.BROKER_KILL: kill_broker,
    Kind.BROKER_RESTART: restart_broker,
    Kind.BROKER_PAUSE: pause_broker,
    Kind.BROKER_DISK: fill_brokers_disk,
    Kind.PRIMARY_KILL: kill_primary,
    Kind.PRIMARY_RESTART: restart_primary,
    Kind.PRIMARY_PAUSE: pause_primary,
    Kind.PRIMARY_AWAY: cut_primary_off,
    Kind.STEP_DOWN: step_down,
    Kind.MEMBER_KILL: kill_secondary,
    Kind.MEMBER_DISK: fill_members_disk,
}
