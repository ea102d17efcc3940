"""Run histories, print a table, exit 1 if anything was lost, doubled, invented or out of order."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from multiprocessing import Pool

from tests.simulation.histories import History, again, every_crash, random_histories

SHORT = 2
"""Commands of the short journey: received and decided, heard, opened, on the timeline."""
MOST_SHOWN = 5
COLUMNS = ("touches", "crashes", "failures", "mishaps", "redelivered", "replayed")


def main() -> int:
    """Run what was asked for."""
    asked = _asked()
    _quiet()
    if asked.again:
        return _show(again(asked.again))
    began = time.monotonic()
    found: dict[str, list[History]] = defaultdict(list)
    kinds = dict(_kinds(asked))
    with Pool(asked.jobs, initializer=_quiet) as pool:
        for kind, history in pool.imap(_run, _in_turns(kinds), chunksize=4):
            found[kind].append(history)
            in_haste = asked.seconds < float("inf")
            if time.monotonic() - began > asked.seconds or (in_haste and history.found):
                break
    _table(found, time.monotonic() - began)
    broken = [each for histories in found.values() for each in histories if each.found]
    for each in broken[:MOST_SHOWN]:
        print(f"\n{each.name}\n  " + "\n  ".join(each.found[:MOST_SHOWN]))
        print(f"  see it: python -m tests.simulation --again {each.name}")
    return 1 if broken else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    say = parser.add_argument
    say(
        "--seconds",
        type=float,
        default=float("inf"),
        help="stop after so long, or at the first violation",
    )
    say("--histories", type=int, default=_from_environment("SIM_HISTORIES", 1000))
    say("--seed", type=int, default=_from_environment("SIM_SEED", 1), help="the first seed")
    say("--pairs", action="store_true", help="every pair of crashes of the short journey too")
    say("--jobs", type=int, default=os.cpu_count(), help="processes")
    say("--again", metavar="NAME", help="one history again, with its steps")
    return parser.parse_args()


def _from_environment(name: str, otherwise: int) -> int:
    return int(os.environ.get(name) or otherwise)


def _kinds(asked: argparse.Namespace) -> Iterator[tuple[str, Iterator[str]]]:
    yield "at random", islice(random_histories(asked.seed), asked.histories)
    for durable, broker in ((True, "RabbitMQ"), (False, "local disk")):
        yield f"one crash, {broker}", every_crash(durable=durable)
        if asked.pairs:
            yield f"two crashes, {broker}", every_crash(durable=durable, steps=SHORT, at_once=2)


def _in_turns(kinds: dict[str, Iterator[str]]) -> Iterator[tuple[str, str]]:
    """Yield the names kind by kind in turns, so that each gets its share of a short time."""
    waiting = dict(kinds)
    while waiting:
        for kind, names in list(waiting.items()):
            name = next(names, None)
            if name is None:
                del waiting[kind]
            else:
                yield kind, name


def _run(named: tuple[str, str]) -> tuple[str, History]:
    kind, name = named
    return kind, again(name)


def _quiet() -> None:
    logging.disable(logging.CRITICAL)


def _table(found: dict[str, list[History]], seconds: float) -> None:
    print(f"{'':26}{'histories':>11}" + "".join(f"{each:>13}" for each in (*COLUMNS, "violated")))
    everything = list(chain(*found.values()))
    for name, histories in {**found, "all": everything}.items():
        print(f"{name:26}{len(histories):>11,}" + "".join(f"{n:>13,}" for n in _totals(histories)))
    a_minute = 60 * len(everything) / max(0.001, sum(each.cpu_seconds for each in everything))
    print(
        f"{len(everything):,} histories in {seconds:.0f} s; {a_minute:,.0f} a minute of processor"
    )


def _totals(histories: Iterable[History]) -> list[int]:
    totals = [sum(getattr(each, column) for each in histories) for column in COLUMNS]
    return [*totals, sum(bool(each.found) for each in histories)]


def _show(history: History) -> int:
    print("\n".join(history.trace))
    print(f"\n{history.name}: " + ("; ".join(history.found) or "all is well"))
    return 1 if history.found else 0


if __name__ == "__main__":
    sys.exit(main())
