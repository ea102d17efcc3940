"""What the demonstration shows: progress on the way, and the four results at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from shared.clock import london
from shared.events.codes import ReferralSource
from shared.mash.demo.day import Step
from shared.mash.demo.expectations import KEPT, Expectation, is_broken
from shared.mash.demo.morning import Contact, Past
from shared.mash.importing.run import Standing
from shared.mash.reports import aligned, traced_line
from shared.web.labels import label_of
from shared.web.wording import date_words

PLAIN_LINE_EVERY = 25
PLAIN_LINES_OF_THE_PAST = 4


class Showing(Protocol):
    """Something that follows the steps of the day, and the history that is entered before it."""

    def __call__(self, step: Step, /) -> None:
        """Note a step that is about to be taken."""
        ...

    def entering(self, standing: Standing, steps: int) -> None:
        """Note how far the weeks before are entered."""
        ...


@contextmanager
def progress(err: Console, total: int) -> Iterator[Showing]:
    """Show how far the day is: a bar for people, a line now and then for a log."""
    if not err.is_terminal:
        yield _Lines(err, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err) as bar:
        yield _Bar(bar, bar.add_task("", total=total))


class _Bar:
    def __init__(self, bar: Progress, task: TaskID) -> None:
        self.bar, self.task = bar, task

    def __call__(self, step: Step) -> None:
        self.bar.update(self.task, advance=1, description=_words(step))

    def entering(self, standing: Standing, steps: int) -> None:
        self.bar.update(self.task, description=_so_far(standing, steps))


class _Lines:
    def __init__(self, err: Console, total: int) -> None:
        self.err, self.total, self.count, self.entered = err, total, 0, 0

    def __call__(self, step: Step) -> None:
        self.count += 1
        if self.count % PLAIN_LINE_EVERY == 1 or self.count == self.total:
            self.err.print(f"{_words(step)} ({self.count} of {self.total})", soft_wrap=True)

    def entering(self, standing: Standing, steps: int) -> None:
        if standing.settled - self.entered >= steps / PLAIN_LINES_OF_THE_PAST:
            self.entered = standing.settled
            self.err.print(_so_far(standing, steps), soft_wrap=True)


def _so_far(standing: Standing, steps: int) -> str:
    return f"The weeks before: {standing.settled} of {steps} steps entered"


def the_weeks_before(err: Console, past: Past, standing: Standing) -> None:
    """Print what was entered before the morning, and how long it took."""
    err.print(
        f"The weeks before: {past.referrals} invented referrals since {date_words(past.first)}, "
        f"{standing.settled} steps, entered by mash import in {standing.seconds:.1f} s",
        highlight=False,
        soft_wrap=True,
    )


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


def promises_of_the_past(out: Console, clocks: Collection[Mapping[str, Any]]) -> None:
    """Print in one line what became of the promises of the weeks before."""
    kept = sum(each["state"] == KEPT for each in clocks)
    broken = sum(is_broken(each) for each in clocks)
    out.print(f"Of the weeks before: {len(clocks)} given, {kept} kept, {broken} broken")


def who_sent(out: Console, contacts: Iterable[Contact]) -> None:
    """Print how many contacts each kind of referrer sent."""
    sources = Counter(
        label_of(ReferralSource(each.answers["referral_source"])).split(":")[0].casefold()
        for each in contacts
    )
    words = ", ".join(f"{source} {count}" for source, count in sources.most_common())
    out.print(f"\n[bold]{sources.total()} contacts[/bold]: {words}", soft_wrap=True)


def went_wrong(out: Console, contacts: Iterable[Contact], killed: Iterable[str]) -> None:
    """Print what went wrong on purpose."""
    out.print("\n[bold]What went wrong on purpose[/bold]")
    for each in contacts:
        wrong = [each.wrong] if each.wrong else []
        wrong += ["The form is sent twice at the same moment."] if each.twice else []
        wrong += ["The form is mistyped first, and comes back with its error."] if each.slip else []
        for words in wrong:
            out.print(f"{each.ref}: {words}", highlight=False, soft_wrap=True)
    out.print(f"Killed in mid-flow (kill -9): {', '.join(killed)}", soft_wrap=True)


def verdicts(out: Console, found: Sequence[Expectation]) -> bool:
    """Print every expectation; return whether all hold."""
    out.print("\n[bold]Expectations[/bold]")
    for each in found:
        mark = "holds " if each.holds else "FAILED"
        found_words = f": {each.found}" if each.found else ""
        out.print(f"{mark} {each.words}{found_words}", highlight=False, soft_wrap=True)
    return all(each.holds for each in found)
