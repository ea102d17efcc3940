"""Histories: every crash of a small case, one by one and in pairs; and many at random, by seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import combinations, count
from random import Random
from time import process_time

from tests.simulation.engine import Turn
from tests.simulation.invariants import violations
from tests.simulation.world import Straight, World

MISHAPS = ("duplicate", "reorder", "lose")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """How one history went."""

    name: str
    """Enough to run it again."""
    found: list[str]
    """What was wrong after everything was put right; nothing, if all is well."""
    trace: list[str]
    touches: int = 0
    crashes: int = 0
    failures: int = 0
    mishaps: int = 0
    redelivered: int = 0
    replayed: int = 0
    cpu_seconds: float = 0.0


def crashed_at(*places: int, durable: bool, steps: int | None = None) -> History:
    """Run one referral's journey straight through, killed at these touches of a port.

    `steps`: only so many of the commands, for a shorter journey.
    """
    world = World(durable=durable, steps=steps)
    run = Straight(world, *places)
    run.settle()
    found = violations(world) if run.settled else ["it never settled"]
    return History(
        name=name_of(*places, durable=durable, steps=steps),
        found=found,
        trace=world.trace,
        touches=run.touches,
        crashes=world.crashes,
        redelivered=world.kept.broker.redelivered,
        replayed=world.kept.replayed,
    )


def every_crash(*, durable: bool, steps: int | None = None, at_once: int = 1) -> Iterator[str]:
    """Name every history with so many crashes, at any touches of a port of a calm journey.

    The second of two may hit the recovery from the first.
    """
    calm = crashed_at(durable=durable, steps=steps)
    yield calm.name
    for places in combinations(range(1, calm.touches + 1), at_once):
        yield name_of(*places, durable=durable, steps=steps)


def name_of(*places: int, durable: bool, steps: int | None = None) -> str:
    """Return the name of a history with these crashes."""
    broker = "rabbitmq" if durable else "disk"
    return f"crash:{broker}:{steps or ''}:{','.join(map(str, places))}"


@dataclass(eq=False)
class Storm:
    """Runs many turns at once, in any order, and lets everything go wrong that can."""

    world: World
    chance: Random
    running: list[Turn] = field(default_factory=list)
    failures: int = 0
    mishaps: int = 0

    def rage(self, moves: int) -> None:
        """Make so many moves."""
        for _ in range(moves):
            self._move()
            if not self.running and all(person.content for person in self.world.people):
                break

    def pass_by(self) -> None:
        """Let everything that runs come to its end; then every process starts again."""
        for turn in list(self.running):
            while not turn.over:
                turn.go()
        for process in self.world.processes:
            process.start()

    def _move(self) -> None:
        draw = self.chance.random()
        self.world.kept.now += timedelta(milliseconds=self.chance.randrange(1, 50))
        if draw < 0.60 and self.running:
            self._go_on(self.chance.choice(self.running))
        elif draw < 0.93:
            self._begin()
        elif draw < 0.95:
            self._crash()
        elif draw < 0.99:
            kind = self.chance.choice(MISHAPS)
            if self.world.kept.broker.mishap(kind, self.chance):
                self.mishaps += 1
                self._note(kind)
        elif not self.running:
            self._let_time_pass()

    def _go_on(self, turn: Turn) -> None:
        if turn.fault and self.chance.random() < 0.04:
            self.failures += 1
            self._note(f"{turn.process} {turn.name}: {turn.place} fails")
            turn.fail()
        else:
            self._note(f"{turn.process} {turn.name}: {turn.place}")
            turn.go()
        self.running = [each for each in self.running if not each.over]

    def _begin(self) -> None:
        busy = {(turn.process, turn.name) for turn in self.running}
        could = [*self.world.could_begin()]
        if not could or self.chance.random() < 0.1:
            could = [*self.world.jobs()]
        free = [offer for offer in could if (offer.process, offer.name) not in busy]
        if free:
            turn = Turn(*self.chance.choice(free))
            self.running.append(turn)
            self._go_on(turn)

    def _crash(self) -> None:
        process = self.chance.choice(self.world.processes)
        self._note(f"{process.name} is killed")
        self.world.crash(process, self.running)
        self.running = [each for each in self.running if not each.over]

    def _let_time_pass(self) -> None:
        span = self.chance.choice((timedelta(seconds=5), timedelta(minutes=20), timedelta(hours=9)))
        self.world.kept.now += span
        self._note(f"{span} pass")

    def _note(self, words: str) -> None:
        self.world.trace.append(words)


def random_histories(seed: int) -> Iterator[str]:
    """Name histories at random, from a seed on, without end."""
    yield from (f"seed:{each}" for each in count(seed))


def at_random(seed: int) -> History:
    """Run one history by its seed: several cases, two processes a service, clocks that differ."""
    chance = Random(seed)
    world = World(
        durable=chance.random() < 0.5,
        cases=chance.randint(1, 3),
        replicas=2,
        off=lambda: chance.uniform(-2, 2),
    )
    storm = Storm(world, chance)
    storm.rage(moves=chance.randint(200, 1500))
    storm.pass_by()
    run = Straight(world)
    run.settle()
    found = violations(world) if run.settled else ["it never settled"]
    return History(
        name=f"seed:{seed}",
        found=found,
        trace=world.trace,
        touches=len(world.trace) + run.touches,
        crashes=world.crashes,
        failures=storm.failures,
        mishaps=storm.mishaps,
        redelivered=world.kept.broker.redelivered,
        replayed=world.kept.replayed,
    )


def again(name: str) -> History:
    """Run a history by its name."""
    began = process_time()
    return replace(_by_name(name), cpu_seconds=process_time() - began)


def _by_name(name: str) -> History:
    kind, _, rest = name.partition(":")
    if kind == "seed":
        return at_random(int(rest))
    broker, steps, places = rest.split(":")
    crashes = [int(place) for place in places.split(",") if place]
    return crashed_at(*crashes, durable=broker == "rabbitmq", steps=int(steps) if steps else None)
