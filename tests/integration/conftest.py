"""What the tests of the messaging ask for: a broker of either kind, and two small services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MakeSettings
from tests.support.carriers import Broker, new_service, on_rabbitmq
from tests.support.toy import Toy


@pytest.fixture(params=["rabbitmq", "embedded"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A broker of each kind."""
    if request.param == "rabbitmq":
        yield from on_rabbitmq(request.getfixturevalue("amqp_url"))
    else:
        embedded = Broker(f"filesystem://{tmp_path}/broker", new_service())
        embedded.declare()
        yield embedded


@pytest.fixture
def rabbit(amqp_url: str) -> Iterator[Broker]:
    """RabbitMQ."""
    yield from on_rabbitmq(amqp_url)


@pytest.fixture
def toy(make_settings: MakeSettings) -> Toy:
    """A speaker and a hearer."""
    return Toy(make_settings())
