"""A private PostgreSQL for the one peer whose best recorder needs it, where the machine has one."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.support.nodes import free_port
from tests.support.waiting import eventually

NEEDED: Final = ("initdb", "postgres", "pg_isready")
PLACES: Final = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
OTHERS: Final = ("postgres", "nobody")
"""Who runs it when we are root, whom it refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """How a peer reaches it, or why it cannot."""

    environment: Mapping[str, str] = field(default_factory=dict)
    missing: str | None = None


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[Database]:
    """Run a private server for a block, durable as it comes (fsync, synchronous commit)."""
    programs = {name: _find(name) for name in NEEDED}
    if lacking := [name for name, path in programs.items() if path is None]:
        yield Database(missing=f"PostgreSQL is not on this machine: no {', '.join(lacking)}")
        return
    with tempfile.TemporaryDirectory(prefix="bench-pg-", ignore_cleanup_errors=True) as home:
        user = _user()
        owner: dict[str, Any] = {"user": user} if os.geteuid() == 0 else {}
        if owner:
            shutil.chown(home, user)
        data, port = f"{home}/data", free_port()
        quiet: dict[str, Any] = {"capture_output": True, "cwd": home, **owner}
        subprocess.run(
            [str(programs["initdb"]), "-D", data, "-U", "bench", "-A", "trust"], check=True, **quiet
        )
        command = [str(programs["postgres"]), "-D", data, "-p", str(port), "-h", "127.0.0.1"]
        with (folder / "postgres.log").open("ab") as log:
            server = subprocess.Popen(
                [*command, "-k", home], stdout=log, stderr=log, cwd=home, **owner
            )
        try:
            asking = [str(programs["pg_isready"]), "-h", "127.0.0.1", "-p", str(port)]
            eventually(
                lambda: subprocess.run(asking, capture_output=True, check=False).returncode == 0,
                "PostgreSQL answers",
                within=60,
            )
            yield Database(
                environment={
                    "POSTGRES_DBNAME": "postgres",
                    "POSTGRES_HOST": "127.0.0.1",
                    "POSTGRES_PORT": str(port),
                    "POSTGRES_USER": "bench",
                    "POSTGRES_PASSWORD": "none",
                }
            )
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)


def _find(name: str) -> Path | None:
    if on_path := shutil.which(name):
        return Path(on_path)
    return next((place / name for place in PLACES if (place / name).exists()), None)


def _user() -> str:
    if os.geteuid():
        return getpass.getuser()
    known = {line.split(":")[0] for line in Path("/etc/passwd").read_text().splitlines()}
    return next(each for each in OTHERS if each in known)
