"""One history: the processes, the people, and the two ways to run them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from tests.models.broker import MemoryBroker
from tests.simulation.engine import Turn
from tests.simulation.people import Person, ref_of, steps_of
from tests.simulation.processes import STATES, Kept, Process

BETWEEN_ROUNDS = timedelta(minutes=7)
"""More than a held event waits, more than an abandoned reservation stands."""
MOST_ROUNDS = 400


class Offer(NamedTuple):
    """What a process could begin to do."""

    process: str
    name: str
    run: Callable[[], None]


@dataclass(eq=False)
class World:
    """Three services, their processes and the people, over one store and one broker."""

    durable: bool = True
    cases: int = 1
    replicas: int = 1
    steps: int | None = None
    """How many of the commands of a case are given; all of them, if not said."""
    off: Callable[[], float] = lambda: 0.0
    """By how many seconds the clock of the next process is off."""
    kept: Kept = field(init=False)
    processes: list[Process] = field(init=False)
    people: list[Person] = field(init=False)
    trace: list[str] = field(default_factory=list)
    crashes: int = 0

    def __post_init__(self) -> None:
        self.kept = Kept(MemoryBroker(durable=self.durable))
        for service in STATES:
            # The queues are declared before anybody publishes, by the deployment.
            Process(self.kept, service)
        self.processes = [
            Process(self.kept, service, number + 1, off=self.off())
            for number in range(self.replicas)
            for service in STATES
        ]
        self.people = []
        for number in range(self.cases):
            submission = f"submission {number}"
            steps = steps_of(submission)[: self.steps]
            # Everybody has a double, who sends the same again from another window.
            doubles = 1 if self.replicas == 1 else 2
            self.people += [Person(ref_of(submission), steps) for _ in range(doubles)]

    def named(self, name: str) -> Process:
        """Return a process by its name."""
        return next(each for each in self.processes if each.name == name)

    def of(self, service: str) -> list[Process]:
        """Return the processes of a service."""
        return [each for each in self.processes if each.service == service]

    def crash(self, process: Process, turns: list[Turn]) -> None:
        """Kill a process with everything it was doing, and start it again."""
        self.crashes += 1
        for turn in turns:
            if turn.process == process.name:
                turn.kill()
        process.start()

    def could_begin(self) -> Iterator[Offer]:
        """Yield what somebody could begin to do now."""
        for number, person in enumerate(self.people):
            if not person.content:
                for process in self.of(person.wants()):
                    name = f"person {number}"
                    yield Offer(process.name, name, partial(person.attempt, process))
        for process in self.processes:
            for name, (wanted, run) in process.tasks.items():
                if wanted():
                    yield Offer(process.name, name, run)

    def jobs(self) -> Iterator[Offer]:
        """Yield what each process does at intervals."""
        for process in self.processes:
            for name, run in process.jobs.items():
                yield Offer(process.name, name, run)

    def picture(self) -> object:
        """Return what is kept, in short: two that are equal mean that nothing happened between."""
        kept = self.kept
        return (
            [
                (name, ref, each.version, each.published, dict(each.heard))
                for name, shelf in kept.shelves.items()
                for ref, each in shelf.items()
            ],
            len(kept.entries.entries),
            {ref: (case.entries_read, case.next_tick) for ref, case in kept.entries.cases.items()},
            # A try moves the time of the next: what is parked and replayed in one round did move.
            [
                (key, held["kind"], held["retry_at"])
                for each in kept.held.values()
                for key, held in each.get("held_events", {}).items()
            ],
            len(kept.slots),
            [len(each) for each in kept.broker.queues.values()],
            [person.next for person in self.people],
            self.crashes,
        )


class Straight:
    """Runs turns one after the other, each to its end, and kills at chosen touches of a port."""

    def __init__(self, world: World, *crashes: int) -> None:
        self.world = world
        self.crashes = set(crashes)
        self.touches = 0
        self.settled = False

    def run(self, turn: Turn) -> None:
        """Run one turn; kill its process if it is time."""
        while True:
            turn.go()
            if turn.over:
                return
            self.touches += 1
            if self.touches in self.crashes:
                self.world.trace.append(
                    f"{self.touches}: {turn.process} killed in {turn.name}: {turn.place}"
                )
                self.world.crash(self.world.named(turn.process), [turn])
                return

    def settle(self) -> None:
        """Run until everybody is content and nothing moves any more."""
        world = self.world
        still = 0
        for _ in range(MOST_ROUNDS):
            before = world.picture()
            for offer in list(world.could_begin()):
                self.run(Turn(*offer))
            world.kept.now += timedelta(seconds=1)
            if world.picture() != before:
                still = 0
                continue
            # Nothing moves by itself: let time pass, and do what is done at intervals.
            world.kept.now += BETWEEN_ROUNDS
            for offer in list(world.jobs()):
                self.run(Turn(*offer))
            still = still + 1 if world.picture() == before else 0
            if still == 2:
                self.settled = True
                return
