"""What a run costs: processor time and peak memory of each process, as the kernel counts them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS: Final = os.sysconf("SC_CLK_TCK")
RESET_PEAK: Final = "5"
AFTER_NAME: Final = 2
"""Fields of /proc/<pid>/stat before the state: the number and the name."""
PARENT, USER, CHILDREN_SYSTEM = 4, 14, 17
"""Fields of /proc/<pid>/stat, from 1: the parent; the first and the last of the times."""
IDLE, WAITING = 3, 4
"""Places in the first line of /proc/stat: idle, and idle while a disk is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a component cost so far: all processes below one."""

    seconds: float
    """Processor time, user and system, with that of children that have ended."""
    peak: int
    """Bytes: the sum of what each process held at most."""

    def since(self, earlier: Cost) -> Cost:
        """Return what was added since an earlier look; the peak stays what it is."""
        return Cost(seconds=self.seconds - earlier.seconds, peak=self.peak)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cores:
    """Time of all cores together since the machine was started, in seconds."""

    idle: float
    all: float


class Ledger:
    """Keeps account of components, each a process with everything below it."""

    def __init__(self, roots: Mapping[str, int]) -> None:
        self._roots = dict(roots)

    def costs(self) -> dict[str, Cost]:
        """Return what each component cost so far. A process below another component is its own."""
        parents = dict(_parents())
        owner = {pid: name for name, pid in self._roots.items()}
        owned: dict[str, list[int]] = {name: [] for name in self._roots}
        for pid in parents:
            above = pid
            while above not in owner and above in parents:
                above = parents[above]
            if above in owner:
                owned[owner[above]].append(pid)
        return {
            name: Cost(seconds=sum(map(_seconds, pids)), peak=sum(map(_peak, pids)))
            for name, pids in owned.items()
        }

    def forget_peaks(self) -> None:
        """Let peaks count from now on."""
        for pid in dict(_parents()):
            with contextlib.suppress(OSError):
                (PROC / str(pid) / "clear_refs").write_text(RESET_PEAK)


def below(pid: int, name: str) -> int:
    """Return the child of a process under which a program of this name runs.

    Raises LookupError when there is none.
    """
    parents = dict(_parents())
    for each in parents:
        if _name(each) != name:
            continue
        above = each
        while (parent := parents.get(above)) is not None and parent != pid:
            above = parent
        if parent == pid:
            return above
    raise LookupError(f"no {name} runs here")


def cores() -> Cores:
    """Return what the cores of this machine did so far."""
    _, *ticks = (PROC / "stat").read_text().splitlines()[0].split()
    # Guests are counted in the times of their users already.
    spent = [int(each) / TICKS for each in ticks[:8]]
    return Cores(idle=spent[IDLE] + spent[WAITING], all=sum(spent))


def idle_share(before: Cores, after: Cores) -> float:
    """Return which part of the time between two looks the cores had nothing to do, from 0 to 1."""
    passed = after.all - before.all
    return (after.idle - before.idle) / passed if passed else 0.0


def _parents() -> Iterator[tuple[int, int]]:
    """Yield every process and its parent."""
    for each in PROC.iterdir():
        if each.name.isdigit() and (stat := _stat(int(each.name))):
            yield int(each.name), int(stat[PARENT - AFTER_NAME - 1])


def _seconds(pid: int) -> float:
    first, last = USER - AFTER_NAME - 1, CHILDREN_SYSTEM - AFTER_NAME
    return sum(map(int, _stat(pid)[first:last])) / TICKS


def _stat(pid: int) -> list[str]:
    """Return the fields after the name, which may itself hold blanks; none when it has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _name(pid: int) -> str:
    try:
        return (PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


def _peak(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(each.split()[1]) * 1024 for each in lines if each.startswith("VmHWM")), 0)
