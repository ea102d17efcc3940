"""Processes of a test: started as a person would start them, and again whenever they die."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.mash import tied

ROOT = Path(__file__).parents[2]


@dataclass
class Process:
    """One process of the system."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    once: dict[str, str] = field(default_factory=dict)
    """What is added to the environment of the next start alone."""
    held: bool = False
    """Is it to stay down until somebody lets it start again?"""
    running: subprocess.Popen[bytes] | None = None
    deaths: list[int] = field(default_factory=list)
    """How its earlier lives ended: a negative signal, or an exit code."""

    def start(self) -> None:
        """Start it, tied to the test: it never outlives it."""
        tie = [sys.executable, "-I", "-S", tied.__file__, str(os.getpid())]
        environ, self.once = {**self.environment, **self.once}, {}
        with self.log.open("ab") as out:
            self.running = subprocess.Popen(
                [*tie, *self.command],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def signal(self, number: signal.Signals) -> bool:
        """Signal the whole group. False when there is nobody any more."""
        if self.running is None or self.running.poll() is not None:
            return False
        try:
            os.killpg(self.running.pid, number)
        except ProcessLookupError:
            return False
        return True

    def bury(self) -> int | None:
        """Return how it ended, once it has."""
        code = self.running.poll() if self.running else None
        if code is not None:
            self.running = None
            self.deaths.append(code)
        return code


class Supervisor(threading.Thread):
    """Starts every process, and again whatever died, as the platform would."""

    def __init__(self, processes: Sequence[Process]) -> None:
        super().__init__(name="supervisor", daemon=True)
        self._processes = processes
        self._over = threading.Event()
        self._lock = threading.Lock()

    def run(self) -> None:
        """Watch until told to stop."""
        # A child is tied to the thread that started it: this one starts all of them.
        while not self._over.is_set():
            with self._lock:
                for process in self._processes:
                    process.bury()
                    if process.running is None and not process.held:
                        process.start()
            self._over.wait(0.05)
        with self._lock:
            _end_all(self._processes)

    def replace(self, process: Process, once: Mapping[str, str]) -> None:
        """End a process in order; its next life begins with `once` in its environment."""
        with self._lock:
            process.once = dict(once)
            process.signal(signal.SIGTERM)
            if process.running:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.running.wait(10)
                process.signal(signal.SIGKILL)
                process.running.wait()
                process.running = None

    @contextlib.contextmanager
    def without(self, processes: Sequence[Process]) -> Iterator[None]:
        """Kill processes, and keep them down until the block ends."""
        with self._lock:
            for process in processes:
                process.held = True
                process.signal(signal.SIGKILL)
                if process.running:
                    process.running.wait()
        try:
            yield
        finally:
            with self._lock:
                for process in processes:
                    process.held = False

    def stop(self) -> None:
        """End everything."""
        self._over.set()
        if self.is_alive():
            self.join(30)


def _end_all(processes: Sequence[Process]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            process.signal(number)
        deadline = time.monotonic() + 5
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                if process.running:
                    process.running.wait(max(0.1, deadline - time.monotonic()))
                    process.bury()
