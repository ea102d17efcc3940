"""What a service tells of itself through its doors: the metrics, and whether it is ready."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import TestResponse

from services.referral import app as referral
from services.strategy import app as strategy
from shared.events.codes import Role
from shared.events.envelope import canonical
from shared.plumbing import Plumbing, plumb
from shared.run import Build
from shared.store import Actor
from shared.watch.alarms import Measure, Reading, alarms_of
from shared.watch.metrics import metric_names
from shared.web.plumbing import add_plumbing
from tests.conftest import MakeSettings
from tests.integration.audit_world import SetClock
from tests.support.pages import PageClient
from tests.unit.audit.lines import a_kept_line

SOMEBODY = Actor("somebody-demo", Role.MASH_MANAGER)
TOKEN = "an-invented-token-of-an-invented-officer"
OFFICER, AUDITOR, MANAGER = "o.officer-demo", "a.auditor-demo", "t.manager-demo"
PRACTITIONER = "p.practitioner-demo"
PEOPLE = (
    (OFFICER, "Olive Officer", "administrator"),
    (AUDITOR, "Alex Auditor", "auditor"),
    (MANAGER, "Tam Manager", "team-manager"),
    (PRACTITIONER, "Pat Practitioner", "mash-practitioner"),
)
PAGE = "/strategy/operations"
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

    def browser(self, person: str) -> PageClient:
        return PageClient(self.app).acting_as(person)

    def call(self, method: str, path: str, **body: str) -> tuple[int, Any]:
        """Ask through the JSON door, as the administrator; with a body where there is one."""
        key = {"Authorization": f"Bearer {TOKEN}"}
        more: dict[str, Any] = {"json": body} if method == "POST" else {}
        answer = self.app.test_client().open(
            f"/strategy/api/{path}", method=method, headers=key, **more
        )
        return answer.status_code, answer.get_json()

    def parks_a_forgery(self) -> None:
        """Let the service take an event that somebody changed on its way."""
        event = next(each for each in a_kept_line() if each.source == "/referral")
        body: dict[str, Any] = {**event.to_wire(), "actor": "someone-else"}
        self.plumbing.listener.take_body(canonical(body))

    def metrics(self) -> Mapping[tuple[str, str], float]:
        """Return what a scrape reads: (name, subject) -> value."""
        text = self.get("/strategy/metrics").get_data(as_text=True)
        return {
            (sample.name, sample.labels.get("subject", "")): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


def account(id: str, name: str, *roles: str) -> dict[str, Any]:
    token = hashlib.sha256(TOKEN.encode()).hexdigest() if "administrator" in roles else None
    return {"id": id, "name": name, "roles": roles, "token_sha256": token}


def told_by(make_settings: MakeSettings, build: Build = strategy.build, **changed: str) -> Told:
    settings, clock = make_settings(**changed), SetClock(NOW)
    settings.accounts_file.write_text(json.dumps([account(*each) for each in PEOPLE]))
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
    told.parks_a_forgery()

    told.plumbing.watch.watcher.look()

    metrics = told.metrics()
    assert sum(v for (name, _), v in metrics.items() if name == "golden_thread_parked") == 1
    since = "golden_thread_parked_since_timestamp_seconds"
    (parked_at,) = [v for (name, _), v in metrics.items() if name == since]
    assert 0 <= told.clock.now().timestamp() - parked_at < 3600
    (alarm,) = told.plumbing.watch.book.standing()
    assert alarm.rule.runbook == "parked-message"


def test_what_became_of_events_is_counted(told: Told) -> None:
    event = next(each for each in a_kept_line() if each.source == "/referral")
    for _ in range(3):
        told.plumbing.listener.take(event)
    told.parks_a_forgery()
    told.plumbing.listener.take_body(b"not json at all")

    told.plumbing.watch.watcher.look()

    metrics = told.metrics()
    assert metrics["golden_thread_events_handled_total", ""] == 1
    assert metrics["golden_thread_events_already_handled_total", ""] == 2
    assert metrics["golden_thread_events_parked_total", ""] == 2


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


def test_the_page_of_a_healthy_service_says_that_all_is_well(told: Told) -> None:
    told.plumbing.watch.watcher.look()
    page = told.browser(AUDITOR).get(PAGE)

    assert page.h1 == "Operations: strategy"
    assert "Nothing waits longer than it should" in page.text
    assert "Nothing is parked" in page.text
    assert "Longest wait for the message broker" in page.text


def test_the_page_is_for_administrators_and_auditors_and_only_the_first_may_act(told: Told) -> None:
    told.parks_a_forgery()

    told.browser(MANAGER).get(PAGE, status=403)
    assert told.browser(AUDITOR).get(PAGE).tree.one("main").all("form") == []
    assert told.browser(OFFICER).get(PAGE).tree.one("main").all("form") != []


def test_what_is_parked_is_explained_by_cause_and_tried_again_from_the_page(told: Told) -> None:
    told.parks_a_forgery()
    officer = told.browser(OFFICER)
    page = officer.get(PAGE)
    assert "its hash does not belong to it" in page.text
    assert "Treat it as an incident" in page.text

    token = page.answers("set-aside")["csrf_token"]
    chosen = {"csrf_token": token, "cause": "not-intact"}
    assert officer.client.post(f"{PAGE}/replay", data=chosen).status_code == 303

    assert told.plumbing.held.counts() == {"retry": 1}
    (deed,) = told.plumbing.watch.deeds.lately()
    assert (deed.by, deed.act, deed.which, deed.count) == (OFFICER, "replayed", "not-intact", 1)


def test_a_forgery_is_set_aside_with_a_reason_and_the_deed_is_kept(told: Told) -> None:
    told.parks_a_forgery()
    (parked,) = told.plumbing.held.parked()

    status, problem = told.call("POST", "parked/set-aside", key=parked.key, reason=" ")
    assert (status, problem["detail"]) == (422, "Enter why it is set aside")
    status, _ = told.call("POST", "parked/set-aside", key=parked.key, reason="A test of ours")

    assert status == 200
    assert told.plumbing.held.counts() == {}
    assert "A test of ours" in told.browser(AUDITOR).get(PAGE).text


def test_setting_aside_on_the_page_without_a_reason_is_asked_for_it(told: Told) -> None:
    told.parks_a_forgery()
    officer = told.browser(OFFICER)

    page = officer.send(officer.get(PAGE), {"reason": " "}, form="set-aside")

    assert page.status == 422
    assert page.errors == ["Enter why it is set aside"]
    assert told.plumbing.held.counts() == {"parked": 1}


def test_the_interface_tells_the_same_as_the_page(told: Told) -> None:
    told.parks_a_forgery()
    told.plumbing.watch.watcher.look()

    _, found = told.call("GET", "operations")
    _, parked = told.call("GET", "parked")

    assert [each["alarm"] for each in found["alarms"]] == ["parked"]
    assert found["alarms"][0]["remedy"].startswith("Tell the team manager")
    assert [(each["cause"], each["count"]) for each in parked["causes"]] == [("not-intact", 1)]
    assert parked["parked"][0]["may_be_set_aside"] is True


@pytest.mark.parametrize("body", [{"cause": "no-such"}, {"what": "all"}])
def test_a_choice_that_cannot_be_is_refused(told: Told, body: dict[str, str]) -> None:
    told.parks_a_forgery()

    assert told.call("POST", "parked/replay", **body)[0] == 422
    assert told.plumbing.held.counts() == {"parked": 1}


def test_a_standing_alarm_is_on_every_page_of_an_administrator_and_of_nobody_else(
    told: Told,
) -> None:
    told.parks_a_forgery()
    told.plumbing.watch.watcher.look()

    def banners(person: str, path: str) -> int:
        return told.browser(person).get(path).html.count("app-alarms")

    assert banners(OFFICER, "/strategy/directory") == 1
    assert banners(AUDITOR, PAGE) == 0
    assert banners(MANAGER, "/strategy/worklist") == 0


def test_with_an_alarm_the_service_is_ready_and_says_what_is_degraded(told: Told) -> None:
    told.parks_a_forgery()
    told.plumbing.watch.watcher.look()

    answer = told.app.test_client().get("/strategy/readyz")

    assert answer.status_code == 200
    body = answer.get_json()
    assert body["status"] == "ready"
    assert body["degraded"] == ["Events could not be handled and wait for a person"]


@pytest.mark.parametrize("path", ["/referral/inbox", "/referral/"])
def test_the_hub_is_told_plainly_that_the_line_is_delayed_and_that_referrals_are_accepted(
    make_settings: MakeSettings, path: str
) -> None:
    told = told_by(make_settings, referral.build)
    told.plumbing.ensure_indexes()
    since = told.clock.at - timedelta(minutes=2)
    waiting = Reading(measure=Measure.UNPUBLISHED, value=120, since=since)
    hub = told.browser(PRACTITIONER)
    assert "events are waiting since" not in hub.get(path).text

    told.plumbing.watch.book.note(alarms_of([waiting]), told.clock.at)

    said = hub.get(path)
    assert "events are waiting since 23 November 2026, 17:18" in said.text
    assert "Referrals are accepted" in said.text
    assert "app-alarms" not in said.html
