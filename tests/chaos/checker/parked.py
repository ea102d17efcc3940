"""Does everything that waits for a person say why, and is nothing left after it was tried again?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos.checker.reading import SERVICES, Doors, Reader
from tests.chaos.verdicts import Kind, Violation

Shown = Mapping[str, Any]
SETTLES_WITHIN = 180.0
LOOK_EVERY = 1.0
SHORTEST_EXPLANATION = 10

SPOILT = frozenset({"unreadable", "not-intact", "out-of-place"})
"""Causes that lie in the message itself: the line never needs it, and a person sets it aside."""
CAUSES = SPOILT | {
    *("unknown-type", "unknown-version", "not-by-contract"),
    *("broken-rule", "handler-failed", "delivered-too-often"),
    *("predecessor-missing", "predecessor-held"),
}


@dataclass(frozen=True, kw_only=True)
class Parked:
    """What one service had parked before it was tried again, and what was left after that."""

    service: str
    before: Sequence[Shown]
    after: Sequence[Shown]
    on_its_way: int
    """Held events that would be tried again by themselves, and still were held at the end."""


def replay_everything(doors: Doors) -> list[Parked]:
    """Have every service try again what it has parked, and wait until nothing moves any more."""
    reader = Reader(doors)
    before = {service: _shown(reader, service)["parked"] for service in SERVICES}
    for service in (each for each, parked in before.items() if parked):
        reader.post(doors.administrator, f"/{service}/api/parked/replay", {})
    _until(lambda: not any(_moving(_shown(reader, service)) for service in SERVICES))
    after = {service: _shown(reader, service) for service in SERVICES}
    return [
        Parked(
            service=service,
            before=before[service],
            after=after[service]["parked"],
            on_its_way=_moving(after[service]),
        )
        for service in SERVICES
    ]


def judge_parked(found: Sequence[Parked], places: Mapping[str, str]) -> Iterator[Violation]:
    """Judge what was parked. `places`: the type of the genuine event at each "stream#sequence"."""
    for parked in found:
        for each in (*parked.before, *parked.after):
            if len(str(each["reason"] or "")) < SHORTEST_EXPLANATION or each["cause"] not in CAUSES:
                yield _wrong(parked, each, "it does not say why")
        for each in parked.after:
            genuine = places.get(f"{each['stream']}#{each['sequence']}") == each["type"]
            if genuine and each["cause"] not in SPOILT:
                words = "after it was tried again it waits still, and the line needs this event"
                yield _wrong(parked, each, words)
        if parked.on_its_way:
            yield Violation(
                kind=Kind.UNEXPLAINED_PARKED,
                where=parked.service,
                words=f"{parked.on_its_way} held events never came to rest",
            )


def _shown(reader: Reader, service: str) -> Shown:
    shown: Shown = reader.json(reader.doors.administrator, f"/{service}/api/parked")
    return shown


def _moving(shown: Shown) -> int:
    return sum(count for kind, count in shown["held"].items() if kind in ("retry", "waiting"))


def _until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, but not for ever: what is then found is judged."""
    deadline, pause = time.monotonic() + SETTLES_WITHIN, threading.Event()
    while not condition() and time.monotonic() < deadline:
        pause.wait(LOOK_EVERY)


def _wrong(parked: Parked, each: Shown, words: str) -> Violation:
    where = f"{parked.service} {each['key']}"
    return Violation(kind=Kind.UNEXPLAINED_PARKED, where=where, words=words)
