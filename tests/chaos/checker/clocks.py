"""Is every verdict about a promise what the rules say: shown, announced once, never too soon?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.chaos.checker.book import Event, moment
from tests.chaos.checker.promises import SETTLED, Promise, happened, promises_of
from tests.chaos.checker.when import sealed_at
from tests.chaos.verdicts import Kind, Violation

MARKS = {
    "audit.clock-at-risk": "at-risk",
    "audit.clock-breached": "breached",
    "audit.clock-met": "met",
}
SURELY_KNOWN = timedelta(seconds=60)
"""Real time after which what a service wrote must be known to oversight, which asks before it
speaks: a process may be held up between the asking and the speaking, but not for so long."""

Window = tuple[datetime, datetime]
"""Everybody's clock before and after the reading."""


def judge_announced(ref: str, events: Sequence[Event], *, at: Window) -> Iterator[Violation]:
    """Yield what was announced wrongly about the promises of a case, twice, or not at all."""
    promises = {each.key: each for each in promises_of(events)}
    said: dict[tuple[str, str | None], dict[str, Event]] = {key: {} for key in promises}
    for event in (each for each in events if each["type"] in MARKS):
        mark, key = MARKS[event["type"]], (event["data"]["clock"], event["data"]["child"])
        promise = promises.get(key)
        if promise is None:
            yield _wrong(event, f"{mark} is said of {key}, which nobody promised")
        elif mark in said[key]:
            where = f"{event['stream']}#{event['sequence']}"
            yield Violation(kind=Kind.DOUBLED, where=where, words=f"{mark} of {key} is said twice")
        else:
            said[key][mark] = event
            yield from _judge_words(event, promise, mark)
    for key, promise in promises.items():
        # What was broken is not at risk again, even where a clock was put back.
        settled = said[key].keys() | ({"at-risk"} if "breached" in said[key] else set())
        for mark in _must_be_said(promise, at) - settled:
            words = f"{mark} of {key}, due {promise.due_at.isoformat()}, was never said"
            yield Violation(kind=Kind.WRONG_VERDICT, where=ref, words=words)
        yield from _judge_sequence(said[key])


def judge_shown(
    ref: str, events: Sequence[Event], shown: Iterable[Mapping[str, Any]], *, at: Window
) -> Iterator[Violation]:
    """Compare the promises that a case's line shows with those the rules give."""
    wanted = {each.key: each for each in promises_of(events)}
    found = [((each["clock"], each["child"]), each) for each in shown]
    if sorted(map(str, wanted)) != sorted(str(key) for key, _ in found):
        words = f"shows the promises {[key for key, _ in found]}, not {list(wanted)}"
        yield Violation(kind=Kind.WRONG_VERDICT, where=ref, words=words)
    for key, told in found:
        if key in wanted:
            yield from _judge_told(ref, wanted[key], told, at)


def _judge_told(
    ref: str, promise: Promise, told: Mapping[str, Any], at: Window
) -> Iterator[Violation]:
    for name in ("started_at", "at_risk_at", "due_at"):
        if moment(told[name]) != (rule := getattr(promise, name)):
            words = f"{promise.key}: {name} is {told[name]}; the rules say {rule.isoformat()}"
            yield Violation(kind=Kind.WRONG_VERDICT, where=ref, words=words)
    kept = told["stopped_at"] and moment(told["stopped_at"])
    if (kept or None) != promise.kept_at:
        words = f"{promise.key}: kept at {told['stopped_at']}; the events say {promise.kept_at}"
        yield Violation(kind=Kind.WRONG_VERDICT, where=ref, words=words)
    rules = {promise.standing(moment) for moment in at}
    if told["state"] not in rules:
        words = f"{promise.key}: is {told['state']}; the rules say {' or '.join(sorted(rules))}"
        yield Violation(kind=Kind.WRONG_VERDICT, where=ref, words=words)


def _judge_words(event: Event, promise: Promise, mark: str) -> Iterator[Violation]:
    says, at = event["data"], moment(event["time"])
    if moment(says["due_at"]) != promise.due_at:
        yield _wrong(event, f"due {says['due_at']}; the rules say {promise.due_at.isoformat()}")
    if moment(says["started_at"]) != promise.started_at:
        yield _wrong(event, f"counts from {says['started_at']}, not {promise.started_at}")
    if happened(event) not in _may_have_happened(promise, mark):
        yield _wrong(event, f"{mark} is said to have happened {happened(event).isoformat()}")
    if mark == "breached":
        yield from _judge_breach(event, promise)
    if mark == "at-risk" and not promise.at_risk_at <= at <= promise.due_at:
        yield _wrong(event, f"at risk is said {at.isoformat()}, due {promise.due_at.isoformat()}")


def _judge_breach(event: Event, promise: Promise) -> Iterator[Violation]:
    """Never before it was due; never when what kept it in time was known by then."""
    if moment(event["time"]) <= promise.due_at:
        yield _wrong(event, f"called broken before it was due, {promise.due_at.isoformat()}")
    for stop in promise.stops:
        in_time = happened(stop) <= promise.due_at
        if in_time and sealed_at(stop) + SURELY_KNOWN < sealed_at(event):
            yield _wrong(event, f"called broken, and {stop['type']} had kept it in time")


def _may_have_happened(promise: Promise, mark: str) -> list[datetime]:
    if mark == "met":
        return [happened(stop) for stop in promise.stops]
    return [max(promise.at_risk_at if mark == "at-risk" else promise.due_at, promise.armed_at)]


def _must_be_said(promise: Promise, at: Window) -> set[str]:
    """What oversight has had the time to say, whichever moment of the reading counts."""
    before, after = (promise.standing(moment) for moment in at)
    if before != after:
        return set()
    if before in SETTLED:
        return {"met"} if before == "met" else {"breached", "met"}
    return {before} & {"breached", "at-risk"}


def _judge_sequence(said: Mapping[str, Event]) -> Iterator[Violation]:
    order = ("at-risk", "breached", "met")
    places = [said[mark]["sequence"] for mark in order if mark in said]
    if places != sorted(places):
        event = said["met"] if "met" in said else said["breached"]
        yield Violation(
            kind=Kind.OUT_OF_ORDER,
            where=f"{event['stream']}#{event['sequence']}",
            words="a promise is at risk, then broken, then kept; not the other way round",
        )


def _wrong(event: Event, words: str) -> Violation:
    where = f"{event['stream']}#{event['sequence']}"
    return Violation(kind=Kind.WRONG_VERDICT, where=where, words=words)
