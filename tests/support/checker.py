"""An independent look at what the system holds: shares no code with it, and trusts none of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Event = Mapping[str, Any]
FIRST = "0" * 64


def own_hash(event: Event) -> str:
    """Return the SHA-256 of an event, as DECISIONS 3 describes it to whoever wants to check."""
    rest = {name: value for name, value in event.items() if name != "hash"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def faults_of_chains(events: Iterable[Event]) -> list[str]:
    """Return every fault: a hole, a double, a changed event, a broken link."""
    streams: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        streams[event["stream"]].append(event)
    faults = []
    for stream, held in sorted(streams.items()):
        held.sort(key=lambda event: event["sequence"])
        sequences = [event["sequence"] for event in held]
        if sequences != list(range(1, len(held) + 1)):
            faults.append(f"{stream}: the sequence is {sequences}")
        previous = FIRST
        for event in held:
            if event["hash"] != own_hash(event):
                faults.append(f"{stream}#{event['sequence']}: the hash is not that of the event")
            if event["previoushash"] != previous:
                faults.append(f"{stream}#{event['sequence']}: does not follow the one before")
            previous = event["hash"]
    ids = Counter(event["id"] for event in [each for held in streams.values() for each in held])
    return faults + [f"{each}: an id used twice" for each, count in ids.items() if count > 1]


def fictional_names_in(text: str, names: Iterable[str]) -> list[str]:
    """Return which of the made-up names, addresses and words of a test stand in a text."""
    return [name for name in names if name.lower() in text.lower()]
