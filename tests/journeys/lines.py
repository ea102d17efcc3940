"""What a journey reads afterwards: the line of a case everywhere, and whether all is quiet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import requests

from tests.builders import FICTIONAL_NAMES, WORRY
from tests.support.checker import faults_of_chains
from tests.support.doors import Caller
from tests.support.system import SERVICES, System
from tests.support.waiting import eventually


def line_of(system: System, ref: str) -> dict[str, Any]:
    """Return the line of a case as the auditor's API tells it."""
    told: dict[str, Any] = Caller(system, "auditor-demo").json(f"/audit/api/cases/{ref}") or {
        "entries": [],
        "complete": False,
    }
    return told


def types_of(line: Mapping[str, Any]) -> list[str]:
    """Return what happened, in order, without audit's own words about it."""
    types = [entry["type"] for entry in line["entries"]]
    return [each for each in types if not each.startswith("audit.")]


def whole_line_of(system: System, ref: str, expected: Sequence[str]) -> dict[str, Any]:
    """Return the line once everything expected has arrived; fail if it never does."""
    return eventually(
        lambda: has_arrived(line_of(system, ref), expected),
        f"the line of {ref} holds {len(expected)} events: {types_of(line_of(system, ref))}",
        within=120,
    )


def has_arrived(line: dict[str, Any], expected: Sequence[str]) -> dict[str, Any] | None:
    """Return the line if it holds as many events as expected, and is complete."""
    return line if len(types_of(line)) >= len(expected) and line["complete"] else None


def stream_of(system: System, service: str, ref: str) -> list[dict[str, Any]]:
    """Return the stream of a case as the service that wrote it serves it."""
    answer = requests.get(
        f"{system.urls[service]}/{service}/feed/{service}:{ref}",
        headers={"Authorization": f"Bearer {system.settings['SERVICE_TOKEN']}"},
        timeout=30,
    )
    answer.raise_for_status()
    events: list[dict[str, Any]] = answer.json()["events"]
    return events


def streams_of(system: System, ref: str) -> list[dict[str, Any]]:
    """Return every event of a case from the services that wrote them."""
    return [event for service in SERVICES for event in stream_of(system, service, ref)]


def check_line(system: System, ref: str, expected: Sequence[str]) -> dict[str, Any]:
    """Check that a case is one whole line: everything, once, in order, in every service."""
    whole_line_of(system, ref, expected)
    settle(system)
    # Audit may have a word of its own to add about a promise, a moment later.
    eventually(lambda: same_keys(line_of(system, ref), streams_of(system, ref)), "all is shown")
    line, written = line_of(system, ref), streams_of(system, ref)

    assert types_of(line) == list(expected)
    assert len({entry["key"] for entry in line["entries"]}) == len(line["entries"])
    assert line["holes"] == line["faults"] == []
    assert faults_of_chains(written) == []
    for service in ("referral", "strategy"):
        own = [each for each in expected if each.startswith(f"{service}.")]
        assert [event["type"] for event in stream_of(system, service, ref)] == own
    return line


def same_keys(line: Mapping[str, Any], written: Sequence[Mapping[str, Any]]) -> bool:
    """Does the line show exactly what the services wrote, each event once?"""
    shown = sorted(entry["key"] for entry in line["entries"])
    return shown == sorted(f"{event['stream']}#{event['sequence']}" for event in written)


def settle(system: System, *, within: float = 150) -> None:
    """Return when nothing is on its way: all published, nothing held, audit holds every head.

    Fails with what was still on its way, and where.
    """
    eventually(lambda: all_is_quiet(system), "all is quiet", within=within)


def all_is_quiet(system: System) -> bool:
    """Is nothing on its way? Raises with what is, so that a wait that ends in vain can tell it."""
    if found := on_the_way(system):
        raise AssertionError("; ".join(found))
    return True


def on_the_way(system: System) -> list[str]:
    """Return what has not arrived yet, and where it is."""
    found = []
    for service in SERVICES:
        with system.database(service) as database:
            roots = ROOTS[service]
            unpublished = database[roots].count_documents({"unpublished_since": {"$exists": True}})
            held = database["held_events"].count_documents({"kind": {"$ne": "set-aside"}})
        if unpublished or held:
            found.append(f"{service}: {unpublished} unpublished, {held} held")
    return found or unheard(system)


PERSONAL = (*FICTIONAL_NAMES, WORRY[:30], "Invented Street", "Invented Primary", "0121 496")
"""What the referrals of the journeys say about people: never in a log, an event or an address."""

ROOTS = {"referral": "referrals", "strategy": "cases", "audit": "announcements"}


def unheard(system: System) -> list[str]:
    """Return the streams of which audit does not hold the head, or strategy has not heard it."""
    with system.database("audit") as database:
        held = {
            each["_id"]: each["n"]
            for each in database["entries"].aggregate(
                [{"$group": {"_id": "$stream", "n": {"$max": "$sequence"}}}]
            )
        }
    behind = []
    for service in SERVICES:
        with system.database(service) as database:
            for root in database[ROOTS[service]].find({"version": {"$gt": 0}}, {"version": 1}):
                stream = f"{service}:{root['_id']}"
                if held.get(stream) != root["version"]:
                    behind.append(f"audit: {stream} {held.get(stream)} of {root['version']}")
    with system.database("referral") as database:
        heads = {r["_id"]: r["version"] for r in database["referrals"].find({}, {"version": 1})}
    with system.database("strategy") as database:
        heard = {
            root["_id"]: (root.get("heard") or {}).get(f"referral:{root['_id']}")
            for root in database["cases"].find({}, {"heard": 1})
        }
    behind += [f"strategy: {ref}" for ref, head in heads.items() if heard.get(ref) != head]
    return behind
