"""An old and a new version of an event in flight: whoever is upgraded first, nothing is lost."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest
import requests

from shared.messaging.causes import Cause
from tests.journeys.lines import check_line, stream_of
from tests.support.doors import Caller
from tests.support.system import ROLES, SERVICES, System
from tests.support.waiting import eventually
from tests.support.walk import WHOLE_LINE, Walk

OLDER, NEWER = "services.", "tests.support.newer"


@pytest.fixture
def rolling(system: System) -> Iterator[System]:
    """The system; every process is of the older release again afterwards."""
    yield system
    release(system, OLDER, *SERVICES)


def release(system: System, to: str, *services: str) -> None:
    """Let the processes of these services begin their next lives as another release."""
    for service in services:
        for role in ROLES:
            process = system.processes[f"{service}-{role}"]
            module = [f"services.{service}"] if to == OLDER else [NEWER, service]
            command = [sys.executable, "-m", *module, role]
            if process.command != command:
                process.command = command
                process.signal(signal.SIGTERM)
                eventually(
                    lambda process=process, before=process.running: (
                        process.running not in (None, before)
                    ),
                    f"{process.name} begins anew",
                    within=60,
                )
    system.wait_until_ready()


def causes_parked(system: System, service: str) -> list[str]:
    """Return why events are parked, as an administrator's program is told."""
    answer = Caller(system, "officer-demo").json(f"/{service}/api/parked")
    return [each["cause"] for each in (answer or {})["parked"]]


def version_of_decision(system: System, ref: str) -> str:
    """Return the version in which the decision was written."""
    return str(stream_of(system, "referral", ref)[1]["dataschema"].rsplit(":", 1)[1])


@pytest.mark.timeout(600)
def test_a_newer_sender_and_older_receivers_lose_nothing_and_keep_the_order(
    rolling: System,
) -> None:
    system = rolling
    before = Walk(system)
    before.receive()

    release(system, NEWER, "referral")
    walk = Walk(system)
    walk.receive()
    walk.decide()
    walk.inform()
    before.decide()

    assert version_of_decision(system, walk.ref) == "2"
    eventually(
        lambda: causes_parked(system, "strategy") == [Cause.UNKNOWN_VERSION] * 2,
        "the older release keeps what it cannot read",
        within=60,
    )
    release(system, NEWER, "strategy", "audit")

    whole = [each for each in WHOLE_LINE if each != "referral.referrer-informed"]
    walk.meet()
    walk.allocate()
    walk.see_every_child()
    check_line(system, walk.ref, in_order_told(whole))
    before.wait_until_opened()
    assert causes_parked(system, "strategy") == []


def in_order_told(line: list[str]) -> list[str]:
    """The referrer was told right after the decision."""
    at = line.index("referral.threshold-decided") + 1
    return [*line[:at], "referral.referrer-informed", *line[at:]]


@pytest.mark.timeout(600)
def test_an_older_sender_and_newer_receivers_lose_nothing_and_keep_the_order(
    rolling: System,
) -> None:
    system = rolling
    release(system, NEWER, "strategy", "audit")

    walk = Walk(system)
    walk.whole()

    assert version_of_decision(system, walk.ref) == "1"
    line = check_line(system, walk.ref, WHOLE_LINE)
    assert [each for each in line["entries"] if "does not know" in each["words"]] == []
    assert causes_parked(system, "strategy") == []
    assert requests.get(f"{system.urls['audit']}/audit/readyz", timeout=30).ok
