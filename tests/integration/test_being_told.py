"""What a service tells of itself through its doors: the metrics, and whether it is ready."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import TestResponse

from services.strategy.app import build
from shared.events.codes import Role
from shared.events.envelope import canonical
from shared.plumbing import Plumbing, plumb
from shared.store import Actor
from shared.watch.metrics import metric_names
from shared.web.plumbing import add_plumbing
from tests.conftest import MakeSettings
from tests.integration.audit_world import SetClock
from tests.unit.audit.lines import a_kept_line

SOMEBODY = Actor("somebody-demo", Role.MASH_MANAGER)
NOW = a_kept_line()[-1].time + timedelta(hours=1)


@dataclass
class Told:
    """The strategy service with its doors, and the token of the other services."""

    plumbing: Plumbing
    app: Flask
    clock: SetClock
    token: str

    def get(self, path: str, token: str | None = None) -> TestResponse:
        key = {"Authorization": f"Bearer {token or self.token}"}
        return self.app.test_client().get(path, headers=key)

    def metrics(self) -> Mapping[tuple[str, str], float]:
        """Return what a scrape reads: (name, subject) -> value."""
        text = self.get("/strategy/metrics").get_data(as_text=True)
        return {
            (sample.name, sample.labels.get("subject", "")): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


def told_by(make_settings: MakeSettings, **changed: str) -> Told:
    settings, clock = make_settings(**changed), SetClock(NOW)
    plumbing = plumb(build(settings, clock))
    app = plumbing.service.web()
    app.config["TESTING"] = True
    add_plumbing(app, plumbing)
    return Told(plumbing, app, clock, settings.service_token)


@pytest.fixture
def told(make_settings: MakeSettings) -> Iterator[Told]:
    told = told_by(make_settings)
    told.plumbing.ensure_indexes()
    return told


def test_a_healthy_service_exports_every_age_as_nothing(told: Told) -> None:
    metrics = told.metrics()

    assert metrics["golden_thread_store_up", ""] == 1
    assert metrics["golden_thread_unpublished_seconds", ""] == 0
    assert metrics["golden_thread_unheard_seconds", "/referral"] == 0
    assert 0 < metrics["golden_thread_disk_full_percent", ""] < 100
    assert {name for name, _ in metrics} <= metric_names()


def test_a_parked_event_is_exported_and_alarmed_at_once(told: Told) -> None:
    event = next(each for each in a_kept_line() if each.source == "/referral")
    body: dict[str, Any] = {**event.to_wire(), "actor": "someone-else"}
    told.plumbing.listener.take_body(canonical(body))

    told.plumbing.watch.watcher.look()

    assert sum(v for (name, _), v in told.metrics().items() if name == "golden_thread_parked") == 1
    (alarm,) = told.plumbing.watch.book.standing()
    assert alarm.rule.runbook == "parked-message"


def test_the_metrics_are_for_the_other_services_and_administrators(told: Told) -> None:
    assert told.get("/strategy/metrics", token="nobody-" * 6).status_code == 401
    answer = told.get("/strategy/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")


def test_a_scrape_says_that_the_store_is_away(make_settings: MakeSettings) -> None:
    nowhere = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100"

    assert told_by(make_settings, MONGO_URL=nowhere).metrics() == {
        ("golden_thread_store_up", ""): 0
    }
