"""A book of commands, kept apart from the system: what was attempted, and what came of it.

Each thread writes a file of its own, a line at a time: before a request leaves, and after its
answer came. The judge reads the files alone. A line is a JSON object:

- `attempted`: `key` (the submission id, or one made for the command), `what`, `ref` (null for a
  new referral), `person`, `door`, `causes`: the events that this command must cause;
- `acknowledged`: `key`, `ref`, `children` for a referral, `waited` (seconds);
- `refused`: `key`, `status`: the system said no, so nothing may come of it;
- `unanswered`: `key`: one request of the command got no answer, so nobody knows.

`at` is the machine's time in seconds, never the clock that a campaign sets.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO


class State(StrEnum):
    """What is known of a command."""

    ATTEMPTED = "attempted"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """An event that a command must cause: its type, what its data must say, when it happened."""

    type: str
    says: Mapping[str, Any] = field(default_factory=dict)
    occurred_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing somebody wants done once, however often it is sent."""

    key: str
    what: str
    person: str
    door: str
    ref: str | None = None
    causes: Sequence[Cause] = ()


class Ledger:
    """The book of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._mine = threading.local()
        self._files: list[TextIO] = []
        self._lock = threading.Lock()
        self.acknowledged = 0
        self.unanswered = 0
        self.refused = 0
        self.attempted = 0

    def attempt(self, command: Command) -> None:
        """Write down what is about to be asked for the first time."""
        self._note(State.ATTEMPTED, **asdict(command))

    def acknowledge(
        self, command: Command, *, waited: float, ref: str = "", children: Sequence[str] = ()
    ) -> None:
        """Write down that the system said: done."""
        told = {"ref": ref or command.ref, "children": list(children), "waited": round(waited, 3)}
        self._note(State.ACKNOWLEDGED, key=command.key, **told)

    def refuse(self, command: Command, *, status: int, waited: float) -> None:
        """Write down that the system said no."""
        self._note(State.REFUSED, key=command.key, status=status, waited=round(waited, 3))

    def leave_open(self, command: Command) -> None:
        """Write down that a request went without an answer."""
        self._note(State.UNANSWERED, key=command.key)

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def _note(self, state: State, **told: Any) -> None:
        file = getattr(self._mine, "file", None) or self._open()
        file.write(json.dumps({"state": state, "at": time.time(), **told}) + "\n")
        with self._lock:
            setattr(self, state.value, getattr(self, state.value) + 1)

    def _open(self) -> TextIO:
        with self._lock:
            path = self.folder / f"{len(self._files):03}.jsonl"
            file = path.open("a", encoding="utf-8", buffering=1)
            self._files.append(file)
        self._mine.file = file
        return file
