"""Runs mutants: each in a copy of the tree of its own, a few at a time."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from tests.mutants.mutant import PYTEST, ROOT, BadMutant, Mutant

LONGEST: Final = 600
"""Seconds. A catcher that hangs on a mutant has noticed it too."""


class Result(StrEnum):
    """What became of a mutant."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    NOT_MADE = "not made"
    """Its text is not in the code any more, or its catcher could not be run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One mutant, what became of it, the test that said so, and how long that took."""

    mutant: Mutant
    result: Result
    words: str
    seconds: float


def copy_tree(folder: Path) -> None:
    """Copy what git knows or would add of the tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],  # noqa: S607  git is on PATH
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def run_all(
    mutants: Sequence[Mutant], *, jobs: int, told: Callable[[Report], None]
) -> list[Report]:
    """Run every mutant, `jobs` at a time; `told` hears of each as it ends."""

    def run(mutant: Mutant) -> Report:
        report = run_one(mutant)
        told(report)
        return report

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(run, mutants))


def run_one(mutant: Mutant) -> Report:
    """Make one mutant and see whether it is caught."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutant-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        copy_tree(folder)
        try:
            mutant.apply(folder)
            result, words = _see(mutant, folder)
        except BadMutant as fault:
            result, words = Result.NOT_MADE, str(fault)
    return Report(mutant=mutant, result=result, words=words, seconds=time.monotonic() - began)


def untouched(mutants: Iterable[Mutant]) -> str | None:
    """Run every catcher once on the tree as it is. Returns the end of its words if one is red."""
    tests = {name for each in mutants for name in each.caught_by if not name.startswith("-m ")}
    modules = {each.command for each in mutants if each.caught_by[0].startswith("-m ")}
    commands = [*modules, *([(*PYTEST, *sorted(tests))] if tests else [])]
    for command in commands:
        code, said = _run(command, ROOT)
        if code != 0:
            return said
    return None


def _see(mutant: Mutant, folder: Path) -> tuple[Result, str]:
    code, said = _run(mutant.command, folder)
    if code == 0:
        return Result.SURVIVED, "nothing noticed"
    by = mutant.command[1] if mutant.command[1] != "pytest" else _first_failure(said)
    if code == 1 and by:
        return Result.CAUGHT, by
    # A test that could not begin, for want of its broker or its database, noticed nothing.
    return Result.NOT_MADE, f"the catcher ended with {code}: {said[-300:]}"


def _run(command: Sequence[str], folder: Path) -> tuple[int, str]:
    try:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1, f"FAILED it did not end within {LONGEST} seconds"
    return done.returncode, done.stdout + done.stderr


def _first_failure(said: str) -> str:
    failed = (line for line in said.splitlines() if line.startswith("FAILED "))
    return next(failed, "").removeprefix("FAILED ").split(" - ")[0]
