"""`make bench-compare`: the figures of two runs side by side, and what of it is more than chance.

    python -m benchmarks.compare [OLD.json NEW.json]

Without files: the last two full runs; the last two quick ones where there are no full ones.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console

from benchmarks.figures import changes
from benchmarks.machine import words_of
from benchmarks.tables import table_of_changes

KEPT: Final = Path("build/bench")
WIDE: Final = 132
"""Columns of a table that goes into a file."""
TWO: Final = 2
ALIKE: Final = 1.15
"""Up to this ratio two speeds of a processor are one."""
screen = Console(width=None if sys.stdout.isatty() else WIDE)


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(files: Sequence[Path]) -> None:
    """Compare two runs."""
    chosen = files or last_two(sorted(KEPT.glob("*.json")))
    if len(chosen) != TWO:
        sys.exit("Name two files, or run `make bench` twice first: two runs can be compared")
    before, after = (json.loads(path.read_text(encoding="utf-8")) for path in chosen)
    for path, run in zip(chosen, (before, after), strict=True):
        screen.print(f"{path}: {run['commit']} on {run['at']}; {words_of(run['machine'])}")
    for words in differences(before, after):
        screen.print(f"[yellow]{words}[/]")
    screen.print(table_of_changes(changes(before, after)))


def last_two(kept: Sequence[Path]) -> Sequence[Path]:
    """Return the last two runs of one kind, by their names, which begin with their time."""
    full = [path for path in kept if not path.stem.endswith("-quick")]
    return full[-TWO:] if len(full) >= TWO else [path for path in kept if path not in full][-TWO:]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what makes two runs hard to compare."""
    said = []
    machine, other = before["machine"], after["machine"]
    for name in ("processor", "cores", "memory_gib", "system", "python"):
        if machine[name] != other[name]:
            said.append(f"not the same {name}: {machine[name]}, then {other[name]}")
    # Runs from before the turns were counted have none.
    turns, other_turns = machine.get("turns_ms"), other.get("turns_ms")
    if turns and other_turns and max(turns, other_turns) > ALIKE * min(turns, other_turns):
        said.append(
            f"not the same speed: a piece of Python took {turns} ms, then {other_turns}; "
            "compare the ratios of each run, not the figures"
        )
    if before["quick"] != after["quick"]:
        said.append("one run is quick and the other is not: their sizes differ")
    # Runs from before the year was measured have no share.
    share, other_share = before.get("share"), after.get("share")
    if share != other_share:
        said.append(f"not the same share of the year: {share}, then {other_share}")
    return said


if __name__ == "__main__":
    main()
