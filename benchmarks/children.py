"""Processes of a measurement, and what they do to the store as seen from outside: alike for all."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.harness import NotMeasured
from tests.support.processes import Process

PACE: Final = 0.005
LONGEST: Final = 600.0


@contextlib.contextmanager
def running(
    name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path
) -> Iterator[Process]:
    """Run a process for a block, then end it in order."""
    log = folder / f"{name}.log"
    log.unlink(missing_ok=True)
    process = Process(name=name, command=command, environment=environment, log=log)
    process.start()
    try:
        yield process
    finally:
        process.signal(signal.SIGTERM)
        if process.running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.running.wait(20)
        process.signal(signal.SIGKILL)
        if process.running:
            process.running.wait()


def wait_for(condition: Callable[[], bool], what: str, *processes: Process) -> float:
    """Return the moment at which the condition held. Raises NotMeasured when it never does."""
    pace, deadline = threading.Event(), time.perf_counter() + LONGEST
    while not condition():
        now = time.perf_counter()
        for each in processes:
            if each.running and each.running.poll() is not None:
                raise NotMeasured(f"{each.name} ended: {last_words(each)}")
        if now > deadline:
            words = "; ".join(last_words(each) for each in processes)
            raise NotMeasured(f"not within {LONGEST:g} seconds: {what} {words}")
        pace.wait(PACE)
    return time.perf_counter()


def last_words(process: Process) -> str:
    """Return the last line that a process wrote."""
    lines = process.log.read_text(errors="replace").strip().splitlines()
    return lines[-1][-300:] if lines else "it said nothing"
