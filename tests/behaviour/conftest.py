"""Every port twice: its model, and the real thing behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from services.audit.documents import CaseProjectionDocument, EntryDocument, MongoArchive
from services.audit.domain.archive import Archive
from services.strategy.documents import MongoSlots, SlotDocument, Slots
from shared.database import connect
from shared.messaging.feed import FeedMarks, MongoFeedMarks
from shared.messaging.held import HeldEvents
from shared.mongo_records import MongoRecords
from shared.records import Records
from tests.behaviour.carriers import Carrier, ModelCarrier, RealCarrier
from tests.models.collection import MemoryDatabase
from tests.models.store import Entries, MemoryArchive, MemoryFeedMarks, MemoryRecords, MemorySlots
from tests.support.carriers import on_rabbitmq
from tests.support.referral import HandClock
from tests.support.toy import SpeakerDocument

STORES = ("model", "mongodb")


@pytest.fixture(params=STORES)
def records(request: pytest.FixtureRequest) -> Records:
    """No records yet."""
    if request.param == "model":
        return MemoryRecords({})
    connect("toy_speaker", request.getfixturevalue("make_settings")())
    real = MongoRecords(SpeakerDocument)
    real.ensure_indexes()
    return real


@pytest.fixture(params=STORES)
def archive(request: pytest.FixtureRequest) -> Archive:
    """An empty archive."""
    if request.param == "model":
        return MemoryArchive(Entries())
    connect("audit", request.getfixturevalue("make_settings")())
    EntryDocument.ensure_indexes()
    CaseProjectionDocument.ensure_indexes()
    return MongoArchive()


@pytest.fixture(params=STORES)
def slots(request: pytest.FixtureRequest) -> Slots:
    """Nobody's time is taken."""
    if request.param == "model":
        return MemorySlots({})
    connect("strategy", request.getfixturevalue("make_settings")())
    SlotDocument.ensure_indexes()
    return MongoSlots()


@pytest.fixture(params=STORES)
def marks(request: pytest.FixtureRequest) -> FeedMarks:
    """No source was compared yet."""
    if request.param == "model":
        return MemoryFeedMarks({})
    return MongoFeedMarks(connect("toy_hearer", request.getfixturevalue("make_settings")()))


@pytest.fixture
def clock() -> HandClock:
    """A clock that a test moves."""
    return HandClock()


@pytest.fixture(params=STORES)
def held(request: pytest.FixtureRequest, clock: HandClock) -> HeldEvents:
    """Nothing is held: the product's own rules, over either kind of collection."""
    if request.param == "model":
        return HeldEvents(MemoryDatabase({}), clock)  # type: ignore[arg-type]
    real = HeldEvents(connect("toy_hearer", request.getfixturevalue("make_settings")()), clock)
    real.ensure_indexes()
    return real


@pytest.fixture(params=["model", "rabbitmq", "model-of-disk", "local-disk"])
def carrier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Carrier]:
    """A broker with the empty queue of one service that hears the referrals."""
    if request.param.startswith("model"):
        yield ModelCarrier(durable=request.param == "model")
    elif request.param == "rabbitmq":
        for broker in on_rabbitmq(request.getfixturevalue("amqp_url")):
            with closing(RealCarrier(broker.url, broker.service)) as real:
                yield real
    else:
        with closing(RealCarrier(f"filesystem://{tmp_path}/broker")) as real:
            yield real
