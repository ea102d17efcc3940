"""The machine and the parts of a run, so that nobody compares figures of two machines unawares."""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
LIBRARIES: Final = ("pika", "kombu", "amqp", "pymongo", "mongoengine", "flask", "waitress")
PROBES: Final = 100
TURNS: Final = 100_000


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    load, _, _ = os.getloadavg()
    return {
        "processor": _first_of("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(
            int((_first_of("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) / 2**20
        ),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "load_before": round(load, 2),
        "turns_ms": round(turns_milliseconds(), 2),
        "fsync_ms": round(fsync_milliseconds(), 3),
    }


def commit() -> str:
    """Return the commit that is measured, with a mark when the tree differs from it."""
    try:
        head = _git("rev-parse", "--short", "HEAD")
        return f"{head}+changes" if _git("status", "--porcelain", "-uno") else head
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def fsync_milliseconds() -> float:
    """Return how long the disk takes to make a small write safe: what every commit waits for."""
    taken = []
    with tempfile.NamedTemporaryFile(dir=ROOT) as file:
        for _ in range(PROBES):
            file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    return median(taken) * 1000


def turns_milliseconds() -> float:
    """Return how long the processor takes for a fixed piece of Python: a machine that is shared is
    fast on one day and slow on another, and says neither."""
    taken = []
    for _ in range(PROBES):
        total, began = 0, time.perf_counter()
        for turn in range(TURNS):
            total += turn
        taken.append(time.perf_counter() - began)
    return median(taken) * 1000


def words_of(told: Mapping[str, Any]) -> str:
    """Return the machine in one line."""
    return (
        f"{told['processor']}, {told['cores']} cores, {told['memory_gib']} GiB, {told['system']}, "
        f"Python {told['python']}, fsync {told['fsync_ms']} ms, {TURNS:,} turns of Python in "
        f"{told.get('turns_ms', 'unknown')} ms, load before {told['load_before']}"
    )


def _first_of(file: str, name: str) -> str | None:
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)


def _git(*words: str) -> str:
    asked = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return asked.stdout.strip()
