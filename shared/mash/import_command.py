"""`mash import`: take a council's history from a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Final

import click
from marshmallow import Schema, fields
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from shared.mash.client import Refused, running_system
from shared.mash.folder import DataFolder
from shared.mash.importing.columns import BODY, COLUMNS, NAMES, PATHS, STEPS
from shared.mash.importing.keeping import progress_of
from shared.mash.importing.run import SERVICES, Import, Standing, Stopped, Tell
from shared.mash.options import BAD_NEWS, ERR, OUT, system_options
from shared.web.dates import field_label

INTERRUPTED: Final = 130
TELL_EVERY: Final = 10
"""Notes of how far it came between two lines, where there is no terminal."""


def _show_columns(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        for each in (_columns(), _paths(), *_bodies()):
            OUT.print(each, soft_wrap=isinstance(each, str), highlight=False)
        context.exit()


@click.command("import")
@system_options
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--columns",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_columns,
    help="Print what a line may hold, and end.",
)
def import_command(data: Path, url: str | None, token: str | None, file: Path) -> None:
    """Take a history from FILE: CSV (by its name) or JSON Lines, one step a line, UTF-8.

    The steps of a case stand in the order in which they happened; cases may be mixed. Each step
    passes the schemas and rules of its own form as of the time at which it happened, in the role of
    whoever did it, and is marked as entered by import, by you. An administrator imports.

    What is refused, and what follows it in the same case, goes with the reason into a file of the
    same format beside it (year.errors.csv for year.csv): correct it there and send that file. A
    step that is sent twice is taken once. Stop it at any time, or let it be stopped: the same
    command goes on where it was. How far it came stands in FILE.import until it is finished.

    Ends with 1 if something was refused.

    \b
    mash generate --referrals 1000 --out year.jsonl   a file to try it with
    mash import --columns                             what a line may hold
    mash import year.jsonl
    mash import year.errors.jsonl                     what was refused, corrected
    """
    system = running_system(DataFolder.at(data), url, token)
    try:
        with _shown(file) as tell:
            standing = Import(file=file, system=system, tell=tell).run()
    except (KeyboardInterrupt, Stopped):
        ERR.print(f"Stopped. Nothing is lost; go on with: mash import {file}", soft_wrap=True)
        sys.exit(INTERRUPTED)
    except Refused as refused:
        if not progress_of(file).exists():
            raise
        raise Refused(f"{refused}. Nothing is lost; go on with: mash import {file}") from None
    OUT.print(_summary(standing), highlight=False, soft_wrap=True)
    if standing.refused:
        sys.exit(BAD_NEWS)


@contextmanager
def _shown(file: Path) -> Iterator[Tell]:
    """Show how far it is: a bar on a terminal, a line now and then elsewhere."""
    if not ERR.is_terminal:
        told = iter(range(sys.maxsize))

        def line(standing: Standing) -> None:
            if next(told) % TELL_EVERY == 0:
                ERR.print(_in_words(standing), soft_wrap=True)

        yield line
        return
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"))
    with Progress(*columns, TimeRemainingColumn(), console=ERR, transient=True) as bar:
        task = bar.add_task(file.name, total=None)

        def move(standing: Standing) -> None:
            words = _in_words(standing)
            bar.update(task, total=standing.size, completed=standing.done, description=words)

        yield move


def _in_words(standing: Standing) -> str:
    words = f"{standing.settled} steps, {standing.refused} refused"
    if standing.waiting:
        words += f"; {standing.waiting} cases wait until the strategy service hears of them"
    return words


def _summary(standing: Standing) -> str:
    counts, seconds = standing.counts, max(standing.seconds, 0.001)
    words = (
        f"{standing.settled} steps in {seconds:.1f} s ({standing.settled / seconds:.0f} a second): "
        f"{counts.get('taken', 0)} taken, {counts.get('taken-before', 0)} taken before, "
        f"{standing.refused} refused"
    )
    if standing.refused:
        words += f"\nCorrect what is in {standing.errors}, then: mash import {standing.errors}"
    return words


def _columns() -> Table:
    table = Table("Column", "What it holds", title="Of every line")
    for each in (*COLUMNS, BODY):
        table.add_row(each.name, each.what)
    return table


def _paths() -> Table:
    table = Table(
        "Column", "What it names", title="Of the body, in CSV (an empty cell says nothing)"
    )
    for name, what in PATHS:
        table.add_row(name, what)
    return table


def _bodies() -> Iterator[str | Table]:
    """What the form of each step asks: read from the schema that will read the line."""
    for service in SERVICES:
        for step, kind in import_module(f"services.{service}.schemas.orders").ORDERS.items():
            yield f"{step}: as POST {STEPS[step]}"
            table = Table("Column", "What is asked", "")
            for column, asked, needed in _questions(kind.schema(), ""):
                own = f"body.{column}" if column in NAMES else column
                table.add_row(own, asked, needed)
            yield table


def _questions(schema: Schema, prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in schema.fields.items():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            yield from _questions(inner.schema, f"{prefix}{name}.1.")
            continue
        column = f"{prefix}{name}[]" if inner is not field else f"{prefix}{name}"
        yield column, field_label(field), "needed" if field.required else ""
