"""People at work by the dozen, through the real doors, while everything goes wrong around them."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from types import TracebackType

from tests.chaos.asking import LeftStanding, Office
from tests.chaos.casework import live
from tests.chaos.checker.reading import Doors
from tests.chaos.ledger import Ledger
from tests.chaos.patience import Figures
from tests.chaos.people import Client
from tests.chaos.stories import Story
from tests.support.system import HUB, System, password_of, token_of

AT_ONCE = 6
"""Cases that one client works on in turn."""
MOST = 60
"""With those that wait for their event to arrive: the broker may be away for long."""
A_MOMENT = 0.05


class Load:
    """The clients of one run; each is a thread. The seed decides every story."""

    def __init__(self, system: System, ledger: Ledger, *, seed: int, clients: int = 10) -> None:
        self.system = system
        self.ledger = ledger
        self.figures = Figures()
        self.faults: list[str] = []
        """What should not have happened to a client, with the case it happened to."""
        self.left: list[str] = []
        """Stories that ended for a reason that is nobody's fault."""
        self.finished = 0
        self._office = Office.read(system.folder / "directory.json")
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(seed, number), name=f"client-{number}")
            for number in range(clients)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def attempted(self) -> int:
        """How many commands were begun."""
        return self.ledger.attempted

    @property
    def acknowledged(self) -> int:
        """How many answers said "done"; each copy of a double click counts."""
        return self.ledger.acknowledged

    @property
    def unanswered(self) -> int:
        """How many requests of commands went without an answer."""
        return self.ledger.unanswered

    @property
    def in_flight(self) -> int:
        """How many requests wait for an answer at this moment."""
        return self.system.in_flight

    @property
    def longest_wait(self) -> float:
        """Seconds that the unluckiest user waited for an answer that counts."""
        return self.figures.longest_wait

    def _work(self, seed: int, number: int) -> None:
        """Play stories, several in turn, until the run is over."""
        chance = random.Random(f"{seed}-{number}")
        client = Client(self.system, self.ledger, self.figures)
        known: list[tuple[str, list[str]]] = []
        stories: list[tuple[Story, Iterator[bool]]] = []
        begun, waiting = 0, 0
        while not self._over.is_set():
            if len(stories) - waiting < AT_ONCE and len(stories) < MOST:
                begun += 1
                mine = random.Random(f"{seed}-{number}-{begun}")
                story = Story(client, mine, self._office, known)
                stories.append((story, live(story)))
            chosen = chance.choice(stories)
            match self._step(*chosen):
                case None:
                    stories.remove(chosen)
                    waiting = max(waiting - 1, 0)
                case True:
                    waiting = 0
                case False:
                    waiting = min(waiting + 1, len(stories))
                    self._over.wait(A_MOMENT)

    def _step(self, story: Story, steps: Iterator[bool]) -> bool | None:
        """Take one step of a story: was anything done? None when the story has ended."""
        try:
            return next(steps)
        except StopIteration:
            self.finished += 1
        except LeftStanding as why:
            self.left.append(str(why))
        except Exception as fault:  # told at the end, with the seed
            self.faults.append(f"{story.ref or 'no reference yet'}: {fault!r}")
        return None


def doors_of(system: System) -> Doors:
    """Return what the judge is given: addresses and sign-ins, nothing of what is behind them."""
    people = [each["id"] for each in HUB]
    return Doors(
        urls=system.urls,
        tokens={each: token_of(each) for each in people},
        passwords={each: password_of(each) for each in people},
        administrator="officer-demo",
        auditor="auditor-demo",
        manager="manager-demo",
    )
