"""Sends a file through the bulk doors: the importer as a process of its own, and what it says."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.harness import NotMeasured
from benchmarks.machine import ROOT
from shared.mash.importing.columns import WHY
from shared.mash.importing.keeping import ErrorFile, progress_of

COMMAND: Final = ("-m", "benchmarks.journeys.entering")
REFUSED_AT_MOST: Final = 0.05
"""Part of the steps. A journey does not know all that the system decides meanwhile: where another
team leads, its workers are not those of the journey."""
STALLED: Final = 120.0
"""Seconds without any step being settled, after which the run proves nothing."""


@dataclass(slots=True)
class Sent:
    """What became of the steps so far."""

    settled: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """How many steps were refused, by step and reason."""
    seen: list[tuple[float, int]] = field(default_factory=list)
    """How many steps were settled at which second, seen now and then."""

    @property
    def faults(self) -> list[str]:
        """Why what was sent proves nothing: more was refused than chance explains."""
        if self.refused.total() <= self.settled * REFUSED_AT_MOST:
            return []
        (often, times), *_ = self.refused.most_common(1)
        return [f"{self.refused.total():,} of {self.settled:,} steps refused, {times:,} by {often}"]

    def look(self, second: float, settled: int) -> None:
        """Note how far it is at a second."""
        self.settled = settled
        self.seen.append((second, settled))


class Importer:
    """The importer in a process of its own: what it costs is seen apart."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._log = folder / "import.log"
        with self._log.open("wb") as out:
            self.process: subprocess.Popen[str] = subprocess.Popen(
                [sys.executable, *COMMAND],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                encoding="utf-8",
            )

    def send(self, file: Path, say: Callable[[Sent], None] = lambda sent: None) -> Sent:
        """Import a file; return what became of it. Raises NotMeasured when it does not end."""
        errors = ErrorFile(file).path
        for left in (errors, progress_of(file)):
            left.unlink(missing_ok=True)
        sent, moved = Sent(), time.perf_counter()
        sent.look(moved, 0)
        for told in self._imports(file):
            now = time.perf_counter()
            if told["settled"] != sent.settled:
                moved = now
            if now - moved > STALLED:
                raise NotMeasured(f"{told['waiting']} cases wait until strategy hears of them")
            sent.look(now, told["settled"])
            say(sent)
        sent.refused = refused_in(errors)
        return sent

    def close(self) -> None:
        """End the process: it ends by itself when nobody names a file any more."""
        self.process.communicate()

    def _imports(self, file: Path) -> Iterator[Mapping[str, Any]]:
        """Name a file; yield how its import stands, at last when it is over."""
        to, back = self.process.stdin, self.process.stdout
        if to is None or back is None:
            raise RuntimeError("an importer is started with pipes")
        try:
            to.write(f"{file}\n")
            to.flush()
        except BrokenPipeError:
            raise NotMeasured(self._last_words()) from None
        for line in back:
            told = json.loads(line)
            if fault := told.get("fault"):
                raise NotMeasured(f"import: {fault}")
            yield told
            if told.get("over"):
                return
        raise NotMeasured(self._last_words())

    def _last_words(self) -> str:
        said = self._log.read_text(errors="replace").strip().splitlines()
        return f"the import ended: {said[-1][-300:] if said else 'it said nothing'}"


def refused_in(errors: Path) -> Counter[str]:
    """Count what an error file holds, by step and reason: the number of a line is no part of it."""
    if not errors.exists():
        return Counter()
    with errors.open(encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return Counter(f"{each.get('step')}: {each[WHY].partition('. ')[2]}" for each in lines)
