"""The list of mutants fits the code: a mutant that cannot be made would be one that never ran."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutants.mutant import ROOT, BadMutant, Mutant, read_mutants
from tests.mutants.page import PAGE, write_page
from tests.mutants.runner import Report, Result

MUTANTS = read_mutants()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The files that mutants change, alone."""
    for name in {each.file for each in MUTANTS}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_the_text_of_each_mutant_stands_once_in_the_code(mutant: Mutant, tree: Path) -> None:
    mutant.apply(tree)

    assert (tree / mutant.file).read_bytes() != (ROOT / mutant.file).read_bytes()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_what_catches_each_mutant_exists(mutant: Mutant) -> None:
    assert [name for name in mutant.caught_by if not exists(name)] == []


def exists(catcher: str) -> bool:
    """Is there such a test, or such a module to run?"""
    if catcher.startswith("-m "):
        return (ROOT / catcher.split()[1].replace(".", "/") / "__main__.py").exists()
    file, _, test = catcher.partition("::")
    named = test.partition("[")[0]
    if not (ROOT / file).exists():
        return False
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return not named or any(
        isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == named.partition("::")[0]
        for node in ast.walk(tree)
    )


def test_a_mutant_is_named_once_and_stands_on_the_page() -> None:
    names = [each.name for each in MUTANTS]
    page = PAGE.read_text(encoding="utf-8")

    assert len(set(names)) == len(names)
    assert [name for name in names if f"\n| {name} | " not in page] == []


def test_the_page_keeps_what_an_earlier_run_found(tmp_path: Path) -> None:
    page, (first, second) = tmp_path / "README.md", MUTANTS[:2]

    for mutant, result in ((first, Result.CAUGHT), (second, Result.SURVIVED)):
        found = Report(mutant=mutant, result=result, words="tests/some.py", seconds=1)
        write_page(MUTANTS, [found], page)

    rows = [line for line in page.read_text().splitlines() if line.startswith("| ")]
    assert f"| {first.name} | {first.breaks} | `tests/some.py` |" in rows
    assert f"| {second.name} | {second.breaks} | **survived** |" in rows


def test_a_mutant_whose_text_is_gone_is_named_with_its_remedy(tree: Path) -> None:
    stale = Mutant(
        name="stale",
        breaks="",
        promise="",
        file=MUTANTS[0].file,
        find="no such text",
        replace="",
        caught_by=("tests/none.py",),
    )

    with pytest.raises(BadMutant, match=r"stands 0 times.*mutants\.toml up to date"):
        stale.apply(tree)
    assert not exists("tests/none.py")
    assert not exists("tests/mutants/test_anchors.py::test_that_is_not_there")
