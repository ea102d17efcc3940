"""Does the order of every case hold: each step allowed where it comes, each after its cause?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.checker.book import Event, holds
from tests.chaos.checker.casefile import CaseFile, referral_stages
from tests.chaos.checker.promises import STATUTORY
from tests.chaos.checker.when import sealed_at
from tests.chaos.verdicts import Kind, Violation

SAME_IN_BOTH = ("children", "received_at", "child_protection_concerns", "physical_harm_alleged")


def judge_order(
    ref: str, events: Sequence[Event], streams: Mapping[str, Sequence[Event]]
) -> Iterator[Violation]:
    """Yield every step out of place in one case. `events`: all of it; `streams`: all there are."""
    for event, stage in referral_stages(streams.get(f"referral:{ref}", ())):
        if stage is None:
            yield _misplaced(event, "a referral does not come to this from where it stands")
    case = CaseFile()
    for event in streams.get(f"strategy:{ref}", ()):
        if why := case.read(event):
            yield _misplaced(event, why)
    yield from _judge_opening(ref, events)
    yield from _judge_causes(events)


def _judge_opening(ref: str, events: Sequence[Event]) -> Iterator[Violation]:
    """A decision for the work of social care opens the case, once, and nothing else does."""
    decided = [event for event in events if event["type"] == "referral.threshold-decided"]
    opened = [event for event in events if event["type"] == "strategy.case-opened"]
    wanted = [event for event in decided if event["data"]["outcome"] in STATUTORY]
    if wanted and not opened:
        words = f"decided for {wanted[0]['data']['outcome']}, and the case was never opened"
        yield Violation(kind=Kind.LOST, where=ref, words=words)
    for event in opened:
        if not wanted:
            where, words = f"{event['stream']}#{event['sequence']}", "no decision asked for it"
            yield Violation(kind=Kind.INVENTED, where=where, words=words)
        elif event.get("causationid") != wanted[0]["id"]:
            yield _misplaced(event, "its cause is not the threshold decision")
        elif not holds(event["data"], {n: wanted[0]["data"][n] for n in SAME_IN_BOTH}):
            yield _misplaced(event, "the case does not say what the decision said")


def _judge_causes(events: Sequence[Event]) -> Iterator[Violation]:
    known = {event["id"]: event for event in events}
    for event in events:
        cause = event.get("causationid")
        if cause is None:
            continue
        if cause not in known:
            yield _misplaced(event, "its cause is nowhere to be found")
        elif sealed_at(known[cause]) > sealed_at(event):
            yield _misplaced(event, "it was sealed before its cause")
        elif known[cause]["correlationid"] != event["correlationid"]:
            yield _misplaced(event, "it does not belong to the story of its cause")


def _misplaced(event: Event, words: str) -> Violation:
    where = f"{event['stream']}#{event['sequence']}"
    return Violation(kind=Kind.OUT_OF_ORDER, where=where, words=f"{event['type']}: {words}")
