"""`make chaos`: cause faults by the hundred while people work, and judge what came of it.

    python -m tests.chaos [--seed N] [--faults N] [--kinds A,B] [--replay FILE] [--minimise]

CHAOS_SEED, CHAOS_FAULTS and CHAOS_KINDS say the same. Exit 0: the line held. Exit 1: it did not.
Exit 3: void, the run did not reach its faults and proves nothing.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.chaos.campaign import LEDGER, Order, order_from, order_to_json, run
from tests.chaos.minimise import shortest
from tests.chaos.plan import Fault, Kind, plan
from tests.chaos.report import Report, table_of
from tests.chaos.world import possible_kinds

REPLAYS = Path(__file__).parent / "replays"
TRIES = 12
"""Runs that minimising may take: each is a minute or two."""
screen = Console()


@click.command(context_settings={"auto_envvar_prefix": "CHAOS"})
@click.option("--seed", type=int, help="Repeats the choices of a run; by chance if not given.")
@click.option("--faults", type=int, default=300, show_default=True)
@click.option("--kinds", default="", help="Names of kinds as in tests/chaos/plan.py: kill,poison.")
@click.option("--clients", type=int, default=10, show_default=True)
@click.option("--gap", type=float, help="Mean seconds between two faults.")
@click.option("--replay", type=click.Path(exists=True, path_type=Path), help="A file to replay.")
@click.option("--minimise", is_flag=True, help="Make a failing list of faults short; save it.")
@click.option("--report", type=click.Path(path_type=Path), default=Path("build/chaos.json"))
def main(
    seed: int | None,
    faults: int,
    kinds: str,
    clients: int,
    gap: float | None,
    replay: Path | None,
    minimise: bool,
    report: Path,
) -> None:
    """Run a campaign."""
    if replay:
        order = order_from(json.loads(replay.read_text()))
    else:
        seed = random.randrange(10**6) if seed is None else seed
        chosen = plan(seed, faults, kinds=_kinds(kinds), gap=gap)
        order = Order(seed=seed, faults=chosen, clients=clients)
    came = _run(order, report.with_suffix(".ledger"))
    screen.print(table_of(came))
    report.parent.mkdir(parents=True, exist_ok=True)
    came.write(report)
    if not came.sound and minimise:
        _minimise(order)
    screen.print(f"seed {order.seed}: {VERDICTS[came.exit_code]}; all of it is in {report}")
    sys.exit(came.exit_code)


VERDICTS = {0: "the line held", 1: "the line did not hold", 3: "void: it proves nothing"}


def _kinds(names: str) -> tuple[Kind, ...]:
    possible = possible_kinds()
    if not names:
        return possible
    wanted = {name.strip().upper().replace("-", "_") for name in names.split(",")}
    if unknown := wanted - set(Kind.__members__):
        sys.exit(
            f"no such kind: {', '.join(sorted(unknown))}; there is {', '.join(Kind.__members__)}"
        )
    return tuple(kind for kind in possible if kind.name in wanted)


def _run(order: Order, books: Path | None = None) -> Report:
    """Run it. Where it does not hold, the books that its people kept are kept in `books`."""
    bar = Progress(
        TextColumn("{task.description:60.60}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=screen,
    )
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as folder, bar:
        task = bar.add_task("starting", total=len(order.faults))

        def say(words: str) -> None:
            bar.update(task, description=words, advance=" of " in words)
            if not screen.is_terminal:
                screen.print(words)

        came = run(order, Path(folder), say=say)
        if books and not came.sound:
            shutil.rmtree(books, ignore_errors=True)  # those of an earlier run are not for this one
            shutil.copytree(Path(folder) / LEDGER, books)
        return came


def _minimise(order: Order) -> None:
    def fails(faults: Sequence[Fault]) -> bool:
        screen.print(f"trying {len(faults)} of {len(order.faults)} faults")
        return not _run(Order(seed=order.seed, faults=tuple(faults), clients=order.clients)).sound

    found = shortest(order.faults, fails, most_tries=TRIES)
    REPLAYS.mkdir(exist_ok=True)
    path = REPLAYS / f"seed-{order.seed}.json"
    held = order_to_json(Order(seed=order.seed, faults=found, clients=order.clients))
    path.write_text(json.dumps(held, indent=1) + "\n")
    screen.print(f"{len(found)} faults are enough: {path}")


if __name__ == "__main__":
    main()
