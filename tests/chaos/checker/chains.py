"""Chains, copies and places: own canonical JSON and own hash, as DECISIONS 3 puts it in words."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.chaos.checker.book import Event
from tests.chaos.verdicts import Kind, Violation

FIRST = "0" * 64
Streams = Mapping[str, Sequence[Event]]


def own_hash(event: Event) -> str:
    """Return the SHA-256 over everything else an event says: sorted keys, no white space, UTF-8."""
    rest = {name: value for name, value in event.items() if name != "hash"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def by_stream(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Return events by their stream, in the order of their sequence."""
    streams: dict[str, list[Event]] = {}
    for event in events:
        streams.setdefault(event["stream"], []).append(event)
    for held in streams.values():
        held.sort(key=lambda event: event["sequence"])
    return streams


def judge_chains(streams: Streams) -> Iterator[Violation]:
    """Yield every hole, every changed event, every broken link, every id used twice."""
    for stream, held in streams.items():
        sequences = [event["sequence"] for event in held]
        if sequences != list(range(1, len(held) + 1)):
            words = f"the places are {sequences}, not 1 to {len(held)}"
            yield Violation(kind=Kind.OUT_OF_ORDER, where=stream, words=words)
        previous = FIRST
        for event in held:
            yield from _faults(event, previous)
            previous = event["hash"]
    ids = Counter(event["id"] for held in streams.values() for event in held)
    for each in (each for each, count in ids.items() if count > 1):
        yield Violation(kind=Kind.DOUBLED, where=each, words="one id, several events")


def _faults(event: Event, previous: str) -> Iterator[Violation]:
    where = f"{event['stream']}#{event['sequence']}"
    if event["hash"] != own_hash(event):
        words = "the hash is not that of the event"
        yield Violation(kind=Kind.BROKEN_CHAIN, where=where, words=words)
    if event["previoushash"] != previous:
        words = "it does not follow the event before"
        yield Violation(kind=Kind.BROKEN_CHAIN, where=where, words=words)
    if event["stream"] != f"{event['source'].removeprefix('/')}:{event['subject']}":
        words = "the stream is not that of its source and its case"
        yield Violation(kind=Kind.BROKEN_CHAIN, where=where, words=words)


def judge_copies(
    sources: Streams, copies: Streams, heads: Mapping[str, Mapping[str, Any]]
) -> Iterator[Violation]:
    """Compare what each service wrote with what the auditor holds, and with the heads it tells."""
    for stream in sorted(sources.keys() | copies.keys() | heads.keys()):
        written, held = sources.get(stream, ()), copies.get(stream, ())
        if len(held) < len(written):
            words = f"the auditor holds {len(held)} of {len(written)} events"
            yield Violation(kind=Kind.LOST, where=stream, words=words)
        elif len(held) > len(written):
            words = f"the auditor holds {len(held)} events; its source wrote {len(written)}"
            yield Violation(kind=Kind.INVENTED, where=stream, words=words)
        for mine, theirs in zip(written, held, strict=False):
            if mine != theirs:
                words = f"event {mine['sequence']} differs between its source and the auditor"
                yield Violation(kind=Kind.COPIES_DIFFER, where=stream, words=words)
        yield from _judge_head(stream, written, heads.get(stream))


def _judge_head(
    stream: str, written: Sequence[Event], head: Mapping[str, Any] | None
) -> Iterator[Violation]:
    told = (head["sequence"], head["hash"]) if head else None
    last = (written[-1]["sequence"], written[-1]["hash"]) if written else None
    if told != last:
        words = "the head that is told is not the last event of the stream"
        yield Violation(kind=Kind.COPIES_DIFFER, where=stream, words=words)
