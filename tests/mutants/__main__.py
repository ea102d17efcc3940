"""`python -m tests.mutants`: take each guard away once, and see that a test notices.

Ends with 1 if a mutant survives or could not be made: then a guard of the product has no test, or
the list is older than the code.
"""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.mutants.mutant import Mutant, read_mutants
from tests.mutants.page import write_page
from tests.mutants.runner import Report, Result, run_all, untouched

OUT = Console(stderr=False, soft_wrap=True)
STYLES = {Result.CAUGHT: "green", Result.SURVIVED: "bold red", Result.NOT_MADE: "bold yellow"}


@click.command()
@click.option("--only", multiple=True, help="Names of mutants; without it, all of them.")
@click.option("--jobs", default=2, show_default=True, help="How many at a time.")
@click.option("--write", is_flag=True, help="Write the list with what caught each: README.md.")
@click.option("--trust", is_flag=True, help="Do not run the catchers on the untouched tree first.")
def main(only: tuple[str, ...], jobs: int, write: bool, trust: bool) -> None:
    """Run the mutants and print one table."""
    mutants = chosen(only)
    if not trust and (said := untouched(mutants)):
        OUT.print("A catcher fails without any mutant, so it proves nothing:", style="bold red")
        OUT.print(said[-3000:], highlight=False, markup=False)
        sys.exit(1)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=OUT,
    ) as progress:
        task = progress.add_task("mutants", total=len(mutants))

        def told(report: Report) -> None:
            progress.console.print(line_of(report), highlight=False, markup=False)
            progress.advance(task)
            if write:
                write_page(read_mutants(), [report])

        reports = run_all(mutants, jobs=jobs, told=told)
    OUT.print(table_of(reports))
    sys.exit(any(each.result is not Result.CAUGHT for each in reports))


def chosen(only: tuple[str, ...]) -> tuple[Mutant, ...]:
    """Return the mutants that were asked for."""
    mutants = read_mutants()
    if unknown := set(only) - {each.name for each in mutants}:
        sys.exit(f"There is no mutant {', '.join(sorted(unknown))}")
    return tuple(each for each in mutants if not only or each.name in only)


def line_of(report: Report) -> str:
    """Say what became of one mutant."""
    return f"{report.result:9} {report.seconds:5.0f} s  {report.mutant.name}: {report.words}"


def table_of(reports: list[Report]) -> Table:
    """Put every mutant into one table."""
    caught = sum(each.result is Result.CAUGHT for each in reports)
    table = Table(title=f"{caught} of {len(reports)} mutants caught")
    for heading in ("mutant", "result", "caught by", "seconds"):
        table.add_column(
            heading, overflow="fold", justify="right" if heading == "seconds" else "left"
        )
    for each in reports:
        style = STYLES[each.result]
        result = f"[{style}]{each.result}[/]"
        table.add_row(each.mutant.name, result, each.words, f"{each.seconds:.0f}")
    return table


if __name__ == "__main__":
    main()
