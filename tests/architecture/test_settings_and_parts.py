"""What an operator reads is what the product reads; what is installed as ours is ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions

import pytest
import yaml

from shared.settings import BadSettings, Settings
from tests.architecture.tree import ROOT, SERVICES

EXAMPLE = ROOT / "deploy" / "example.env"
COMPOSE = ROOT / "docker-compose.yml"
NAME = re.compile(r"^#?\s?([A-Z][A-Z0-9_]*)=", re.MULTILINE)


class Recording(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@pytest.fixture(scope="module")
def read_by_a_process() -> set[str]:
    """The names of every setting that a process reads."""
    environ = Recording()
    with pytest.raises(BadSettings):
        Settings.from_env(environ)
    assert "MONGO_URL" in environ.asked
    return environ.asked


def test_every_setting_is_explained_in_the_example(read_by_a_process: set[str]) -> None:
    explained = set(NAME.findall(EXAMPLE.read_text(encoding="utf-8")))

    assert read_by_a_process - explained == set()


def test_the_example_explains_nothing_that_nobody_reads(read_by_a_process: set[str]) -> None:
    readers = [COMPOSE, *(ROOT / "deploy").rglob("*.sh"), *(ROOT / "deploy").rglob("*.py")]
    used = "\n".join(path.read_text(encoding="utf-8") for path in readers)
    explained = set(NAME.findall(EXAMPLE.read_text(encoding="utf-8")))

    idle = {name for name in explained - read_by_a_process if not re.search(rf"\b{name}\b", used)}
    assert idle == set()


def test_compose_sets_only_what_a_process_reads(read_by_a_process: set[str]) -> None:
    described = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    for service in SERVICES:
        mine = {
            name: part
            for name, part in described["services"].items()
            if name.startswith(f"{service}-")
        }
        assert mine, f"no process of {service} in docker-compose.yml"
        for part in mine.values():
            assert set(part["environment"]) - read_by_a_process == set()


def test_the_packages_that_are_installed_under_our_names_are_ours() -> None:
    # The names are common; a dependency that ships the same one would hide ours.
    installed = packages_distributions()

    assert installed["shared"] == ["golden-thread"]
    assert installed["services"] == ["golden-thread"]


def test_nothing_committed_names_a_machine_or_a_person_who_worked_on_it() -> None:
    unwanted = re.compile(r"/work/|\.\./shared/|https?://(pypi|registry)[.-]")
    kinds = ("*.py", "*.md", "*.yml", "*.toml", "*.sh", "*.html", "*.env", "*.conf")
    folders = ("shared", "services", "deploy", "tests", "docs", ".")
    for folder in folders:
        for kind in kinds:
            for path in (ROOT / folder).glob(f"**/{kind}" if folder != "." else kind):
                if path.name != "test_settings_and_parts.py":
                    found = unwanted.search(path.read_text(encoding="utf-8"))
                    assert not found, f"{path.relative_to(ROOT)}: {found and found.group()}"
