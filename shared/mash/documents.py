"""Writes the descriptions that other people build on: the events, and each service's interface.

They come from the code that runs: the event registry and the schemas of the API.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shared.clock import SystemClock
from shared.events import asyncapi
from shared.mash.accounts import DATA
from shared.mash.folder import write_private
from shared.mash.roster import composition_root, service_names
from shared.settings import Settings


def write(to: Path) -> Iterator[Path]:
    """Write every description into a folder; yield each file."""
    to.mkdir(parents=True, exist_ok=True)
    yield _write(to / "asyncapi.json", asyncapi.document())
    with TemporaryDirectory() as scratch:
        settings = _settings(Path(scratch))
        for name in service_names():
            yield _write(to / f"openapi-{name}.json", _openapi(name, settings))


def _openapi(name: str, settings: Settings) -> dict[str, Any]:
    """Ask the application itself, as the service that reads the feeds may."""
    application = composition_root(name).build(settings, SystemClock()).web()
    key = {"Authorization": f"Bearer {settings.service_token}"}
    answer = application.test_client().get(f"/{name}/api/openapi.json", headers=key)
    described: dict[str, Any] = answer.get_json()
    return described


def _settings(scratch: Path) -> Settings:
    """Return settings with which an application can be built and nothing can be reached."""
    accounts, directory = scratch / "accounts.json", scratch / "directory.json"
    write_private(accounts, [])
    directory.write_bytes((DATA / "demo_directory.json").read_bytes())
    nowhere = "http://127.0.0.1:1"
    environ = {
        "MONGO_URL": "mongodb://127.0.0.1:1",
        "AMQP_URL": f"filesystem://{scratch}",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SERVICE_TOKEN": secrets.token_urlsafe(48),
        "ACCOUNTS_FILE": str(accounts),
        "DIRECTORY_FILE": str(directory),
        **{f"{name.upper()}_URL": nowhere for name in service_names()},
    }
    return Settings.from_env(environ)


def _write(path: Path, described: dict[str, Any]) -> Path:
    path.write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
