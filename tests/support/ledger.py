"""A book of commands, kept apart from the system: what was attempted and what was acknowledged.

Each thread writes a file of its own, a line at a time, before the request leaves and after its
answer came. What is read back comes from the files alone.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

ATTEMPTED = "attempted"
ACKNOWLEDGED = "acknowledged"


class Ledger:
    """The book of one run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        self._mine = threading.local()
        self._files: list[TextIO] = []
        self._lock = threading.Lock()
        self.acknowledged = 0
        """How many so far, for whoever paces the run."""

    def note(self, state: str, ref: str, event: str) -> None:
        """Write one line, at once."""
        file = getattr(self._mine, "file", None)
        if file is None:
            with self._lock:
                path = self._folder / f"{len(self._files)}.jsonl"
                file = self._mine.file = path.open("a", encoding="utf-8", buffering=1)
                self._files.append(file)
        file.write(json.dumps([state, ref, event]) + "\n")
        if state == ACKNOWLEDGED:
            with self._lock:
                self.acknowledged += 1

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def counted(self, state: str) -> dict[str, Counter[str]]:
        """Return, by case, how many commands reached this state, by the event they cause."""
        counted: dict[str, Counter[str]] = {}
        for noted, ref, event in self._lines():
            if noted == state:
                counted.setdefault(ref, Counter())[event] += 1
        return counted

    def _lines(self) -> Iterator[list[str]]:
        for path in sorted(self._folder.glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                yield json.loads(line)
