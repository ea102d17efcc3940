"""`make bench`: take the measurements, print one table, keep the figures.

    python -m benchmarks [--only NAME]… [--quick] [--repeat N] [--share PART] [--keep FILE]

Exit 0: everything was measured, however fast it was. Exit 1: something could not be.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console

from benchmarks.harness import Measured, measure_all
from benchmarks.machine import commit, machine, words_of
from benchmarks.parts import started
from benchmarks.tables import table_of
from shared.clock import SystemClock

MEASUREMENTS: Final = ("relay", "ingest", "commands", "bulk", "latency", "web", "growth", "year")
KEPT: Final = Path("build/bench")
WIDE: Final = 132
"""Columns of a table that goes into a file."""
screen = Console(width=None if sys.stdout.isatty() else WIDE)


@click.command()
@click.option("--only", multiple=True, type=click.Choice(MEASUREMENTS), help="Those alone.")
@click.option("--quick", is_flag=True, help="Small sizes: whether it runs; no figure to keep.")
@click.option("--repeat", type=click.IntRange(1), help="Repetitions that count: 5, or 2 if quick.")
@click.option(
    "--grow-to", default=1_000_000, show_default=True, help="Events of the largest store."
)
@click.option(
    "--share",
    default=0.01,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True),
    help="Which part of the national year is sent through.",
)
@click.option("--keep", type=click.Path(path_type=Path), help="Where the figures are kept.")
def main(
    only: Sequence[str],
    quick: bool,
    repeat: int | None,
    grow_to: int,
    share: float,
    keep: Path | None,
) -> None:
    """Take the measurements."""
    chosen = [name for name in MEASUREMENTS if not only or name in only]
    repetitions = repeat or (2 if quick else 5)
    at = SystemClock().now().astimezone(UTC)
    told: dict[str, Any] = {
        "at": at.isoformat(timespec="seconds"),
        "commit": commit(),
        "quick": quick,
        "repetitions": repetitions,
        "share": None if quick else share,
        "machine": machine(),
    }
    screen.print(words_of(told["machine"]), soft_wrap=True, highlight=False)
    all_measured: list[Measured] = []
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder,
        screen.status("starting") as status,
        started(
            Path(folder), quick=quick, grow_to=grow_to, share=share, say=status.update
        ) as bench,
    ):
        told["parts"] = bench.versions()
        for name in chosen:
            status.update(f"{name}: making ready")
            prepare = partial(importlib.import_module(f"benchmarks.{name}").prepare, bench)
            all_measured.append(
                measure_all(prepare, name, repetitions=repetitions, say=status.update)
            )
    screen.print(table_of(all_measured))
    for measured in all_measured:
        if picture := measured.measurement.picture(measured.series):
            screen.print(f"{measured.measurement.name}: {picture}", highlight=False, soft_wrap=True)
    for measured in all_measured:
        screen.print(f"{measured.measurement.name}: {measured.measurement.about}", style="dim")
    told["measurements"] = [each.to_json() for each in all_measured]
    path = keep or KEPT / f"{at:%Y%m%dT%H%M%SZ}{'-quick' if quick else ''}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    screen.print(f"kept in {path}")
    sys.exit(not all(each.complete for each in all_measured))


if __name__ == "__main__":
    main()
