"""Roles: what a worker is told that a web process is not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import mongoengine
import pytest

from shared.clock import Clock
from shared.database import connect
from shared.run import main
from shared.settings import Settings
from tests.conftest import environment

NOWHERE = "mongodb://127.0.0.1:9/?replicaSet=nowhere"


class BuiltError(Exception):
    """A service was to be built."""


@pytest.mark.parametrize(
    ("role", "driver_tries_again"), [("web", True), ("work", False), ("indexes", True)]
)
def test_the_driver_tries_again_for_whom_somebody_waits_and_a_worker_begins_again(
    role: str, driver_tries_again: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Settings] = []

    def build(settings: Settings, _: Clock) -> NoReturn:
        told.append(settings)
        raise BuiltError

    for name, value in environment(tmp_path, NOWHERE).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["a service", role])
    monkeypatch.setattr("shared.logs.set_up", lambda *_: None)
    with pytest.raises(BuiltError):
        main("roles", build)

    try:
        database = connect("roles", told[0])
        assert database.client.options.retry_writes is driver_tries_again
    finally:
        mongoengine.disconnect("roles")
