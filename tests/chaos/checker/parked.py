"""Does everything that waits for a person say so and say why, and can all of it be dealt with?

The judge does what a person on duty would do: looks whether there was an alarm, reads the cause and
what to do about it, has everything tried again, and sets aside, with a reason, what can never be
handled. After that nothing may be left.
"""

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
ALARMED_WITHIN = 60.0
LOOK_EVERY = 1.0
SHORTEST_EXPLANATION = 10
REASON = "Looked at after the run: it is no event that a service wrote, so nobody needs it."


@dataclass(frozen=True, kw_only=True)
class Parked:
    """What one service had parked, what it said about it, and what could not be dealt with."""

    service: str
    before: Sequence[Shown]
    """What waited for a person."""
    causes: Mapping[str, Shown]
    """Each cause with what it means (`what`) and what to do about it (`to_do`)."""
    alarmed: bool
    """Was there an alarm for it?"""
    set_aside: int
    left: Sequence[Shown]
    """What waits still, after it was tried again and the rest was set aside."""
    on_its_way: int
    """Held events that would be tried again by themselves, and never came to rest."""


def deal_with_parked(doors: Doors) -> list[Parked]:
    """Read, replay and set aside what each service has parked, as a person on duty would."""
    reader = Reader(doors)
    before = {service: _shown(reader, service) for service in SERVICES}
    alarmed = {name: _alarmed(reader, name) for name in SERVICES if before[name]["parked"]}
    for service in alarmed:
        reader.post(doors.administrator, f"/{service}/api/parked/replay", {})
    _until(lambda: not any(_moving(_shown(reader, service)) for service in SERVICES))
    aside = {service: _set_aside(reader, service) for service in SERVICES}
    after = {service: _shown(reader, service) for service in SERVICES}
    return [
        Parked(
            service=service,
            before=before[service]["parked"],
            causes={each["cause"]: each for each in before[service]["causes"]},
            alarmed=alarmed.get(service, True),
            set_aside=aside[service],
            left=after[service]["parked"],
            on_its_way=_moving(after[service]),
        )
        for service in SERVICES
    ]


def judge_parked(found: Sequence[Parked]) -> Iterator[Violation]:
    """Judge what was parked: explained, alarmed, and nothing left."""
    for parked in found:
        for each in parked.before:
            cause = parked.causes.get(each["cause"], {})
            told = (each["reason"], cause.get("what"), cause.get("to_do"))
            if any(len(words or "") < SHORTEST_EXPLANATION for words in told):
                yield _wrong(parked, each, "it does not say why, or what to do about it")
        for each in parked.left:
            yield _wrong(parked, each, f"it waits still, because of {each['cause']}")
        if not parked.alarmed:
            yield _of_service(parked, f"{len(parked.before)} wait for a person without an alarm")
        if parked.on_its_way:
            yield _of_service(parked, f"{parked.on_its_way} held events never came to rest")


def _shown(reader: Reader, service: str) -> Shown:
    shown: Shown = reader.json(reader.doors.administrator, f"/{service}/api/parked")
    return shown


def _alarmed(reader: Reader, service: str) -> bool:
    def standing() -> bool:
        shown = reader.json(reader.doors.administrator, f"/{service}/api/operations")
        return any(each["alarm"] == "parked" for each in shown["alarms"])

    return _until(standing, within=ALARMED_WITHIN)


def _set_aside(reader: Reader, service: str) -> int:
    waiting = [each for each in _shown(reader, service)["parked"] if each["may_be_set_aside"]]
    for each in waiting:
        body = {"key": each["key"], "reason": REASON}
        reader.post(reader.doors.administrator, f"/{service}/api/parked/set-aside", body)
    return len(waiting)


def _moving(shown: Shown) -> int:
    return sum(count for kind, count in shown["held"].items() if kind in ("retry", "waiting"))


def _until(condition: Callable[[], bool], *, within: float = SETTLES_WITHIN) -> bool:
    """Wait for a condition, but not for ever: what is then found is judged."""
    deadline, pause = time.monotonic() + within, threading.Event()
    while not (holds := condition()) and time.monotonic() < deadline:
        pause.wait(LOOK_EVERY)
    return holds


def _wrong(parked: Parked, each: Shown, words: str) -> Violation:
    where = f"{parked.service} {each['key']}"
    return Violation(kind=Kind.UNEXPLAINED_PARKED, where=where, words=words)


def _of_service(parked: Parked, words: str) -> Violation:
    return Violation(kind=Kind.UNEXPLAINED_PARKED, where=parked.service, words=words)
