"""The data folder: what one embedded system keeps on disk, and who may read it (its owner only)."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PRIVATE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
SECRETS: Final = ("secret_key", "service_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFolder:
    """Where each thing lies. Everything in it belongs to one launcher at a time."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> DataFolder:
        """Return the folder at `path`, made with its parts when it is not there yet."""
        folder = cls(root=path.expanduser().resolve())
        parts = (folder.mongo, folder.broker, folder.logs, folder.run)
        for each in (folder.root, *parts):
            each.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        return folder

    @property
    def mongo(self) -> Path:
        """The database's files."""
        return self.root / "mongo"

    @property
    def broker(self) -> Path:
        """The messages of the embedded broker."""
        return self.root / "broker"

    @property
    def logs(self) -> Path:
        """One log for each process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """The lock, the socket and the process ids of the running system."""
        return self.root / "run"

    @property
    def running(self) -> Path:
        """Address and token of the running system; there only while it runs."""
        return self.run / "system.json"

    @property
    def accounts(self) -> Path:
        """Who may sign in: hashes only."""
        return self.root / "accounts.json"

    @property
    def sign_ins(self) -> Path:
        """The generated passwords and tokens, to be shown to the person who runs the system."""
        return self.root / "sign-ins.json"

    @property
    def directory(self) -> Path:
        """Teams, patches, rota and workers: a copy that may be edited and reloaded."""
        return self.root / "directory.json"

    @property
    def anchors(self) -> Path:
        """The anchor book and its keys: to be copied to where nothing can be overwritten."""
        return self.root / "anchors"

    @property
    def demo_clock(self) -> Path:
        """The demonstration's clock; there only when this folder holds a demonstration."""
        return self.root / "demo-clock.json"

    @property
    def settings(self) -> tuple[Path, ...]:
        """What the records are not whole without: by the signing key a child is known again."""
        return (self._secrets, self.accounts, self.sign_ins, self.directory, self.demo_clock)

    @property
    def _secrets(self) -> Path:
        return self.root / "secrets.json"

    def secrets(self) -> Mapping[str, str]:
        """Return the signing key and the service token, made at the first start and kept."""
        if not self._secrets.exists():
            write_private(self._secrets, {name: secrets.token_urlsafe(48) for name in SECRETS})
        kept: dict[str, str] = read_json(self._secrets)
        return kept


def read_json(path: Path) -> Any:
    """Return what a JSON file holds."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_private(path: Path, content: object) -> None:
    """Write JSON that only its owner may read, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
