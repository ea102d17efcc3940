"""What an operator reads is what the product reads; what is installed as ours is ours."""

from __future__ import annotations

import re
from importlib.metadata import packages_distributions

from tests.architecture.tree import ROOT


def test_the_packages_that_are_installed_under_our_names_are_ours() -> None:
    # The names are common; a dependency that ships the same one would hide ours.
    installed = packages_distributions()

    assert installed["shared"] == ["golden-thread"]
    assert installed["services"] == ["golden-thread"]


def test_nothing_committed_names_a_machine_or_a_person_who_worked_on_it() -> None:
    unwanted = re.compile(r"/work/|\.\./shared/|https?://(pypi|registry)[.-]")
    kinds = ("*.py", "*.md", "*.yml", "*.toml", "*.sh", "*.html", "*.env", "*.conf", "*.txt")
    folders = ("shared", "services", "deploy", "tests", "benchmarks", "docs", ".")
    for folder in folders:
        for kind in kinds:
            for path in (ROOT / folder).glob(f"**/{kind}" if folder != "." else kind):
                if path.name != "test_settings_and_parts.py":
                    found = unwanted.search(path.read_text(encoding="utf-8"))
                    assert not found, f"{path.relative_to(ROOT)}: {found and found.group()}"
