"""What the demonstration shows: progress on the way, and the four results at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from shared.clock import london
from shared.mash.demo.day import Step
from shared.mash.demo.expectations import KEPT, Expectation, is_broken
from shared.mash.demo.morning import Contact
from shared.mash.reports import aligned, traced_line

PLAIN_LINE_EVERY = 25


class Showing(Protocol):
    """Something that follows the steps of the day."""

    def __call__(self, step: Step, /) -> None:
        """Note a step that is about to be taken."""
        ...


@contextmanager
def progress(err: Console, total: int) -> Iterator[Showing]:
    """Show how far the day is: a bar for people, a line now and then for a log."""
    if not err.is_terminal:
        yield _Lines(err, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err) as bar:
        task = bar.add_task("", total=total)

        def note(step: Step) -> None:
            bar.update(task, advance=1, description=_words(step))

        yield note


class _Lines:
    def __init__(self, err: Console, total: int) -> None:
        self.err, self.total, self.count = err, total, 0

    def __call__(self, step: Step) -> None:
        self.count += 1
        if self.count % PLAIN_LINE_EVERY == 1 or self.count == self.total:
            self.err.print(f"{_words(step)} ({self.count} of {self.total})", soft_wrap=True)


def _words(step: Step) -> str:
    return f"{london(step.at).strftime('%a %H:%M')}  {step.contact.key}: {step.words}"


def the_named_line(out: Console, contact: Contact, line: Mapping[str, Any]) -> None:
    """Print one traced line: the same as `mash trace` prints."""
    children = len(contact.children)
    out.print(f"\n[bold]One line[/bold]: {contact.ref}, {children} children, from a school")
    traced_line(out, line)


def promises(out: Console, clocks: Iterable[Mapping[str, Any]]) -> None:
    """Print, for each promise, how often it was kept and broken."""
    given: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    words = {}
    for each in clocks:
        words[each["clock"]] = each["words"].split(". ")[0]
        given[each["clock"]] += 1
        kept[each["clock"]] += each["state"] == KEPT
        broken[each["clock"]] += is_broken(each)
    rows = [("promise", "given", "kept", "broken")]
    rows += [
        (words[clock], str(given[clock]), str(kept[clock]), str(broken[clock])) for clock in words
    ]
    out.print("\n[bold]Promises[/bold]")
    aligned(out, rows)


def went_wrong(out: Console, contacts: Iterable[Contact]) -> None:
    """Print what went wrong on purpose."""
    out.print("\n[bold]What went wrong on purpose[/bold]")
    for each in contacts:
        if each.wrong:
            out.print(f"{each.ref}: {each.wrong}", highlight=False, soft_wrap=True)


def verdicts(out: Console, found: Sequence[Expectation]) -> bool:
    """Print every expectation; return whether all hold."""
    out.print("\n[bold]Expectations[/bold]")
    for each in found:
        mark = "holds " if each.holds else "FAILED"
        found_words = f": {each.found}" if each.found else ""
        out.print(f"{mark} {each.words}{found_words}", highlight=False, soft_wrap=True)
    return all(each.holds for each in found)
