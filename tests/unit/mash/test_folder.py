"""The data folder is its owner's alone, and keeps what must not change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shared.events.codes import Role
from shared.mash import accounts
from shared.mash.children import CannotStart
from shared.mash.embedded import only_launcher
from shared.mash.folder import DataFolder, write_private


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.at(tmp_path / "var")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_only_the_owner_may_look_into_the_folder(folder: DataFolder) -> None:
    assert {mode(each) for each in (folder.root, folder.mongo, folder.run)} == {0o700}


def test_secrets_are_made_once_and_kept(folder: DataFolder) -> None:
    first = folder.secrets()

    assert folder.secrets() == first
    assert min(len(secret) for secret in first.values()) >= 32
    assert mode(folder.root / "secrets.json") == 0o600


def test_a_file_is_replaced_whole(folder: DataFolder) -> None:
    path = folder.root / "thing.json"
    write_private(path, {"n": 1})
    write_private(path, {"n": 2})

    assert json.loads(path.read_text()) == {"n": 2}
    assert [each.name for each in folder.root.glob("thing*")] == ["thing.json"]


def test_there_is_a_sign_in_for_every_role_of_a_person(folder: DataFolder) -> None:
    sign_ins = accounts.prepare(folder)

    held = {role for each in sign_ins for role in each.roles}
    assert held == {role.value for role in Role} - {Role.SERVICE.value}
    assert len({each.password for each in sign_ins}) == len(sign_ins)


def test_sign_ins_stay_the_same_at_the_next_start(folder: DataFolder) -> None:
    assert accounts.prepare(folder) == accounts.prepare(folder)


def test_the_accounts_file_holds_no_password_and_no_token(folder: DataFolder) -> None:
    sign_ins = accounts.prepare(folder)

    kept = folder.accounts.read_text()
    assert not any(each.password in kept or each.token in kept for each in sign_ins)
    assert {mode(folder.accounts), mode(folder.sign_ins)} == {0o600}


def test_a_second_launcher_is_told_that_one_is_running(folder: DataFolder) -> None:
    with only_launcher(folder):
        write_private(folder.running, {"url": "http://127.0.0.1:8080"})

        with (
            pytest.raises(CannotStart, match=r"already running at http://127\.0\.0\.1:8080"),
            only_launcher(folder),
        ):
            pass


def test_the_lock_is_free_again_when_the_launcher_has_ended(folder: DataFolder) -> None:
    with only_launcher(folder):
        pass
    with only_launcher(folder) as lock:
        assert not lock.closed
