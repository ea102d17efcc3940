"""The directory file: everything wrong with it is said at once, with where and remedy."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.strategy.domain.directory import Post
from services.strategy.queries.directory import DirectoryFile
from services.strategy.schemas.directory import BadDirectory, directory_from

DEMO = Path(__file__).parents[3] / "shared/mash/data/demo_directory.json"


@pytest.fixture
def raw() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DEMO.read_text(encoding="utf-8"))
    return found


def faults_of(raw: Any) -> tuple[str, ...]:
    with pytest.raises(BadDirectory) as bad:
        directory_from(raw)
    return bad.value.faults


def test_the_demonstration_directory_has_what_the_demonstration_needs(
    raw: dict[str, Any],
) -> None:
    directory = directory_from(raw)

    districts = [district for team in directory.teams for district in team.patch]
    assert sorted(districts) == ["B66", "B67", "B68", "B69", "B70", "B71", "DY4", "WS10"]
    workers = [each for each in directory.people if each.post is Post.SOCIAL_WORKER]
    assert len(workers) == 12
    assert all(
        each.id.endswith("-demo") and each.name.endswith("-Demo") for each in directory.people
    )
    assert all(len({shift.weekday for shift in each.duty}) == 7 for each in directory.people)
    on_leave = [each for each in directory.people if each.leave and each.post is Post.TEAM_MANAGER]
    assert len(on_leave) == 1


def change(raw: dict[str, Any], make: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    changed = copy.deepcopy(raw)
    make(changed)
    return changed


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda d: d["teams"][0]["managers"].append("nobody"), "managers: nobody must be one"),
        (lambda d: d["teams"][0]["workers"].append("tm-01-okoro-demo"), "post social-worker"),
        (lambda d: d["teams"][0]["patch"].append("B66"), "district B66 stands 2 times"),
        (lambda d: d["teams"][0]["neighbours"].append("west-bromwich"), "another team"),
        (lambda d: d["teams"][0]["deputies"].update({"x": "tm-01-okoro-demo"}), "no manager"),
        (lambda d: d["people"].append(d["people"][0]), "the id hs-01-harkness-demo stands 2"),
        (lambda d: d.update(head_of_service="sw-01-ashgrove-demo"), "head_of_service: name"),
        (lambda d: d["people"][0].update(rota="never"), "rota never is not one of rotas"),
        (
            lambda d: d["people"][0].update(leave=[{"from": "2026-02-02", "to": "2026-01-01"}]),
            "leave: from must not be after to",
        ),
        (lambda d: d["rotas"]["every-day"][0].update(to="00:00"), "from must be before to"),
        (lambda d: d["rotas"]["every-day"][0].update(to="25:00"), "Use a time from 00:00"),
        (lambda d: d["rotas"]["every-day"][0]["days"].append("someday"), "Use a weekday"),
        (lambda d: d.update(acknowledge_minutes=0), "acknowledge_minutes: Must be"),
        (lambda d: d["teams"][0].update(managers=[]), "Name a manager"),
        (lambda d: d["people"][0].update(id="Helen H"), "Use a sign-in reference"),
        (lambda d: d["teams"][1].update(surprise=1), "teams[1].surprise: Not a field"),
    ],
)
def test_each_fault_is_named_with_its_place_and_remedy(
    raw: dict[str, Any], make: Callable[[dict[str, Any]], Any], says: str
) -> None:
    faults = faults_of(change(raw, make))

    assert any(says in fault for fault in faults), faults


def test_all_faults_are_told_at_once(raw: dict[str, Any]) -> None:
    def make(directory: dict[str, Any]) -> None:
        directory["teams"][0]["managers"].append("nobody")
        directory["people"][1]["rota"] = "never"
        directory["head_of_service"] = "nobody"

    assert len(faults_of(change(raw, make))) == 3


@pytest.mark.parametrize("raw", [None, [], "text", 7, {}])
def test_a_file_that_is_no_directory_at_all_is_refused(raw: Any) -> None:
    assert faults_of(raw)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "directory.json"
    path.write_text(DEMO.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def write(path: Path, text: str) -> None:
    before = path.stat().st_mtime_ns
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(before + 1_000_000_000, before + 1_000_000_000))


def test_a_changed_file_is_read_again(file: Path) -> None:
    directory = DirectoryFile(file)
    text = file.read_text(encoding="utf-8")
    write(file, text.replace('"acknowledge_minutes": 15', '"acknowledge_minutes": 20'))

    assert directory.current().acknowledge_minutes == 20
    assert directory.faults == ()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"teams": []}'])
def test_a_bad_new_file_leaves_the_last_good_one_in_force(file: Path, text: str) -> None:
    directory = DirectoryFile(file)
    good = file.read_text(encoding="utf-8")

    write(file, text)
    assert directory.current().acknowledge_minutes == 15
    assert directory.faults
    write(file, good)
    assert directory.current().acknowledge_minutes == 15
    assert directory.faults == ()


def test_a_file_that_disappears_leaves_the_last_good_one_in_force(file: Path) -> None:
    directory = DirectoryFile(file)
    file.unlink()

    assert directory.current().teams
    assert "cannot be read" in directory.faults[0]


def test_a_service_without_any_good_directory_does_not_start(file: Path) -> None:
    write(file, "{}")

    with pytest.raises(BadDirectory, match="teams"):
        DirectoryFile(file)
