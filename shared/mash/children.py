"""The child processes of the launcher: tied to it, restarted when they die, ended in order."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from shared.mash import tied

DATABASE: Final = "mongod"
CHECKOUT: Final = Path(__file__).resolve().parents[2]
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 10.0
HEALTHY_AFTER: Final = 30.0


class CannotStart(Exception):
    """The system cannot be started; the message says what to do."""


@dataclass(slots=True, kw_only=True)
class Child:
    """One process of the system and how to start it again."""

    name: str
    command: Sequence[str]
    log: Path
    pid_file: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 10.0
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    again_at: float = 0.0

    def start(self) -> None:
        """Start the process, tied to this one, its words in its own log."""
        # Children see the environment this process was given, and what is named for them.
        environment = {**os.environ, **self.environment}  # noqa: TID251
        tie = [sys.executable, "-I", "-S", str(Path(tied.__file__)), str(os.getpid())]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*tie, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=CHECKOUT,
                start_new_session=True,  # Ctrl-C reaches the launcher, which stops them in order
            )
        self.started = time.monotonic()
        self.pid_file.write_text(f"{self.process.pid}\n")

    def is_running(self) -> bool:
        """Is the process alive?"""
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self.process is not None and self.is_running():
            self.process.terminate()

    def see_off(self) -> None:
        """Wait until the process has ended; end it by force when it takes too long."""
        if self.process is None:
            return
        try:
            self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.pid_file.unlink(missing_ok=True)

    def last_words(self) -> str:
        """Return the end of the log, for a person who wants to know why."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])


def restart_the_dead(children: Sequence[Child], tell: Callable[[str], None]) -> None:
    """Start again what has died, at growing pauses while it keeps dying."""
    now = time.monotonic()
    for child in children:
        if child.is_running():
            continue
        if not child.again_at:
            if now - child.started > HEALTHY_AFTER:
                child.pause = FIRST_PAUSE
            child.again_at = now + child.pause
            child.pause = min(child.pause * 2, LONGEST_PAUSE)
            tell(f"{child.name} ended; starting it again (its log: {child.log})")
        elif now >= child.again_at:
            child.again_at = 0.0
            child.start()


def stop_all(children: Sequence[Child]) -> None:
    """Ask all to stop at once, then see each off."""
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.see_off()


def end_leftovers(pid_files: Iterable[Path], folder: Path, *, patience: float = 15.0) -> None:
    """End the processes that a killed launcher left behind, the database after those who use it.

    A process id may belong to somebody else by now, perhaps to another checkout's system: only a
    process whose command line or environment names this data folder is ended, and never this one.
    """
    for pid_file in sorted(pid_files, key=lambda each: each.stem == DATABASE):
        with suppress(OSError, ValueError):
            _end(int(pid_file.read_text()), folder, patience)
        pid_file.unlink(missing_ok=True)


def _end(pid: int, folder: Path, patience: float) -> None:
    # The handle names this very process, however soon its number is given to another. It tells of
    # the end when everything the process held is free; /proc empties while it still holds its port.
    process = os.pidfd_open(pid)
    try:
        if pid != os.getpid() and _belongs_to(pid, folder):
            for number in (signal.SIGTERM, signal.SIGKILL):
                signal.pidfd_send_signal(process, number)
                if _has_ended(process, patience):
                    return
    finally:
        os.close(process)


def _has_ended(process: int, patience: float) -> bool:
    ended, _, _ = select.select([process], [], [], patience)
    return bool(ended)


def _belongs_to(pid: int, folder: Path) -> bool:
    process = Path(f"/proc/{pid}")
    try:
        words = process.joinpath("cmdline").read_bytes() + process.joinpath("environ").read_bytes()
    except OSError:
        return False
    return f"{folder}/".encode() in words
