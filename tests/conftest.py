"""What every test may ask for: a real MongoDB, a real RabbitMQ, settings that name them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pymongo
import pytest
from hypothesis import settings

from shared.settings import Settings
from tests.support import parts
from tests.support.browser import CHROMIUM, LAUNCH

# `pytest --hypothesis-profile=long`: minutes of chance instead of seconds.
settings.register_profile("long", max_examples=1_000, deadline=None)


@pytest.fixture(scope="session")
def parts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the private processes of this run."""
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="session")
def mongo_url(parts_folder: Path) -> Iterator[str]:
    """A real MongoDB."""
    with parts.mongo(parts_folder) as url:
        yield url


@pytest.fixture(scope="session")
def amqp_url(parts_folder: Path) -> Iterator[str]:
    """A real RabbitMQ."""
    with parts.rabbitmq(parts_folder) as url:
        yield url


@pytest.fixture
def clean_mongo_url(mongo_url: str) -> str:
    """A real MongoDB with no data of Golden Thread in it."""
    with pymongo.MongoClient(mongo_url) as client:
        for name in client.list_database_names():
            if name.startswith("golden_thread_"):
                client.drop_database(name)
    return mongo_url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How the browser is started: the machine's own Chromium, never a downloaded one."""
    if not Path(CHROMIUM).exists():
        pytest.fail(f"no browser at {CHROMIUM}: install chromium, or set CHROMIUM, and run again")
    return {**browser_type_launch_args, **LAUNCH}


MakeSettings = Callable[..., Settings]


@pytest.fixture
def make_settings(tmp_path: Path, clean_mongo_url: str) -> MakeSettings:
    """Return a maker of settings; `environment(...)` of the same names for real processes."""

    def make(**changed: str) -> Settings:
        return Settings.from_env(environment(tmp_path, clean_mongo_url, **changed))

    return make


def environment(folder: Path, mongo_url: str, **changed: str) -> dict[str, str]:
    """Return the environment of one service on real parts, embedded mode, nothing real in it."""
    accounts, directory = folder / "accounts.json", folder / "directory.json"
    if not accounts.exists():
        accounts.write_text(json.dumps([]))
    if not directory.exists():
        demo = Path(__file__).parents[1] / "shared/mash/data/demo_directory.json"
        directory.write_text(demo.read_text() if demo.exists() else "{}")
    here = {f"{name}_URL": "http://127.0.0.1:9" for name in ("REFERRAL", "STRATEGY", "AUDIT")}
    return {
        "MASH_MODE": "embedded",
        "MONGO_URL": mongo_url,
        "AMQP_URL": f"filesystem://{folder}/broker",
        "SECRET_KEY": secrets.token_hex(32),
        "SERVICE_TOKEN": secrets.token_hex(32),
        "ACCOUNTS_FILE": str(accounts),
        "DIRECTORY_FILE": str(directory),
        "SWEEP_SECONDS": "0.2",
        "CATCH_UP_SECONDS": "1",
        **here,
        **changed,
    }


def port_of(url: str) -> int:
    """Return the port of a url."""
    port = urlsplit(url).port
    assert port
    return port
