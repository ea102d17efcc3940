"""Is everything there that was acknowledged, once, and nothing that was never attempted?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.checker.book import Attempt, Event, Expected, by_case
from tests.chaos.verdicts import Kind, Violation

RECEIVED = "referral.received"
BY_ITSELF = ("strategy.case-opened", "audit.")
"""What the system does without a command; the rules for it are judged elsewhere."""


@dataclass(kw_only=True)
class Open:
    """What may still be claimed on one case: events nobody has claimed, what claims them."""

    unclaimed: list[Event]
    claimed: list[tuple[Expected, Event]] = field(default_factory=list)

    def claim(self, expected: Expected) -> bool:
        """Find the event of one cause; each event has one cause."""
        for number, event in enumerate(self.unclaimed):
            if expected.fits(event):
                self.claimed.append((expected, self.unclaimed.pop(number)))
                return True
        return False


def judge_commands(
    book: Mapping[str, Attempt], events: Iterable[Event], *, before: frozenset[str]
) -> Iterator[Violation]:
    """Yield what is lost, invented or doubled. `before`: cases of an earlier run, not judged."""
    attempts = book.values()
    yield from _named_twice(attempts)
    cases = {ref: held for ref, held in by_case(events).items() if ref not in before}
    commands, nameless = _by_case(attempts), _nameless(attempts)
    for ref in sorted(commands.keys() | cases.keys()):
        held = [each for each in cases.get(ref, ()) if not each["type"].startswith(BY_ITSELF)]
        yield from _judge_case(ref, held, commands.get(ref, ()), nameless)


def _by_case(attempts: Iterable[Attempt]) -> dict[str, list[Attempt]]:
    cases: dict[str, list[Attempt]] = {}
    for each in attempts:
        for ref in each.acknowledged_as or ([each.ref] if each.ref else []):
            cases.setdefault(ref, []).append(each)
    return cases


def _nameless(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Referrals of which nobody was told a reference, and that may have been taken in."""
    return [each for each in attempts if each.ref is None and not each.done and each.possible]


def _named_twice(attempts: Iterable[Attempt]) -> Iterator[Violation]:
    owners: dict[str, str] = {}
    for each in attempts:
        names = each.acknowledged_as
        if len(names) > 1:
            words = f"one {each.what} was answered as {', '.join(names)}"
            yield Violation(kind=Kind.DOUBLED, where=names[0], words=words)
        if each.ref is None and names and owners.setdefault(names[0], each.key) != each.key:
            words = "two referrals were answered with the same reference"
            yield Violation(kind=Kind.LOST, where=names[0], words=words)


def _judge_case(
    ref: str, held: Sequence[Event], attempts: Sequence[Attempt], nameless: list[Attempt]
) -> Iterator[Violation]:
    case = Open(unclaimed=list(held))
    # What was promised claims first; what may have been done takes what is left.
    for attempt in (each for each in attempts if each.done):
        for expected in attempt.expected:
            if not case.claim(expected):
                words = f"{expected.type}, acknowledged as {attempt.what} {attempt.key}"
                yield Violation(kind=Kind.LOST, where=ref, words=words)
    for attempt in (each for each in attempts if not each.done and each.possible):
        claimed = [case.claim(expected) for expected in attempt.expected]
        if any(claimed) and not all(claimed):
            words = f"{attempt.what} {attempt.key} was done in part"
            yield Violation(kind=Kind.LOST, where=ref, words=words)
    for event in case.unclaimed:
        if not _escalated(event) and not _was_nameless(event, nameless):
            yield _nobodys(event, case, attempts)


def _escalated(event: Event) -> bool:
    """A lead who does not acknowledge in time is replaced without a command."""
    passed_on = event["type"] == "strategy.lead-reassigned"
    return passed_on and bool(event["data"]["because"] == "not-acknowledged")


def _was_nameless(event: Event, nameless: list[Attempt]) -> bool:
    """Was it a referral whose sender never had an answer? Each explains one case."""
    for each in nameless:
        if event["type"] == RECEIVED and each.expected and each.expected[0].fits(event):
            nameless.remove(each)
            return True
    return False


def _nobodys(event: Event, case: Open, attempts: Sequence[Attempt]) -> Violation:
    where, words = f"{event['stream']}#{event['sequence']}", event["type"]
    if any(expected.fits(event) for expected, _ in case.claimed):
        return Violation(kind=Kind.DOUBLED, where=where, words=f"{words} is there twice")
    refused = [
        attempt
        for attempt in attempts
        if not attempt.possible and any(each.fits(event) for each in attempt.expected)
    ]
    why = f"{refused[0].what} was refused, and was done" if refused else "nobody attempted it"
    return Violation(kind=Kind.INVENTED, where=where, words=f"{words}: {why}")
