"""Which faults a campaign causes, in which order: made from the seed alone, so that it can be told
and replayed. Nothing here touches a system.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from shared.faults import Point

SERVICES = ("referral", "strategy", "audit")
PROCESSES = tuple(f"{service}-{role}" for service in SERVICES for role in ("web", "work"))
DOORS = tuple(f"door-{service}" for service in SERVICES)
FEEDS = tuple(f"feed-{service}" for service in SERVICES)
WIRES = tuple(f"amqp-{process}" for process in PROCESSES)
MEMBERS = ("mongo-0", "mongo-1", "mongo-2")
HEARING = ("strategy", "audit")


class Kind(StrEnum):
    """What can go wrong."""

    KILL = "kill -9 of a process"
    CRASH_POINT = "kill -9 at a named point"
    PAUSE = "process paused"
    BROKER_KILL = "broker killed"
    BROKER_RESTART = "broker restarted"
    BROKER_PAUSE = "broker paused"
    BROKER_DISK = "broker's disk full"
    PRIMARY_KILL = "primary killed"
    PRIMARY_RESTART = "primary restarted"
    PRIMARY_PAUSE = "primary paused"
    PRIMARY_AWAY = "primary cut off"
    MEMBER_KILL = "secondary killed"
    STEP_DOWN = "leader stepped down"
    MEMBER_DISK = "member's disk full"
    BROKER_AWAY = "broker node cut off"
    MINORITY = "primary cut off with a client"
    CUT = "connections cut"
    SLOW = "connections slow"
    LOST = "connections half open"
    SPOILT = "bits spoilt on the wire"
    TORN = "connection torn in a message"
    DOUBLE = "messages doubled"
    SHUFFLE = "messages shuffled"
    POISON = "messages poisoned"
    BINDING = "binding deleted"
    PARKING = "parking deleted"
    QUEUE = "queue deleted"
    CLOCK_FORWARD = "clock stepped forward"
    CLOCK_BACK = "clock stepped back"
    OCTOBER = "clock into winter"
    MARCH = "clock into summer"


SHARES: Mapping[Kind, float] = {
    Kind.KILL: 14,
    Kind.CRASH_POINT: 9,
    Kind.PAUSE: 10,
    Kind.CUT: 10,
    Kind.SLOW: 6,
    Kind.LOST: 5,
    Kind.SPOILT: 6,
    Kind.TORN: 4,
    Kind.DOUBLE: 10,
    Kind.SHUFFLE: 8,
    Kind.POISON: 10,
    Kind.BINDING: 1.2,
    Kind.PARKING: 0.8,
    Kind.QUEUE: 0.8,
    Kind.CLOCK_FORWARD: 1.5,
    Kind.CLOCK_BACK: 1.5,
    Kind.BROKER_KILL: 0.8,
    Kind.BROKER_RESTART: 0.5,
    Kind.BROKER_PAUSE: 0.8,
    Kind.STEP_DOWN: 1,
    Kind.PRIMARY_KILL: 0.8,
    Kind.PRIMARY_RESTART: 0.4,
    Kind.PRIMARY_PAUSE: 0.6,
    Kind.PRIMARY_AWAY: 0.6,
    Kind.MEMBER_KILL: 0.5,
}
"""How often each happens, of about a hundred: what costs seconds is rare, the rest overlaps it."""

CLUSTER_SHARES: Mapping[Kind, float] = {
    Kind.KILL: 20,
    Kind.PAUSE: 20,
    Kind.BROKER_KILL: 10,
    Kind.BROKER_RESTART: 5,
    Kind.BROKER_PAUSE: 8,
    Kind.BROKER_AWAY: 8,
    Kind.PRIMARY_KILL: 5,
    Kind.PRIMARY_RESTART: 4,
    Kind.PRIMARY_PAUSE: 5,
    Kind.PRIMARY_AWAY: 5,
    Kind.MINORITY: 2,
    Kind.MEMBER_KILL: 3,
}
"""The same for several of everything in containers (tests/compose): what a majority survives."""

ONCE: Mapping[Kind, float] = {
    Kind.OCTOBER: 0.2,
    Kind.BROKER_DISK: 0.35,
    Kind.MARCH: 0.55,
    Kind.MEMBER_DISK: 0.75,
}
"""What happens once in a run, and how far into it."""

SECONDS: Mapping[Kind, tuple[float, float]] = {
    Kind.PAUSE: (0.2, 5.0),
    Kind.BROKER_KILL: (0.0, 6.0),
    Kind.BROKER_PAUSE: (2.0, 14.0),
    Kind.BROKER_DISK: (12.0, 16.0),
    Kind.BROKER_AWAY: (4.0, 15.0),
    Kind.PRIMARY_KILL: (0.0, 4.0),
    Kind.PRIMARY_PAUSE: (4.0, 12.0),
    Kind.PRIMARY_AWAY: (4.0, 12.0),
    Kind.MINORITY: (15.0, 20.0),
    Kind.MEMBER_KILL: (0.0, 4.0),
    Kind.MEMBER_DISK: (15.0, 20.0),
    Kind.SLOW: (2.0, 8.0),
    Kind.LOST: (1.0, 12.0),
}
"""How long what lasts may last: from the shortest to the longest."""

POISONS = (
    *("broken-json", "not-utf-8", "empty", "huge", "wrong-hash"),
    *("unknown-type", "unknown-version", "foreign-stream"),
)
RELAYING = (Point.RELAY_BEFORE_PUBLISH, Point.RELAY_AFTER_PUBLISH, Point.RELAY_AFTER_CONFIRM)
COMMITTING = (Point.BEFORE_COMMIT, Point.AFTER_COMMIT)
HEARD = (Point.CONSUMER_BEFORE_HANDLING, Point.CONSUMER_AFTER_HANDLING)
HELD = (Point.HELD_AFTER_HOLDING, Point.HELD_BEFORE_RELEASE)
POINTS: Mapping[str, tuple[Point, ...]] = {
    "referral-web": (*COMMITTING, *RELAYING),
    "referral-work": RELAYING,
    "strategy-web": (*COMMITTING, *RELAYING),
    "strategy-work": (*HEARD, *COMMITTING, *HELD, *RELAYING),
    "audit-web": RELAYING,
    # Its one commit is the announcement of what the sweep found.
    "audit-work": (*HEARD, *COMMITTING, *HELD, *RELAYING, Point.AUDIT_AFTER_APPEND),
}
"""The named points that each process comes by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: what, to whom, how, for how long; `gap` is the pause before it, in seconds, and
    `seed` decides whatever else chance decides."""

    number: int
    kind: Kind
    target: str
    detail: str
    seconds: float
    gap: float
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Return what a replay file holds."""
        return asdict(self)

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> Fault:
        """Read what a replay file holds."""
        return cls(**{**held, "kind": Kind(held["kind"])})


def plan(
    seed: int,
    faults: int,
    *,
    kinds: Collection[Kind] = tuple(Kind),
    gap: float | None = None,
    shares: Mapping[Kind, float] = SHARES,
) -> tuple[Fault, ...]:
    """Return the faults of a campaign, the same for the same arguments.

    Every kind happens at least once where there is room; `gap` is the mean pause between two.
    """
    chance = random.Random(seed)
    mean = gap_for(faults) if gap is None else gap
    chosen = _in_order(chance, faults, kinds, shares)
    points = _points(chance)
    return tuple(
        _fault(number, kind, chance, mean=mean, points=points) for number, kind in enumerate(chosen)
    )


def gap_for(faults: int) -> float:
    """Return the mean pause: 300 faults in about ten minutes, 5,000 in about an hour."""
    return 1.5 if faults <= 600 else 0.5


def _in_order(
    chance: random.Random, faults: int, kinds: Collection[Kind], shares: Mapping[Kind, float]
) -> list[Kind]:
    once = [kind for kind in ONCE if kind in kinds]
    often = [kind for kind in shares if kind in kinds]
    rest = max(faults - len(once), 0)
    every = often[:rest] if often else []
    weights = [shares[kind] for kind in often]
    more = chance.choices(often, weights, k=rest - len(every)) if often else []
    order = [*every, *more]
    chance.shuffle(order)
    for kind in once[: faults - len(order)]:
        order.insert(int(ONCE[kind] * faults), kind)
    return order


def _points(chance: random.Random) -> list[tuple[str, str]]:
    """Return every point of every process in an order of this run, to be taken in turn."""
    every = [(process, point.value) for process, points in POINTS.items() for point in points]
    chance.shuffle(every)
    return every


def _fault(
    number: int, kind: Kind, chance: random.Random, *, mean: float, points: list[tuple[str, str]]
) -> Fault:
    seconds = round(chance.uniform(*SECONDS.get(kind, (0, 0))), 2)
    gap = round(min(chance.expovariate(1 / mean), 4 * mean) if mean else 0.0, 2)
    seed = chance.randrange(2**31)
    if kind is Kind.CRASH_POINT:
        target, detail = points.pop(0)
        points.append((target, detail))
    else:
        target = chance.choice(TARGETS.get(kind, ("",)))
        detail = DETAILS[kind](chance) if kind in DETAILS else ""
    where = {"target": target, "detail": detail}
    return Fault(number=number, kind=kind, **where, seconds=seconds, gap=gap, seed=seed)


TARGETS: Mapping[Kind, Sequence[str]] = {
    Kind.KILL: PROCESSES,
    Kind.PAUSE: PROCESSES,
    Kind.CUT: (*DOORS, *FEEDS, *WIRES, *MEMBERS),
    Kind.SLOW: (*DOORS, *FEEDS, *WIRES, *MEMBERS),
    Kind.LOST: (*DOORS, *FEEDS, *WIRES),
    # Not the doors and not the store: nobody could tell what was spoilt from what was meant.
    Kind.SPOILT: (*FEEDS, *WIRES),
    Kind.TORN: (*DOORS, *FEEDS, *WIRES, *MEMBERS),
    Kind.DOUBLE: HEARING,
    Kind.SHUFFLE: HEARING,
    Kind.POISON: HEARING,
    Kind.BINDING: HEARING,
    Kind.PARKING: HEARING,
    Kind.QUEUE: HEARING,
}
"""Whom each kind can hit; the broker, the set and the clock are one each."""


DETAILS: Mapping[Kind, Callable[[random.Random], str]] = {
    Kind.LOST: lambda chance: chance.choice(("there", "back", "both")),
    Kind.DOUBLE: lambda chance: chance.choice(("exchange", "queue")),
    Kind.SHUFFLE: lambda chance: chance.choice(("exchange", "queue")),
    Kind.POISON: lambda chance: f"{chance.choice(POISONS)} {chance.choice(('exchange', 'queue'))}",
    Kind.PARKING: lambda chance: chance.choice(("exchange", "queue")),
    Kind.BROKER_DISK: lambda chance: chance.choice(("alarm", "full")),
    Kind.CLOCK_FORWARD: lambda chance: str(chance.randint(60, 7200)),
    Kind.CLOCK_BACK: lambda chance: str(-chance.randint(1, 3600)),
}
"""What else there is to say of a kind: which direction, which way in, how many seconds."""
