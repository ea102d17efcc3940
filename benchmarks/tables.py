"""The tables of a run and of a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.table import Table

from benchmarks.figures import Change, Series, Standing, Verdict
from benchmarks.harness import Measured

SMALL: Final = 10
STYLES: Final = {Standing.MET: "green", Standing.MISSED: "red", Standing.NOT_MEASURED: "yellow"}
CHANGE_STYLES: Final = {"better": "green", "worse": "red"}


def table_of(all_measured: Iterable[Measured]) -> Table:
    """Return the table of a run: figures, and under them what they were to be."""
    table = Table(title="Golden Thread, measured", title_justify="left")
    table.add_column("what")
    table.add_column("who or target", overflow="fold")
    for heading in ("median", "lowest", "highest"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for measured in all_measured:
        name = measured.measurement.name
        for series in measured.series:
            unit = f"{series.metric.name}, {series.metric.unit}"
            table.add_row(name, f"{series.contender}: {unit}", *_figures(series), "")
        for contender, reason in measured.faults.items():
            table.add_row(name, contender, "", "", "", f"[yellow]not measured: {reason}[/]")
        for verdict in measured.verdicts:
            standing = verdict.standing
            words = f"[{STYLES[standing]}]{standing}[/]"
            table.add_row(name, f"[bold]{verdict.target.words}[/]", *_ratios(verdict), words)
        table.add_section()
    return table


def table_of_changes(changes: Sequence[Change]) -> Table:
    """Return the table of a comparison."""
    table = Table(title="Two runs compared", title_justify="left")
    table.add_column("what")
    table.add_column("who", overflow="fold")
    for heading in ("before", "after", "change"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for each in changes:
        style = CHANGE_STYLES.get(each.verdict, "dim")
        table.add_row(
            each.measurement,
            f"{each.after.contender}: {each.after.metric.name}, {each.after.metric.unit}",
            f"{number(each.before.median)} ±{each.before.spread / 2:.0%}",
            f"{number(each.after.median)} ±{each.after.spread / 2:.0%}",
            f"{each.part:+.0%}",
            f"[{style}]{each.verdict}[/]",
        )
    return table


def number(value: float) -> str:
    """Return a figure as short as it can be without telling less than it knows."""
    return f"{value:,.2f}" if abs(value) < SMALL else f"{value:,.0f}"


def _figures(series: Series) -> tuple[str, str, str]:
    return number(series.median), number(series.low), number(series.high)


def _ratios(verdict: Verdict) -> tuple[str, str, str]:
    if verdict.ratio is None:
        return "", "", ""
    found = (verdict.ratio, min(verdict.ratios), max(verdict.ratios))
    median, low, high = (f"{each:.2f} x" for each in found)
    return median, low, high
