"""How the command line shows things: sign-ins, one traced line, a verdict, what is parked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from textwrap import wrap
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from shared.clock import london, wall_clock
from shared.mash.accounts import OPERATOR, SignIn
from shared.mash.doctor import Finding
from shared.mash.folder import DataFolder
from shared.web.wording import moment_words

WHEN: Final = 28
"""Columns for the moment of an event: the longest names BST or GMT."""
DETAIL: Final = 2
NARROWEST: Final = 60


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


def traced_line(out: Console, line: Mapping[str, Any]) -> None:
    """Print the line of a case or a child in the words of its page, which audit chooses."""
    of_child = line["ref"] not in line["cases"]
    _wrapped(out, f"Timeline of {'child' if of_child else 'case'} {line['ref']}", style="bold")
    children, cases = ", ".join(line["children"]), ", ".join(line["cases"])
    if of_child:
        _wrapped(out, f"Known as {children}. Cases: {cases}")
    elif children:
        _wrapped(out, f"Children: {children}")
    for each in line["entries"]:
        _traced_event(out, each, of_child=of_child)
    _wrapped(out, f"{line['verdict']}: {line['verdict_words']}", style="bold")
    for hole in line["holes"]:
        _wrapped(out, f"This timeline is {hole['words']}", style="bold red")
    for fault in line["faults"]:
        words = f"event {fault['sequence']} of {fault['stream']}: {fault['words']}"
        _wrapped(out, words, style="bold red")
    if line["clocks"]:
        _wrapped(out, "Promises", style="bold")
    for each in line["clocks"]:
        due = f"{each['due']}: {each['left']}" if each["left"] else each["due"]
        _wrapped(out, f"{each['promise']}: {each['stands']}", indent=DETAIL)
        _wrapped(out, due, indent=2 * DETAIL)


def _traced_event(out: Console, each: Mapping[str, Any], *, of_child: bool) -> None:
    """The moment and what happened on one line; all else that is said of it below, indented."""
    when = moment_words(datetime.fromisoformat(each["at"]))
    title = f"{each['mark']}: {each['title']}" if each["mark"] else each["title"]
    _wrapped(out, f"{when:<{WHEN}}{title}", style="bold", more=WHEN)
    below = [f"by {each['byline']}", *each["details"], each["after"]]
    if each["late"]:
        below.append(f"Recorded late: {each['written_down']}")
    if of_child:
        below.append(f"Case {each['case']}")
    for words in filter(None, below):
        _wrapped(out, words, indent=WHEN + DETAIL)


def _wrapped(
    out: Console, words: str, *, indent: int = 0, more: int | None = None, style: str = ""
) -> None:
    """Print words within the terminal's width, broken between words only, never cut short."""
    further = " " * (indent + DETAIL if more is None else more)
    lines = wrap(
        words,
        width=max(out.width, NARROWEST),
        initial_indent=" " * indent,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for each in lines:
        out.print(Text(each, style=style), soft_wrap=True)


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
    if told["healed_at"] is None and told["backup"] is None:
        out.print(f"{service}: never restored", highlight=False)
        return
    # Somebody may have put back a copy of the disk and healed by hand: nothing marks the first.
    of = f"restored as of {told['backup']}" if told["backup"] else "healed by hand"
    out.print(
        f"{service}: {of}, {told['phase']}; {told['events']} events of"
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
