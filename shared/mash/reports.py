"""How the command line shows things: sign-ins, one traced line, a verdict, what is parked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from shared.mash.accounts import OPERATOR, SignIn
from shared.mash.doctor import Finding
from shared.mash.folder import DataFolder


def welcome(out: Console, url: str, sign_ins: Iterable[SignIn], folder: DataFolder) -> None:
    """Say where the system is and who may sign in."""
    rows = [
        (", ".join(each.roles), each.id, each.password, each.name)
        for each in sign_ins
        if each.id != OPERATOR
    ]
    aligned(out, [("role", "sign-in", "password", "name"), *rows])
    out.print(f"\nGolden Thread is at [bold]{url}/[/bold] (data and logs: {folder.root})")
    out.print("Everybody above is invented. Ctrl-C stops it; nothing is lost.", highlight=False)


def aligned(out: Console, rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns, the first row as headings, never cutting anything short."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        line = Text("  ".join(cells).rstrip(), style="bold" if number == 0 else "")
        out.print(line, soft_wrap=True)


def findings(out: Console, found: Sequence[Finding]) -> bool:
    """Show what the doctor found; return whether all is well."""
    for each in found:
        mark = "lacks" if each.remedy else "ok   "
        out.print(f"{mark} {each.what}: {each.found}", highlight=False, soft_wrap=True)
        if each.remedy:
            out.print(f"      {each.remedy}", highlight=False, soft_wrap=True)
    return not any(each.remedy for each in found)


def parked(out: Console, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Show what each service has parked."""
    for service, events in found.items():
        out.print(f"{service}: {len(events)} parked", highlight=False)
        for each in events:
            out.print(
                f"  {each.get('stream')} {each.get('sequence')} {each.get('type')}:"
                f" {each.get('reason')}",
                highlight=False,
                soft_wrap=True,
            )
