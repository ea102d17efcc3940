"""Makes the replica set, its administrator and one user per service with its own database.

Runs beside mongod (on its loopback address), where an empty server lets the first user be made.
The members that MONGO_MEMBERS names beyond the first are then let in, one after another, so that a
set of one grows without being emptied. Safe to run again: a changed password in .env is set and a
member that is missing is let in; nothing else changes.
"""

# ruff: noqa: T201, TID251
# A program of its own beside the services: prints for its container's log, reads compose's
# passwords, waits for a server that is starting.

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

SET = "golden-thread"
SERVICES = ("referral", "strategy", "audit")
DEADLINE_SECONDS = 120
AUTHENTICATION_FAILED = 18
ALREADY_INITIATED = 23
APPEND_ONLY = ("audit",)
RIGHTS = Path(__file__).with_name("audit-rights.json")
ADD = ("find", "insert", "createCollection", "createIndex", "listIndexes", "collStats")
CHANGE = ("update", "remove")

Server = pymongo.MongoClient[dict[str, Any]]
Database = pymongo.database.Database[dict[str, Any]]


def main() -> None:
    wait_until("mongod answers", answers)
    administrator = os.environ["MONGO_ADMIN_PASSWORD"]
    members = os.environ.get("MONGO_MEMBERS", "mongo:27017").split(",")
    if not signs_in(administrator):
        initiate(members[0])
        create_administrator(administrator)
    server = set_of(members[:1] if is_primary() else members, administrator)
    for member in members[1:]:
        let_in(member, server)
    for service in SERVICES:
        password = os.environ[f"MONGO_{service.upper()}_PASSWORD"]
        give_database(server, service, password)
    print("The replica set, its databases and its users are there")


def answers() -> bool:
    return bool(client().admin.command("ping"))


def is_primary() -> bool:
    return bool(client().admin.command("hello")["isWritablePrimary"])


def client(**more: str) -> Server:
    return pymongo.MongoClient(
        "127.0.0.1", directConnection=True, serverSelectionTimeoutMS=2_000, **more
    )


def set_of(members: list[str], password: str) -> Server:
    """Return a client that finds the primary, whichever member it is."""
    return pymongo.MongoClient(
        members, replicaSet=SET, username="administrator", password=password, retryWrites=True
    )


def signs_in(password: str) -> bool:
    try:
        client(username="administrator", password=password).admin.command("ping")
    except OperationFailure as fault:
        if fault.code != AUTHENTICATION_FAILED:
            raise
        return False
    return True


def initiate(host: str) -> None:
    member = {"_id": 0, "host": host}
    try:
        client().admin.command("replSetInitiate", {"_id": SET, "members": [member]})
    except OperationFailure as fault:
        if fault.code != ALREADY_INITIATED:
            raise
    wait_until("a primary is elected", is_primary)


def let_in(host: str, server: Server) -> None:
    """Add a member, and wait until it holds everything: one voter at a time keeps a majority."""
    wait_until(f"{host} answers", lambda: bool(alone(host).admin.command("ping")))
    # The set changes its own configuration when a new member has caught up: then ours is refused,
    # and made again from the new one.
    wait_until(f"{host} is let in", lambda: is_member(host, server))
    wait_until(f"{host} follows", lambda: host in following(server))


def is_member(host: str, server: Server) -> bool:
    """Is it a member? Where not, ask for it, and say no."""
    config = server.admin.command("replSetGetConfig")["config"]
    members = config["members"]
    if host in [each["host"] for each in members]:
        return True
    number = max(each["_id"] for each in members) + 1
    config |= {"version": config["version"] + 1}
    config["members"] = [*members, {"_id": number, "host": host}]
    server.admin.command("replSetReconfig", config)
    return False


def alone(host: str) -> Server:
    return pymongo.MongoClient(host, directConnection=True, serverSelectionTimeoutMS=2_000)


def following(server: Server) -> set[str]:
    """Return the members that can take over, or have."""
    told = server.admin.command("replSetGetStatus")["members"]
    return {each["name"] for each in told if each["stateStr"] in {"PRIMARY", "SECONDARY"}}


def create_administrator(password: str) -> None:
    try:
        client().admin.command("createUser", "administrator", pwd=password, roles=["root"])
    except OperationFailure as fault:
        raise SystemExit(
            "This server has an administrator already, with another MONGO_ADMIN_PASSWORD than "
            f".env says. Put the old one back into .env. ({fault.code_name})"
        ) from None


def give_database(server: Server, service: str, password: str) -> None:
    """Each service reads and writes its own database and can sign in to no other."""
    database = server[f"golden_thread_{service}"]
    roles = ["readWrite"]
    if service in APPEND_ONLY:
        put(database, "Role", "record-keeper", privileges=privileges_of(database.name), roles=[])
        roles = ["record-keeper"]
    put(database, "User", service, pwd=password, roles=roles)


def put(database: Database, kind: str, name: str, **content: object) -> None:
    known = database.command(f"{kind.lower()}sInfo", name)[f"{kind.lower()}s"]
    database.command(f"{'update' if known else 'create'}{kind}", name, **content)


def privileges_of(database: str) -> list[dict[str, object]]:
    """What is written into an append-only collection is never changed or taken out again."""
    rights = json.loads(RIGHTS.read_text(encoding="utf-8"))
    collections = dict.fromkeys(rights["append_only"], ADD) | dict.fromkeys(
        rights["read_write"], ADD + CHANGE
    )
    return [
        {"resource": {"db": database, "collection": ""}, "actions": ["listCollections", "dbStats"]},
        *(
            {"resource": {"db": database, "collection": name}, "actions": list(actions)}
            for name, actions in collections.items()
        ),
    ]


def wait_until(what: str, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(PyMongoError):
            if holds():
                return
        time.sleep(0.5)
    raise SystemExit(f"Gave up waiting until {what}: see the logs of mongo")


if __name__ == "__main__":
    main()
