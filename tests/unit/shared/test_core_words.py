"""Small parts of the core: rules, named crash points, logs, what exists at a broker."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from shared import faults, logs, rules
from shared.faults import Point
from shared.messaging.topology import EXCHANGE, events_queue, parking_queue

ALL_RULES = (rules.NotFound, rules.Invalid, rules.NotAllowed, rules.Overtaken)


def test_a_broken_rule_says_what_happened_and_which_field_to_mend() -> None:
    broken = rules.Invalid("Enter a date of birth in the past", field="date_of_birth")

    assert str(broken) == broken.message == "Enter a date of birth in the past"
    assert broken.field == "date_of_birth"
    assert rules.NotFound("No such case").field is None


def test_every_kind_of_broken_rule_has_its_own_code_and_a_client_status() -> None:
    assert len({rule.code for rule in ALL_RULES}) == len(ALL_RULES)
    assert all(400 <= rule.status < 500 for rule in ALL_RULES)
    assert {rule.status for rule in ALL_RULES} == {404, 422, 403, 409}


def test_no_crash_point_does_anything_unless_it_is_armed() -> None:
    assert faults._armed == set()
    for point in Point:
        faults.reached(point)


def test_the_events_queue_hears_whole_sources_and_parks_what_cannot_be_delivered() -> None:
    queue = events_queue("strategy", ("/referral", "/audit"), rabbitmq=True)

    assert sorted(each.routing_key for each in queue.bindings) == ["audit.#", "referral.#"]
    assert {each.exchange.name for each in queue.bindings} == {EXCHANGE.name}
    arguments = queue.queue_arguments
    assert arguments["x-queue-type"] == "quorum"
    assert arguments["x-single-active-consumer"] is True
    assert arguments["x-dead-letter-strategy"] == "at-least-once"
    assert arguments["x-overflow"] == "reject-publish"
    parked = parking_queue("strategy", rabbitmq=True)
    assert parked.exchange.name == arguments["x-dead-letter-exchange"]
    assert parked.durable
    assert queue.durable


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    kept = (root.handlers[:], root.level)
    yield
    root.handlers[:], level = kept[0], kept[1]
    root.setLevel(level)


@pytest.mark.usefixtures("_logging_as_before")
def test_a_log_line_is_one_json_object_that_says_which_process_wrote_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = StringIO()
    monkeypatch.setattr("sys.stderr", written)
    logs.set_up("referral", "web", "INFO")

    logging.getLogger("shared.test").info("heard", extra={"event_id": "01K"})
    logging.getLogger("kombu").info("body of a message")

    (line,) = written.getvalue().splitlines()
    said = json.loads(line)
    assert said["event"] == "heard"
    assert (said["service"], said["process"], said["event_id"]) == ("referral", "web", "01K")
    assert said["timestamp"].endswith(("+00:00", "Z"))
