"""Every service, built as its processes build it, and opening nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from flask import Flask

from shared.clock import SystemClock
from shared.mash.roster import composition_root
from shared.plumbing import Plumbing, plumb
from shared.service import Service
from shared.settings import Settings
from shared.web.plumbing import add_plumbing
from tests.architecture.tree import SERVICES
from tests.conftest import environment


@pytest.fixture(scope="session")
def plumbings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Plumbing]:
    """The services with their plumbing, by name."""
    folder: Path = tmp_path_factory.mktemp("built")
    nowhere = "mongodb://127.0.0.1:9/"
    settings = Settings.from_env(environment(folder, nowhere))
    return {name: plumb(composition_root(name).build(settings, SystemClock())) for name in SERVICES}


@pytest.fixture(scope="session")
def services(plumbings: Mapping[str, Plumbing]) -> Mapping[str, Service]:
    """The services, by name."""
    return {name: each.service for name, each in plumbings.items()}


@pytest.fixture(scope="session")
def applications(plumbings: Mapping[str, Plumbing]) -> Mapping[str, Flask]:
    """The web applications with everything a process adds to them, by service."""
    made = {}
    for name, plumbing in plumbings.items():
        made[name] = plumbing.service.web()
        add_plumbing(made[name], plumbing)
    return made
