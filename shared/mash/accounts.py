"""The sign-ins of the embedded system: made at the first start, with random passwords and tokens.

Two files: hashes for the services, and the passwords themselves for the person who runs it, who
alone may read them.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any, Final

from werkzeug.security import generate_password_hash

from shared.events.codes import Role
from shared.mash.folder import DataFolder, read_json, write_private

OPERATOR: Final = "mash-operator"
"""The account that `mash trace`, `verify`, `parked` and `replay` sign in with."""

QUICK_HASH: Final = "scrypt:4096:8:1"
"""Passwords here are random and long: no list of likely ones can be tried, so this may be quick."""

OPERATOR_ROLES: Final = (Role.AUDITOR.value, Role.ADMINISTRATOR.value)
ROLE_OF_POST: Final = {
    "head-of-service": Role.TEAM_MANAGER.value,
    "team-manager": Role.TEAM_MANAGER.value,
    "social-worker": Role.SOCIAL_WORKER.value,
}
DATA: Final = files("shared.mash") / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One person of the embedded system, with what they sign in with."""

    id: str
    name: str
    roles: tuple[str, ...]
    agency: str | None
    password: str
    token: str

    def account(self) -> Mapping[str, Any]:
        """Return what the services keep: nothing that could be used to sign in."""
        return {
            "id": self.id,
            "name": self.name,
            "roles": list(self.roles),
            "agency": self.agency,
            "password_hash": generate_password_hash(self.password, QUICK_HASH),
            "token_sha256": hashlib.sha256(self.token.encode()).hexdigest(),
        }


def prepare(folder: DataFolder) -> tuple[SignIn, ...]:
    """Return the sign-ins, made now if this folder has none. Also lays down the directory file."""
    if not folder.directory.exists():
        folder.directory.write_bytes((DATA / "demo_directory.json").read_bytes())
    if not (folder.accounts.exists() and folder.sign_ins.exists()):
        made = tuple(new_sign_in(person) for person in _people(folder))
        write_private(folder.sign_ins, [asdict(each) for each in made])
        write_private(folder.accounts, [each.account() for each in made])
    return read_sign_ins(folder)


def read_sign_ins(folder: DataFolder) -> tuple[SignIn, ...]:
    """Return the sign-ins this folder keeps."""
    kept = read_json(folder.sign_ins)
    return tuple(SignIn(**{**each, "roles": tuple(each["roles"])}) for each in kept)


def operator(sign_ins: Iterable[SignIn]) -> SignIn:
    """Return the account of the command line itself."""
    return next(each for each in sign_ins if each.id == OPERATOR)


def new_sign_in(person: Mapping[str, Any]) -> SignIn:
    """Return a sign-in for a person, with a password and a token nobody has seen before."""
    return SignIn(
        id=person["id"],
        name=person["name"],
        roles=tuple(person["roles"]),
        agency=person.get("agency"),
        password=secrets.token_hex(8),
        token=secrets.token_urlsafe(32),
    )


def _people(folder: DataFolder) -> list[Mapping[str, Any]]:
    hub = (DATA / "demo_people.json").read_text(encoding="utf-8")
    itself = {"id": OPERATOR, "name": "The mash command", "roles": OPERATOR_ROLES}
    return [*_json(hub), *people_of_the_directory(read_json(folder.directory)), itself]


def people_of_the_directory(directory: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the team managers and social workers whom the directory names."""
    return [
        {"id": person["id"], "name": person["name"], "roles": [ROLE_OF_POST[person["post"]]]}
        for person in directory["people"]
    ]


def _json(text: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = json.loads(text)
    return found
