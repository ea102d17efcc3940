"""A campaign: people at work, faults as planned, healing, and the judge's word over all of it."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.chaos import faults_messages, faults_network, faults_parts, faults_processes
from tests.chaos.checker import judge
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load, doors_of
from tests.chaos.plan import Fault, Kind
from tests.chaos.report import Done, Report
from tests.chaos.turns import Turns
from tests.chaos.world import NotMended, World, world
from tests.support.waiting import eventually

W = TypeVar("W", bound=Turns)
Acts = Mapping[Kind, Callable[[W, Fault], bool]]
"""How each kind of fault is caused in a world; True if it was."""
ACTS: Acts[World] = {
    **faults_processes.ACTS,
    **faults_parts.ACTS,
    **faults_network.ACTS,
    **faults_messages.ACTS,
}
AT_ONCE = 8
"""Faults that may last at the same time."""
WORK_WITHIN = 3.0
"""Seconds that a fault waits for somebody to get something done since the last one."""
LEDGER = "ledger"
"""The folder, within that of a run, of the books its people keep."""
SAID = ("ALREADY_HANDLED", "event held for another try", "broker away", "store away")
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a campaign is to do; the same order causes the same faults at the same work."""

    seed: int
    faults: tuple[Fault, ...]
    clients: int = 10


def order_from(held: Mapping[str, Any]) -> Order:
    """Read a replay file."""
    faults = tuple(Fault.from_json(each) for each in held["faults"])
    return Order(seed=held["seed"], clients=held["clients"], faults=faults)


def order_to_json(order: Order) -> dict[str, Any]:
    """Return what a replay file holds."""
    faults = [each.to_json() for each in order.faults]
    return {"seed": order.seed, "clients": order.clients, "faults": faults}


@dataclass
class Watch:
    """Measures how long nobody got anything done."""

    load: Load
    longest: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._look, name="watch")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        done, since = -1, time.monotonic()
        while not self._over.wait(0.05):
            if self.load.acknowledged != done:
                done, since = self.load.acknowledged, time.monotonic()
            self.longest = max(self.longest, time.monotonic() - since)


def run(order: Order, folder: Path, *, say: Say = lambda _: None) -> Report:
    """Run a campaign in a folder of its own. Returns what came of it."""
    # The campaign's own tries while the broker is away are no news.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    with world(folder) as its_world, contextlib.closing(Ledger(folder / LEDGER)) as ledger:
        say("the system is up")
        began = time.monotonic()
        with Load(its_world.system, ledger, seed=order.seed, clients=order.clients) as load:
            eventually(lambda: load.acknowledged > 20, "people are at work", within=120)
            with Watch(load) as watch:
                done = cause(its_world, load, order.faults, ACTS, say=say)
            its_world.heal()
            say("everything is healed")
        lasted = time.monotonic() - began
        left = its_world.settle()
        say(f"the line is quiet; left: {left[:5] or 'nothing'}; now the judge")
        verdict = judge(doors_of(its_world.system), ledger.folder, now=its_world.system.clock.now)
        return Report(
            seed=order.seed,
            done=tuple(done),
            verdict=verdict,
            said=its_world.said(SAID),
            left=tuple(left),
            faults_of_load=tuple(load.faults),
            finished=load.finished,
            unanswered=load.unanswered,
            longest_wait=load.longest_wait,
            longest_pause=watch.longest,
            seconds=lasted,
        )


def cause(
    its_world: W, load: Load, faults: Sequence[Fault], acts: Acts[W], *, say: Say
) -> list[Done]:
    """Cause every fault in its turn, several at once, and return what became of each."""
    turns = threading.BoundedSemaphore(AT_ONCE)
    causing: list[Future[Done]] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fault") as pool:
        for fault in faults:
            before = load.acknowledged
            its_world.wait(fault.gap)
            with contextlib.suppress(AssertionError):
                eventually(
                    lambda before=before: load.acknowledged > before, "work", within=WORK_WITHIN
                )
            turns.acquire()
            causing.append(pool.submit(_cause_one, its_world, load, fault, acts, turns, say))
            say(f"{fault.number + 1} of {len(faults)}: {fault.kind} {fault.target} {fault.detail}")
    return [each.result() for each in causing]


def _cause_one(
    its_world: W,
    load: Load,
    fault: Fault,
    acts: Acts[W],
    turns: threading.BoundedSemaphore,
    say: Say,
) -> Done:
    note, done, hit = "", False, 0
    try:
        with its_world.alone_with(fault):
            hit = load.in_flight
            done = bool(acts[fault.kind](its_world, fault))
    except NotMended as why:
        note, done = str(why), True
    except Exception as why:  # a fault that cannot be caused is told in the table, not hidden
        note = repr(why)
        say(f"not caused: {fault.kind} {fault.target}: {note}")
    finally:
        turns.release()
    return Done(fault=fault, done=done, hit=hit, note=note)
