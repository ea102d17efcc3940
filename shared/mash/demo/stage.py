"""The system that the demonstration plays on: started like any other, with a clock of its own."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.clock import DemoClock
from shared.mash.accounts import SignIn, read_sign_ins
from shared.mash.children import CannotStart, Child, stop_all
from shared.mash.client import System
from shared.mash.demo.waiting import until
from shared.mash.embedded import only_launcher
from shared.mash.folder import DataFolder, read_json

QUICK: Final = {"SWEEP_SECONDS": "1", "CATCH_UP_SECONDS": "5"}
"""A morning passes in minutes here, so sweeps and comparisons come more often."""
STARTED_WITHIN: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running system whose clock the demonstration moves."""

    folder: DataFolder
    system: System
    clock: DemoClock
    sign_ins: tuple[SignIn, ...]

    def move_clock_to(self, at: datetime) -> None:
        """Move on to a time of the day; the clock never goes back."""
        if at > self.clock.now():
            self.clock.move_to(at)

    def kill(self, process: str) -> None:
        """End one process of the system by `kill -9`, as a power cut would."""
        pid = int((self.folder.run / f"{process}.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        until(lambda: self._again(process, pid), f"{process} to be started again")

    def _again(self, process: str, killed: int) -> bool:
        try:
            return int((self.folder.run / f"{process}.pid").read_text()) != killed
        except (OSError, ValueError):
            return False


@contextmanager
def stage(folder: DataFolder, *, begins: datetime, port: int | None) -> Iterator[Stage]:
    """Start a fresh system in this folder, and stop it in the end, whatever happens."""
    fresh = _fresh(folder)
    clock = DemoClock(fresh.demo_clock)
    clock.move_to(begins)
    launcher = _launcher(fresh, port)
    launcher.start()
    try:
        until(lambda: _is_up(fresh, launcher), "the system to start", patience=STARTED_WITHIN)
        here = read_json(fresh.running)
        yield Stage(
            folder=fresh,
            system=System(url=here["url"], token=here["token"]),
            clock=clock,
            sign_ins=read_sign_ins(fresh),
        )
    finally:
        stop_all([launcher])


def _fresh(folder: DataFolder) -> DataFolder:
    """Empty the folder, but only a demonstration's that nobody is using."""
    with only_launcher(folder):
        keeps = [each for each in folder.root.iterdir() if each not in (folder.run, folder.logs)]
        used = any(each.is_file() or any(each.iterdir()) for each in keeps)
        if used and not folder.demo_clock.exists():
            raise CannotStart(
                f"{folder.root} holds something else: name another folder with --data"
            )
        shutil.rmtree(folder.root)
    return DataFolder.at(folder.root)


def _launcher(folder: DataFolder, port: int | None) -> Child:
    command = [sys.executable, "-m", "shared.mash.cli", "up", "--data", str(folder.root)]
    return Child(
        name="launcher",
        command=[*command, *(["--port", str(port)] if port else [])],
        log=folder.logs / "launcher.log",
        pid_file=folder.run / "launcher.pid",
        environment=QUICK,
        patience=90.0,
    )


def _is_up(folder: DataFolder, launcher: Child) -> bool:
    if not launcher.is_running():
        raise CannotStart(launcher.last_words())
    return folder.running.exists()
