"""`mash generate`: a file of invented journeys, one step a line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final, TextIO

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from shared.mash.client import Refused
from shared.mash.generate import Journey, Plan, in_order, journeys
from shared.mash.generate.journey import FIRST_DAY, LAST_DAY
from shared.mash.generate.summary import Tally
from shared.mash.options import ERR
from shared.practice.load import load_time_limits


class Day(click.ParamType[date]):
    """A day, as 2025-04-01."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is no day. Give one like 2025-04-01.", param, ctx)


DAY: Final = Day()


@click.command("generate")
@click.option("--referrals", type=click.IntRange(min=1), required=True, help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other people.")
@click.option("--from", "first", type=DAY, default=FIRST_DAY, show_default=True, help="First day.")
@click.option("--to", "last", type=DAY, default=LAST_DAY, show_default=True, help="Last day.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A new file. Without it the lines are printed.",
)
@click.option("--summary", is_flag=True, help="Say on stderr what came out, beside the figures.")
def generate_command(
    referrals: int, seed: int, first: date, last: date, out: Path | None, summary: bool
) -> None:
    """Make invented referrals and what comes of them, in the proportions of the national figures.

    One step a line, in the order of time, each with the body that the JSON interface takes.
    """
    _check_period(first, last)
    tally = Tally()
    made = tally.watch(journeys(Plan(referrals=referrals, seed=seed, first=first, last=last)))
    if out is None:
        _write(made, sys.stdout)
    else:
        with _new_file(out) as file, _shown(made, referrals) as passing:
            _write(passing, file)
        ERR.print(f"{tally.steps} steps of {referrals} referrals in {out}", soft_wrap=True)
    if summary:
        ERR.print(_table(tally))


def _check_period(first: date, last: date) -> None:
    limits = load_time_limits()
    known_to = limits.bank_holidays_only.last_known_year
    begin = max(limit.effective_from for limit in limits.limits)
    if first < begin:
        raise click.UsageError(
            f"--from {first}: not every time limit was in force. Give {begin} or a later day."
        )
    if last.year > known_to:
        raise click.UsageError(
            f"--to {last}: bank holidays are known until {known_to}. Give a day up to then."
        )
    if last < first:
        raise click.UsageError(f"--to {last} is before --from {first}. Give a later day.")


def _write(made: Iterable[Journey], file: TextIO) -> None:
    file.writelines(f"{step.line()}\n" for step in in_order(made))


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """Write a file that bears its name only when it is whole, and never overwrites one."""
    if path.exists():
        raise Refused(f"--out {path} exists already. Name another file: nothing is overwritten")
    part = path.with_name(f"{path.name}.part")
    try:
        file = part.open("w", encoding="utf-8")
    except OSError as fault:
        raise Refused(f"--out {path} cannot be written: {fault.strerror}") from None
    try:
        with file:
            yield file
        # A link, not a rename: it fails where somebody else made the file meanwhile.
        os.link(part, path)
    except FileExistsError:
        raise Refused(f"--out {path} exists by now. Name another file") from None
    finally:
        part.unlink()


@contextmanager
def _shown(made: Iterable[Journey], count: int) -> Iterator[Iterable[Journey]]:
    """Show on a terminal how far it is."""
    if not ERR.is_terminal:
        yield made
        return
    columns = (
        TextColumn("referrals"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=ERR, transient=True) as bar:
        yield bar.track(made, total=count)


def _table(tally: Tally) -> Table:
    table = Table("Figure", "Answer", "Count", "Came out", "Expected", "Origin")
    for column in table.columns[2:5]:
        column.justify = "right"
    before = ""
    for row in tally.rows():
        new = row.figure.name != before
        before = row.figure.name
        table.add_row(
            row.figure.what if new else "",
            row.code,
            f"{row.count:,}",
            f"{row.came_out:.1%}",
            f"{row.expected:.1%}",
            row.figure.origin if new else "",
        )
    return table
