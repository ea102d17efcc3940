"""The faults of a campaign, caused to containers: one node, member or process at a time, so that a
majority is always there and people can be answered. At the end of each, what was hurt is back.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import requests

from tests.builders import a_referral
from tests.chaos.campaign import Acts
from tests.chaos.ledger import Cause, Command, Ledger
from tests.chaos.plan import Fault, Kind
from tests.chaos.turns import Turns
from tests.compose.cluster import WHOLE_WITHIN, Containers, docker
from tests.support.system import token_of
from tests.support.waiting import eventually

BROKERS = ("rabbitmq", "rabbitmq-2", "rabbitmq-3")
STORES = ("mongo", "mongo-2", "mongo-3")
SENDER = "school-demo"
POST = """
import sys, urllib.error, urllib.request
asked = urllib.request.Request(
    "http://127.0.0.1:8080/referral/api/referrals", data=sys.stdin.buffer.read(),
    headers={"Authorization": "Bearer " + sys.argv[1], "Content-Type": "application/json"})
try:
    print(urllib.request.urlopen(asked, timeout=60).status)
except urllib.error.HTTPError as no:
    print(no.code)
except OSError:
    print(0)
"""


@dataclass(kw_only=True)
class ContainerWorld(Turns):
    """The containers, the one address they are reached at, and the book of what was asked."""

    containers: Containers
    address: str
    ledger: Ledger
    minority: list[int] = field(default_factory=list)
    """What a client was answered that was cut off with the old primary."""

    def back(self, is_back: Callable[[], bool], what: str) -> bool:
        """Wait until it is; each look starts a process, so not fifty times a second."""
        pause = threading.Event()
        return eventually(
            lambda: is_back() or pause.wait(1), f"{what} is back", within=WHOLE_WITHIN
        )


def a_process(world: ContainerWorld, fault: Fault) -> str:
    """Return one of the two containers of the process that the fault names."""
    return random.Random(fault.seed).choice(world.containers.of(fault.target))


def a_broker(world: ContainerWorld, fault: Fault) -> str:
    """Return the container of one node of the broker."""
    return world.containers.of(random.Random(fault.seed).choice(BROKERS))[0]


def the_primary(world: ContainerWorld, _: Fault) -> str:
    """Return the container of the primary of the store."""
    return world.containers.of(world.containers.primary())[0]


def a_secondary(world: ContainerWorld, fault: Fault) -> str:
    """Return the container of a member that follows."""
    primary = world.containers.primary()
    others = [each for each in STORES if each != primary]
    return world.containers.of(random.Random(fault.seed).choice(others))[0]


Choose = Callable[[ContainerWorld, Fault], str]
Act = Callable[[ContainerWorld, Fault], bool]


def kill(choose: Choose) -> Act:
    """kill -9, and started again after a while, as the platform would."""

    def act(world: ContainerWorld, fault: Fault) -> bool:
        container = choose(world, fault)
        docker("kill", container)
        world.wait(fault.seconds)
        docker("start", container)
        return world.back(lambda: world.containers.works(container), container)

    return act


def restart(choose: Choose) -> Act:
    """Ended in order and started again."""

    def act(world: ContainerWorld, fault: Fault) -> bool:
        container = choose(world, fault)
        docker("restart", "--time", "20", container)
        return world.back(lambda: world.containers.works(container), container)

    return act


def pause(choose: Choose) -> Act:
    """Frozen: it holds every connection and says nothing."""

    def act(world: ContainerWorld, fault: Fault) -> bool:
        container = choose(world, fault)
        # Docker gives up freezing processes that start others at that moment.
        world.back(lambda: docker("pause", container) != "", f"the turn to freeze {container}")
        try:
            world.wait(fault.seconds)
        finally:
            docker("unpause", container)
        return world.back(lambda: world.containers.works(container), container)

    return act


def cut_off(choose: Choose) -> Act:
    """A real partition: nobody reaches it, and it reaches nobody."""

    def act(world: ContainerWorld, fault: Fault) -> bool:
        container = choose(world, fault)
        with world.containers.apart([container]):
            world.wait(fault.seconds)
        return world.back(lambda: world.containers.works(container), container)

    return act


def cut_off_with_a_client(world: ContainerWorld, fault: Fault) -> bool:
    """The primary and a web process are on one side, the majority on the other.

    Whoever is on the minority's side is answered no: what the old primary takes there is gone when
    it comes back. Sent again afterwards, the same referral is taken once.
    """
    primary = the_primary(world, fault)
    web = random.Random(fault.seed).choice(world.containers.of("referral-web"))
    body = a_referral()
    command = Command(
        key=body["submission_id"],
        what="referral",
        person=SENDER,
        door="json",
        causes=(Cause(type="referral.received"),),
    )
    world.ledger.attempt(command)
    token = token_of(SENDER)
    with world.containers.apart([primary, web]):
        began = time.monotonic()
        while time.monotonic() - began < fault.seconds:
            told = docker("exec", "-i", web, "python", "-c", POST, token, given=json.dumps(body))
            world.minority.append(int(told))
            world.ledger.leave_open(command)
    world.back(lambda: world.containers.works(primary), primary)
    answer = _sent_until_answered(world, body)
    told = answer.json()
    world.ledger.acknowledge(
        command,
        waited=time.monotonic() - began,
        ref=told["reference"],
        children=told["children"],
    )
    return True


def _sent_until_answered(world: ContainerWorld, body: Mapping[str, object]) -> requests.Response:
    def sent() -> requests.Response | None:
        answer = requests.post(
            f"{world.address}/referral/api/referrals",
            json=body,
            headers={"Authorization": f"Bearer {token_of(SENDER)}"},
            timeout=60,
        )
        return answer if answer.ok else None

    return eventually(sent, "the referral is taken on the majority's side", within=120)


ACTS: Acts[ContainerWorld] = {
    Kind.KILL: kill(a_process),
    Kind.PAUSE: pause(a_process),
    Kind.BROKER_KILL: kill(a_broker),
    Kind.BROKER_RESTART: restart(a_broker),
    Kind.BROKER_PAUSE: pause(a_broker),
    Kind.BROKER_AWAY: cut_off(a_broker),
    Kind.PRIMARY_KILL: kill(the_primary),
    Kind.PRIMARY_RESTART: restart(the_primary),
    Kind.PRIMARY_PAUSE: pause(the_primary),
    Kind.PRIMARY_AWAY: cut_off(the_primary),
    Kind.MINORITY: cut_off_with_a_client,
    Kind.MEMBER_KILL: kill(a_secondary),
}
