"""Who is asking and which role they hold: the people, the marks on views, and the current actor.

Deny by default: a view that carries neither `@requires` nor `@public` answers 403 to everybody
(`shared.web.guard` enforces it; `unguarded_routes` lets a test find such a view first).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from flask import Flask, g
from werkzeug.security import check_password_hash

from shared.events.codes import Role
from shared.events.seal import Actor

log = logging.getLogger(__name__)
View = TypeVar("View", bound=Callable[..., Any])

STAFF: Final = tuple(role for role in Role if role not in {Role.SERVICE, Role.PARTNER})
EVERYONE: Final = (*STAFF, Role.PARTNER)
"""Every role a person can hold: anybody who is signed in."""

_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HASH = re.compile(r"(scrypt|pbkdf2):[^$]+\$[^$]+\$[0-9a-f]+")
# A hash of nothing anybody knows: an unknown name costs the same time as a wrong password.
_NOBODY: Final = "scrypt:32768:8:1$goldenthreadnone$" + "0" * 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may sign in. `agency` is set for a partner agency's people."""

    id: str
    name: str
    roles: tuple[Role, ...]
    agency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person and the two ways they prove who they are."""

    person: Person
    password_hash: str | None = None
    token_sha256: str | None = None


class BadAccounts(ValueError):
    """The accounts file cannot be used; every fault in it is named."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        lines = "\n".join(f"  - {fault}" for fault in self.faults)
        super().__init__(f"The accounts file is not usable:\n{lines}")


class Accounts:
    """The people who may sign in. Read from a file, the file is read again when it changes."""

    def __init__(self, accounts: Iterable[Account], *, path: Path | None = None) -> None:
        self._by_id = {account.person.id: account for account in accounts}
        self._path = path
        self._stamp = _stamp(path)

    @classmethod
    def from_file(cls, path: str | Path) -> Accounts:
        """Read the file; raise `BadAccounts` with all faults at once."""
        return cls(_read(Path(path)), path=Path(path))

    def person(self, id: str) -> Person | None:
        """The person with this sign-in name, if there (still) is one."""
        account = self._current().get(id)
        return account.person if account else None

    def by_token(self, token: str) -> Person | None:
        """The person whose bearer token this is. Every account is compared, in constant time."""
        digest, found = sha256(token), None
        for account in self._current().values():
            if hmac.compare_digest(digest, account.token_sha256 or ""):
                found = account.person
        return found

    def check(self, id: str, password: str) -> Person | None:
        """The person, if name and password match. Takes as long for an unknown name."""
        account = self._current().get(id)
        known = account.password_hash if account else None
        matches = check_password_hash(known or _NOBODY, password)
        return account.person if account and known and matches else None

    def _current(self) -> Mapping[str, Account]:
        stamp = _stamp(self._path)
        if self._path is None or stamp is None or stamp == self._stamp:
            return self._by_id
        self._stamp = stamp
        try:
            self._by_id = {account.person.id: account for account in _read(self._path)}
        except BadAccounts as fault:
            # A slip of the editor must not lock everybody out: the last good file stays in force.
            log.error("accounts file not reloaded", extra={"faults": len(fault.faults)})
        return self._by_id


def sha256(token: str) -> str:
    """The form in which a token is stored and compared."""
    return hashlib.sha256(token.encode()).hexdigest()


def requires(*roles: Role) -> Callable[[View], View]:
    """Mark a view with the roles that may use it."""
    if not roles:
        raise ValueError("Name at least one role: @requires(Role.MASH_MANAGER)")

    def mark(view: View) -> View:
        view.__dict__["allowed_roles"] = tuple(roles)
        return view

    return mark


def public(view: View) -> View:
    """Mark a view that anybody may use without signing in."""
    view.__dict__["allowed_roles"] = ()
    return view


def allowed_roles(app: Flask, endpoint: str, *, method: str) -> tuple[Role, ...] | None:
    """The roles a view accepts: () when it is public, None when nobody marked it."""
    view: Any = app.view_functions[endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        view = getattr(view_class, "get" if method == "HEAD" else method.lower(), view)
    marked: tuple[Role, ...] | None = getattr(view, "allowed_roles", None)
    return marked


def unguarded_routes(app: Flask) -> list[str]:
    """Routes that carry neither `@requires` nor `@public`, for the architecture test."""
    return sorted(
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if allowed_roles(app, rule.endpoint, method=method) is None
    )


def current_actor() -> Actor:
    """Who is acting, in the role in which this route accepts them."""
    actor: Actor | None = g.get("actor")
    if actor is None:
        raise LookupError("Nobody is acting here: mark the view with @requires")
    return actor


def current_person() -> Person | None:
    """The person who is signed in; None for another service and on public pages."""
    person: Person | None = g.get("person")
    return person


def _stamp(path: Path | None) -> tuple[int, int] | None:
    try:
        status = path.stat() if path else None
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size) if status else None


def _read(path: Path) -> list[Account]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadAccounts([f"it cannot be read as JSON ({type(error).__name__})"]) from None
    if not isinstance(entries, list):
        raise BadAccounts(["it must be a list of accounts"])
    faults = [
        f"entry {number}: {fault}"
        for number, entry in enumerate(entries, start=1)
        for fault in _faults(entry)
    ]
    faults += [f"more than one account has the {what}" for what in _repeated(entries)]
    if faults:
        raise BadAccounts(faults)
    return [_account(entry) for entry in entries]


def _faults(entry: Any) -> list[str]:
    if not isinstance(entry, dict):
        return ["must be an object"]
    roles = entry.get("roles")
    known = {role.value for role in EVERYONE}
    checks = {
        "id must be 1 to 64 of a-z, 0-9, dot and hyphen": _matches(_ID, entry.get("id")),
        "name is missing": isinstance(entry.get("name"), str) and bool(entry["name"].strip()),
        f"roles must be a list of one or more of: {', '.join(sorted(known))}": (
            isinstance(roles, list) and bool(roles) and all(role in known for role in roles)
        ),
        "agency must be text or null": isinstance(entry.get("agency"), str | None),
        "password_hash must be a scrypt or pbkdf2 hash, or null": (
            entry.get("password_hash") is None or _matches(_HASH, entry["password_hash"])
        ),
        "token_sha256 must be 64 hexadecimal digits, or null": (
            entry.get("token_sha256") is None or _matches(_SHA256, entry["token_sha256"])
        ),
        "has fields nobody knows": set(entry)
        <= {"id", "name", "roles", "agency", "password_hash", "token_sha256"},
    }
    return [fault for fault, passed in checks.items() if not passed]


def _matches(pattern: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None


def _repeated(entries: list[Any]) -> list[str]:
    found = []
    for field, words in (("id", "same id"), ("token_sha256", "same token")):
        values = [e[field] for e in entries if isinstance(e, dict) and e.get(field)]
        if len({str(value) for value in values}) < len(values):
            found.append(words)
    return found


def _account(entry: Mapping[str, Any]) -> Account:
    person = Person(
        id=entry["id"],
        name=entry["name"].strip(),
        roles=tuple(Role(role) for role in entry["roles"]),
        agency=entry.get("agency"),
    )
    return Account(
        person=person,
        password_hash=entry.get("password_hash"),
        token_sha256=entry.get("token_sha256"),
    )
