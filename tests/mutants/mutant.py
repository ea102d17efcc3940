"""What a mutant is: one guard taken away, and the test that must notice. The list is data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
LIST: Final = Path(__file__).with_name("mutants.toml")
PYTEST: Final = ("-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider")


class BadMutant(ValueError):
    """A mutant that cannot be made. The message names it and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One guard taken away. `find` stands exactly once in `file`."""

    name: str
    breaks: str
    """What goes wrong in the world when this guard is missing, in words."""
    promise: str
    file: str
    find: str
    replace: str
    caught_by: tuple[str, ...]
    """Tests by their pytest name, or one line that begins with "-m": a module to run."""

    @property
    def command(self) -> tuple[str, ...]:
        """What is given to Python to catch it."""
        first = self.caught_by[0]
        return tuple(first.split()) if first.startswith("-m ") else (*PYTEST, *self.caught_by)

    def apply(self, folder: Path) -> None:
        """Take the guard away in a copy of the tree. Raises BadMutant."""
        target = folder / self.file
        text = target.read_text(encoding="utf-8") if target.exists() else ""
        if (count := text.count(self.find)) != 1:
            raise BadMutant(
                f"{self.name}: its text stands {count} times in {self.file}, not once. "
                f"Bring `find` in {LIST.name} up to date with the code."
            )
        changed = text.replace(self.find, self.replace)
        try:
            compile(changed, self.file, "exec")
        except SyntaxError as fault:
            raise BadMutant(f"{self.name}: what it makes of {self.file} is no Python.") from fault
        target.write_text(changed, encoding="utf-8")


def read_mutants(file: Path = LIST) -> tuple[Mutant, ...]:
    """Return every mutant of the list, in its order."""
    listed = tomllib.loads(file.read_text(encoding="utf-8"))["mutant"]
    return tuple(Mutant(**{**each, "caught_by": tuple(each["caught_by"])}) for each in listed)
