"""The import contracts hold, and each of them is seen to fail when it is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

LINT = Path(sys.executable).parent / "lint-imports"


def lint(folder: Path) -> str:
    """Run the contracts of a tree. Returns what was said, "" when all are kept."""
    asked = subprocess.run(
        [str(LINT), "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )
    return "" if asked.returncode == 0 else f"{asked.stdout}\n{asked.stderr}"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree in which a contract may be broken."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("services", "shared"):
        only_code = shutil.ignore_patterns("static", "templates", "data", "__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=only_code)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_import_contracts_are_kept() -> None:
    assert lint(ROOT) == ""


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        (
            "services/strategy/queries/__init__.py",
            "import services.referral.domain.stages",
            "No service imports another",
        ),
        ("shared/rules.py", "import services.audit", "shared knows no service"),
        (
            "services/referral/domain/stages.py",
            "import services.referral.handlers",
            "Rooms of a service",
        ),
        ("services/audit/helpers.py", "", "Rooms of a service"),
        ("services/referral/domain/stages.py", "import pymongo", "Rules are plain Python"),
        ("services/referral/domain/stages.py", "import shared.store", "Rules are plain Python"),
        ("shared/working_days.py", "import flask", "Rules are plain Python"),
        ("shared/store.py", "import kombu", "Only shared.messaging speaks AMQP"),
        ("services/audit/handlers/keeping.py", "import pika", "Only shared.messaging speaks AMQP"),
        (
            "services/referral/api.py",
            "import services.referral.documents",
            "Entry points reach documents only through handlers",
        ),
        ("shared/run.py", "import shared.mash.cli", "Nobody depends on the command line"),
    ],
)
def test_a_broken_contract_is_noticed(copy: Path, module: str, line: str, contract: str) -> None:
    file = copy / module
    before = file.read_text(encoding="utf-8") if file.exists() else None
    file.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        said = lint(copy)
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_text(before, encoding="utf-8")

    broken = said.split("Broken contracts")[-1] if said else ""
    assert contract in broken
