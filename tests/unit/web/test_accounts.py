"""Who may sign in: read from a file, checked as a whole, read again when it changes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from werkzeug.security import generate_password_hash

from shared.auth import Accounts, BadAccounts, sha256
from shared.events.codes import Role

HASH = generate_password_hash("right", "pbkdf2:sha256:1")


def entry(**but: Any) -> dict[str, Any]:
    return {
        "id": "t.ahmed-demo",
        "name": "Tariq Demo",
        "roles": ["team-manager"],
        "agency": None,
        "password_hash": HASH,
        "token_sha256": sha256("right token"),
        **but,
    }


def written(path: Path, *entries: Any) -> Path:
    path.write_text(json.dumps(list(entries)))
    return path


def test_a_person_is_known_by_name_and_password(tmp_path: Path) -> None:
    accounts = Accounts.from_file(written(tmp_path / "a.json", entry()))

    person = accounts.check("t.ahmed-demo", "right")

    assert person is not None
    assert (person.name, person.roles) == ("Tariq Demo", (Role.TEAM_MANAGER,))
    assert accounts.check("t.ahmed-demo", "wrong") is None
    assert accounts.check("nobody", "right") is None


def test_a_person_is_known_by_token_and_by_no_other(tmp_path: Path) -> None:
    accounts = Accounts.from_file(
        written(tmp_path / "a.json", entry(), entry(id="b", token_sha256=None))
    )

    found = accounts.by_token("right token")

    assert found is not None
    assert found.id == "t.ahmed-demo"
    assert accounts.by_token("wrong token") is None
    assert accounts.by_token("") is None


def test_an_account_without_a_password_cannot_sign_in(tmp_path: Path) -> None:
    accounts = Accounts.from_file(written(tmp_path / "a.json", entry(password_hash=None)))

    assert accounts.check("t.ahmed-demo", "") is None
    assert accounts.check("t.ahmed-demo", "right") is None


def test_every_fault_of_the_file_is_told_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.json",
        entry(),
        entry(id="T Ahmed", roles=["team-manager", "king"]),
        entry(name=" ", password_hash="secret", token_sha256="abc"),
        entry(id="x", roles=["service"], agency=3, pasword="x", token_sha256=None),
        "not an account",
    )

    with pytest.raises(BadAccounts) as caught:
        Accounts.from_file(path)

    told = "\n".join(caught.value.faults)
    assert "entry 2: id must be" in told
    assert "entry 2: roles must be" in told
    assert "entry 3: name is missing" in told
    assert "entry 3: password_hash must be" in told
    assert "entry 3: token_sha256 must be" in told
    assert "entry 4: roles must be" in told
    assert "entry 4: agency must be" in told
    assert "entry 4: has fields nobody knows" in told
    assert "entry 5: must be an object" in told
    assert "same id" in told
    assert "same token" in told
    assert "secret" not in told


@pytest.mark.parametrize("text", ["", "{}", "[", "\x00"])
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)

    with pytest.raises(BadAccounts):
        Accounts.from_file(path)


def test_a_leaver_is_gone_as_soon_as_the_file_is_saved(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", entry())
    accounts = Accounts.from_file(path)

    written(path, entry(id="somebody-else"))

    assert accounts.person("t.ahmed-demo") is None
    assert accounts.person("somebody-else") is not None


def test_a_slip_in_the_file_keeps_the_last_good_one(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", entry())
    accounts = Accounts.from_file(path)

    path.write_text("[oh dear")
    os.utime(path, (1, 1))

    assert accounts.person("t.ahmed-demo") is not None


def test_roles_of_a_person_may_be_several(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", entry(roles=["auditor", "mash-manager"]))

    person = Accounts.from_file(path).person("t.ahmed-demo")

    assert person is not None
    assert person.roles == (Role.AUDITOR, Role.MASH_MANAGER)
