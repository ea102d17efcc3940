"""Writes the list of mutants, with what caught each, as a page for readers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Final

from tests.mutants.mutant import Mutant
from tests.mutants.runner import Report, Result

PAGE: Final = Path(__file__).with_name("README.md")
HEADING: Final = """# Mutants

Each line is the product with one guard taken away. A test has to notice every one of them: a guard
that can be removed without anybody noticing is not known to work. `make mutants` makes each in a
copy of the tree and runs its catcher, two at a time; `make mutants ARGS='--only "no mandatory"'`
runs one.

What caught each is written here by `make mutants ARGS=--write`. The list itself is `mutants.toml`;
that its texts still stand in the code is checked with every test run.
"""
COLUMNS: Final = "| guard taken away | what goes wrong | caught by |\n|---|---|---|\n"
NOT_RUN: Final = "not run since it was added"


def write_page(mutants: Iterable[Mutant], reports: Iterable[Report], page: Path = PAGE) -> None:
    """Write what these runs found; what was not run keeps what an earlier run found."""
    before = _caught_before(page.read_text(encoding="utf-8") if page.exists() else "")
    caught = {**before, **{each.mutant.name: _verdict(each) for each in reports}}
    page.write_text(page_of(mutants, caught), encoding="utf-8")


def page_of(mutants: Iterable[Mutant], caught: dict[str, str]) -> str:
    """Return the page: by promise, in the order of the list."""
    parts = [HEADING]
    for promise, of_promise in groupby(mutants, key=lambda each: each.promise):
        parts.append(f"\n## {promise}\n\n{COLUMNS}")
        parts += [
            f"| {each.name} | {each.breaks} | {caught.get(each.name, NOT_RUN)} |\n"
            for each in of_promise
        ]
    return "".join(parts)


def _verdict(report: Report) -> str:
    return f"`{report.words}`" if report.result is Result.CAUGHT else f"**{report.result}**"


def _caught_before(text: str) -> dict[str, str]:
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {cells[0]: cells[-1] for cells in rows}
