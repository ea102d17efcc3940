"""The running system of the journeys: started once, and whole again before each of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.journeys.lines import PERSONAL, settle
from tests.support.checker import fictional_names_in
from tests.support.system import System

FRIDAY_MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def running_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Three services, two processes each, on a broker and a store of their own."""
    system = System(tmp_path_factory.mktemp("system"), at=FRIDAY_MORNING)
    try:
        system.start()
        yield system
        # Over everything that happened in all journeys, errors and restarts included.
        assert fictional_names_in(system.logs(), PERSONAL) == []
    finally:
        system.stop()


@pytest.fixture
def system(running_system: System) -> System:
    """The running system, ready, with nothing on its way."""
    running_system.wait_until_ready()
    settle(running_system)
    return running_system
