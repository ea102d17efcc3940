"""How the command line shows things: sign-ins, one traced line, a verdict, what is parked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from shared.clock import london, wall_clock
from shared.mash.accounts import OPERATOR, SignIn
from shared.mash.doctor import Finding
from shared.mash.folder import DataFolder

NOTHING: Final = "–"


def welcome(out: Console, url: str, sign_ins: Iterable[SignIn], folder: DataFolder) -> None:
    """Say where the system is and who may sign in."""
    rows = [
        (", ".join(each.roles), each.id, each.password, each.name)
        for each in sign_ins
        if each.id != OPERATOR
    ]
    aligned(out, [("role", "sign-in", "password", "name"), *rows])
    out.print(f"\nGolden Thread is at [bold]{url}/[/bold]")
    out.print(f"Data and logs: {folder.root}", highlight=False, soft_wrap=True)
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


def traced_line(out: Console, case: Mapping[str, Any]) -> None:
    """Print the line of a case: when, how long since the step before, what, who, in words."""
    rows = [("when", "after", "event", "who", "what")]
    rows += [
        (
            wall_time(each["at"]),
            each["elapsed"] or NOTHING,
            each["type"],
            f"{each['name']} ({each['role']})",
            each["words"] + (f" (written down {each['late_by']} later)" if each["late"] else ""),
        )
        for each in case["entries"]
    ]
    aligned(out, rows)
    if case["complete"]:
        out.print(f"{case['ref']}: complete, {len(case['entries'])} events, chain intact")
    for wrong in (*case["holes"], *case["faults"]):
        out.print(f"{case['ref']}: {wrong['words']}", style="bold red", soft_wrap=True)
    promises(out, case["clocks"])


def promises(out: Console, clocks: Sequence[Mapping[str, Any]]) -> None:
    """Print each promise of a case and what became of it."""
    for each in clocks:
        whom = each["child"] or "the case"
        out.print(
            f"  {each['clock']} for {whom}: {each['state']}, due {wall_time(each['due_at'])}",
            highlight=False,
            soft_wrap=True,
        )


def verification(out: Console, verdict: Mapping[str, Any]) -> None:
    """Print what a verification found."""
    compared = ", ".join(f"{name} {count}" for name, count in verdict["heads_compared"].items())
    out.print(
        f"{verdict['events']} events in {verdict['streams']} streams: every chain recomputed;"
        f" heads compared with each service: {compared or 'none'}",
        highlight=False,
        soft_wrap=True,
    )
    for each in verdict["faults"]:
        out.print(f"  fault: {each['stream']} {each['sequence']}: {each['words']}", soft_wrap=True)
    for each in verdict["missing"]:
        words = f"  missing: {each['stream']} {each['first']} to {each['last']}"
        out.print(words, soft_wrap=True)
    for name in verdict["not_compared"]:
        out.print(f"  not compared: {name} did not answer", soft_wrap=True)
    out.print("Sound" if verdict["sound"] else "NOT sound", style="bold")


def wall_time(iso: str) -> str:
    """Return an instant as the clock on the wall in England shows it, with its day."""
    at = datetime.fromisoformat(iso)
    return f"{london(at):%a %d %b} {wall_clock(at)}"


def healing(out: Console, service: str, told: Mapping[str, Any]) -> None:
    """Print what came back to a restored service, what never will, and what to enter again."""
    if told["backup"] is None:
        out.print(f"{service}: never restored", highlight=False)
        return
    out.print(
        f"{service}: restored as of {told['backup']}, {told['phase']}; {told['events']} events of"
        f" {told['records']} records came back",
        highlight=False,
        soft_wrap=True,
    )
    if told["put_aside"]:
        out.print(
            f"  {told['put_aside']} events of its own joined nothing that is held any more and are"
            " put aside; what they said of promises is said anew",
            highlight=False,
            soft_wrap=True,
        )
    for each in told["wounds"]:
        words = f"  {each['ref']} {each['first']} to {each['last']}: {each['words']}"
        out.print(f"{words} ({each['heard_by']})", style="bold red", soft_wrap=True)
    for each in told["enter_again"]:
        when = wall_clock(datetime.fromisoformat(each["at"]))
        out.print(
            f"  enter again: {each['key']}, {each['type']}, {when},"
            f" {each['who']} ({each['role']}): {each['words']}",
            highlight=False,
            soft_wrap=True,
        )
