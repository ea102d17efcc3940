"""Everything that was ever published comes once more: nothing new happens anywhere."""

from __future__ import annotations

from typing import Any

from shared.events.envelope import CONTENT_TYPE, canonical
from shared.messaging.topology import EXCHANGE, connection
from tests.journeys.lines import ROOTS, settle, streams_of
from tests.support.system import SERVICES, System
from tests.support.waiting import eventually
from tests.support.walk import Walk


def test_the_whole_history_published_again_has_no_effect(system: System) -> None:
    walk = Walk(system)
    walk.whole()
    settle(system)
    events = [event for ref in every_case(system) for event in streams_of(system, ref)]
    heard_by_strategy = [event for event in events if event["source"] == "/referral"]
    before, seen = everything(system), copies_seen(system)

    with connection(system.rabbit.url) as opened:
        producer = opened.Producer(exchange=EXCHANGE)
        for event in events:
            producer.publish(
                canonical(event),
                routing_key=event["type"],
                content_type=CONTENT_TYPE,
                content_encoding="utf-8",
            )

    copies = len(events) + len(heard_by_strategy)
    eventually(
        lambda: copies_seen(system) - seen >= copies, f"{copies} copies were seen", within=120
    )
    assert everything(system) == before
    assert len(events) >= 13


def copies_seen(system: System) -> int:
    """Return how often a process said that it had handled an event before."""
    return system.logs().count("ALREADY_HANDLED")


def every_case(system: System) -> list[str]:
    """Return every case there is."""
    with system.database("referral") as database:
        return sorted(each["_id"] for each in database["referrals"].find({}, {"_id": 1}))


def everything(system: System) -> dict[str, Any]:
    """Return what every service has stored of every case, and what is held."""
    found: dict[str, Any] = {}
    for service in SERVICES:
        with system.database(service) as database:
            roots = database[ROOTS[service]].find({}, {"version": 1, "heard": 1, "state": 1})
            found[service] = sorted(roots, key=lambda each: str(each["_id"]))
            found[f"{service} held"] = database["held_events"].count_documents({})
            if service == "audit":
                found["entries"] = database["entries"].count_documents({})
    return found
