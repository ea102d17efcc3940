"""Doors that take steps in bulk: send these, and be told what became of each.

The door here is a process that calls a service's own handlers (`benchmarks/journeys/carry.py`), so
that what commands cost is seen apart. One over HTTP is one more class with the same `send`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from benchmarks.harness import NotMeasured
from benchmarks.journeys.lines import Line
from benchmarks.machine import ROOT


class Fate(StrEnum):
    """What became of a step."""

    TAKEN = "taken"
    """It is committed."""
    NOT_YET = "not-yet"
    """The service has not heard of the case yet, or was overtaken: send it again later."""
    REFUSED = "refused"
    """A rule or a schema refused it. It stays undone."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one step, and which rule refused it."""

    fate: Fate
    reason: str = ""


class Door(Protocol):
    """Where the steps of one service are sent."""

    def send(self, lines: Sequence[Line]) -> list[Answer]:
        """Carry out steps, those of a case in the order given. Returns what became of each.

        Raises NotMeasured when the door cannot answer at all.
        """
        ...


class ProcessDoor:
    """A process of its own that carries steps out through the handlers of one service."""

    def __init__(self, service: str, environment: Mapping[str, str], folder: Path) -> None:
        self._name = f"commands of {service}"
        self._log = folder / f"{service}-commands.log"
        with self._log.open("wb") as out:
            self.process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.journeys.carry", service],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
            )

    def send(self, lines: Sequence[Line]) -> list[Answer]:
        """Hand the lines over and wait for the answer to all of them."""
        to, back = self.process.stdin, self.process.stdout
        if to is None or back is None:
            raise RuntimeError("a process door is started with pipes")
        try:
            to.write(b"%d\n" % len(lines))
            to.writelines(line.text.encode() + b"\n" for line in lines)
            to.flush()
        except BrokenPipeError:
            raise NotMeasured(self._last_words()) from None
        if not (told := back.readline()):
            raise NotMeasured(self._last_words())
        answers: list[list[Any]] = json.loads(told)
        return [Answer(Fate(fate), reason) for fate, reason in answers]

    def close(self) -> None:
        """End the process: it ends by itself when nobody can send any more."""
        self.process.communicate()

    def _last_words(self) -> str:
        said = self._log.read_text(errors="replace").strip().splitlines()
        return f"{self._name} ended: {said[-1][-300:] if said else 'it said nothing'}"
