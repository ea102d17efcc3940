"""SECURITY.md claims nothing that is not there: every control has its place and its test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.architecture.tree import ROOT, read

HEADER = ["control", "where it lives", "test that proves it"]
QUOTED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Control:
    """One row of a table of controls."""

    name: str
    places: tuple[str, ...]
    tests: tuple[str, ...]


def cells_of(line: str) -> list[str]:
    """Return the cells of a line of a table; none for any other line."""
    line = line.strip()
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []


def controls_of(page: str) -> Iterator[Control]:
    """Yield the rows of every table of controls; other tables are left alone."""
    inside = False
    for line in page.splitlines():
        cells = cells_of(line)
        if not cells or cells == HEADER:
            inside = bool(cells)
        elif inside and set("".join(cells)) - set("-: "):
            name, where, proof = [*cells, "", ""][: len(HEADER)]
            yield Control(name, tuple(QUOTED.findall(where)), tuple(QUOTED.findall(proof)))


def faults_of(control: Control) -> list[str]:
    """Return what a row claims that is not so."""
    faults = [] if control.name else ["a row has no control"]
    faults += [] if control.places else ["it names no place"]
    faults += [] if control.tests else ["it names no test"]
    faults += [f"there is no {place}" for place in control.places if not is_ours(place)]
    return faults + [f"there is no test {test}" for test in control.tests if not is_test(test)]


def is_ours(place: str) -> bool:
    """Is there such a file or folder in this checkout?"""
    path = (ROOT / place).resolve()
    return path.exists() and path.is_relative_to(ROOT.resolve())


def is_test(named: str) -> bool:
    """Is there such a test: `file::test`, or `file::Class::test`?"""
    file, *inside = named.split("::")
    if not inside or not inside[-1].startswith("test_") or not (ROOT / file).is_file():
        return False
    return "::".join(inside) in set(named_in(read(ROOT / file).tree.body))


def named_in(body: list[ast.stmt], within: str = "") -> Iterator[str]:
    """Yield the names of the functions of a module, those of a class with its name before them."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from named_in(node.body, f"{within}{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{within}{node.name}"


PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
CONTROLS = tuple(controls_of(PAGE))


def test_every_table_of_what_is_built_is_one_of_controls() -> None:
    built = PAGE.partition("\n## Not built yet\n")[0].splitlines()
    tables = [line for line in built if set(line) == set("|-")]

    assert len(CONTROLS) > 20
    assert [cells_of(line) for line in built].count(HEADER) == len(tables)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda each: each.name)
def test_a_control_is_where_the_page_says_and_has_its_test(control: Control) -> None:
    assert faults_of(control) == []


@pytest.mark.parametrize(
    ("where", "proof", "fault"),
    [
        ("", "`tests/unit/shared/test_logs.py::test_the_text_of_a_fault`", "no place"),
        ("`shared/auth.py`", "", "no test"),
        ("`shared/gone.py`", "", "there is no shared/gone.py"),
        ("`../`", "", "there is no ../"),
        ("`shared/auth.py`", "`tests/gone.py::test_it`", "there is no test tests/gone.py"),
        ("`shared/auth.py`", "`tests/conftest.py::test_it`", "there is no test tests/conftest.py"),
        ("`shared/auth.py`", "`tests/conftest.py`", "there is no test tests/conftest.py"),
        ("`shared/auth.py`", "`tests/conftest.py::environment`", "there is no test"),
    ],
)
def test_a_claim_that_is_not_so_is_found(where: str, proof: str, fault: str) -> None:
    page = f"| {' | '.join(HEADER)} |\n|---|---|---|\n| a lock | {where} | {proof} |\n"
    (control,) = controls_of(page)

    assert any(fault in each for each in faults_of(control))


def test_a_short_row_is_a_row_and_another_table_is_not() -> None:
    page = f"| a | b | c |\n|---|---|---|\n| d | e | f |\n\n| {' | '.join(HEADER)} |\n| a lock |\n"

    assert [each.name for each in controls_of(page)] == ["a lock"]


def test_a_test_in_a_class_is_named_with_its_class() -> None:
    body = ast.parse("class Outer:\n async def test_inner(self): ...\ndef test_alone(): ...").body

    assert list(named_in(body)) == ["Outer::test_inner", "test_alone"]
