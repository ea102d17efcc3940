"""Every event that was ever published can still be read, and says exactly what it said."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from shared.events.envelope import Envelope, MalformedEvent, canonical, hash_of, parse
from shared.events.facts import Fact
from shared.events.registry import (
    PUBLISHED,
    REGISTRY,
    UPGRADES,
    UnknownEvent,
    data_of,
    fact_of,
    schema_of,
)
from tests.contract import samples

every_sample = pytest.mark.parametrize("name", samples.names())
REQUIRED = (
    *("specversion", "id", "source", "type", "dataschema", "subject", "time", "stream"),
    *("sequence", "previoushash", "hash", "actor", "actorrole", "correlationid"),
)


def sealed(wire: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return a sample with other attributes and the hash that belongs to them."""
    other = {**wire, **changed}
    return {**other, "hash": hash_of(other)}


def test_every_event_type_and_version_has_its_sample() -> None:
    registered = {f"{event_type}.v{version}" for event_type, version in REGISTRY}

    assert registered == set(samples.names()), "add tests/contract/samples/<type>.v<N>.json"


def test_an_event_is_published_by_the_service_that_its_type_names() -> None:
    for source, facts in PUBLISHED.items():
        for fact in facts:
            assert fact.type.split(".")[0] == source.removeprefix("/")
            assert re.fullmatch(r"[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*", fact.type)


@every_sample
def test_a_sample_still_decodes_to_its_class(name: str) -> None:
    event = samples.envelope(name)
    fact_class = REGISTRY[event.type, event.version]

    fact = fact_of(event)

    assert name == f"{event.type}.v{event.version}"
    assert type(fact) is newest_of(fact_class)
    assert fact.occurred_at == event.occurred_at


@every_sample
def test_a_sample_is_encoded_again_to_the_same_bytes(name: str) -> None:
    wire = samples.wire(name)
    event = parse(canonical(wire))

    assert canonical(event.to_wire()) == canonical(wire)
    assert event.is_intact()
    loaded = schema_of(REGISTRY[event.type, event.version]).load(dict(event.data))
    assert data_of(loaded) == wire["data"]


@every_sample
def test_a_sample_is_an_event_by_the_cloudevents_package(name: str) -> None:
    read = JSONFormat().read(CloudEvent, canonical(samples.wire(name)))

    assert read.get_type() == samples.wire(name)["type"]
    assert read.get_attributes()["sequence"] == samples.wire(name)["sequence"]


@every_sample
@given(broken=st.data())
def test_what_is_read_here_is_an_event_by_the_cloudevents_package_however_it_is_broken(
    name: str, broken: st.DataObject
) -> None:
    wire = samples.wire(name)
    attribute = broken.draw(st.sampled_from(sorted(wire)))
    value = broken.draw(st.none() | st.integers() | st.text() | st.sampled_from(["1.0", "data"]))
    try:
        event = Envelope.from_wire({**wire, attribute: value})
    except MalformedEvent:
        return

    JSONFormat().read(CloudEvent, canonical(event.to_wire()))


@every_sample
def test_an_event_with_a_field_nobody_knows_is_refused_by_its_name(name: str) -> None:
    wire = samples.wire(name)
    odd = sealed(wire, data={**wire["data"], "mothers_name": "x"})

    with pytest.raises(MalformedEvent, match="mothers_name"):
        fact_of(Envelope.from_wire(odd))


@every_sample
def test_an_event_without_a_field_it_needs_is_refused_by_its_name(name: str) -> None:
    wire = samples.wire(name)
    for field in wire["data"]:
        short = sealed(wire, data={k: v for k, v in wire["data"].items() if k != field})

        with pytest.raises(MalformedEvent, match=field):
            fact_of(Envelope.from_wire(short))


@every_sample
def test_a_time_without_its_zone_is_refused_wherever_it_stands(name: str) -> None:
    wire = samples.wire(name)
    naive = "2026-11-03T09:00:00"
    for attribute in {"time", "occurredat"} & set(wire):
        with pytest.raises(MalformedEvent):
            Envelope.from_wire(sealed(wire, **{attribute: naive}))
    for field, value in wire["data"].items():
        if is_instant(value):
            with pytest.raises(MalformedEvent, match=field):
                fact_of(Envelope.from_wire(sealed(wire, data={**wire["data"], field: naive})))


@pytest.mark.parametrize("attribute", REQUIRED)
def test_an_event_without_an_attribute_it_needs_is_refused_by_its_name(attribute: str) -> None:
    wire = samples.wire("referral.received.v1")
    del wire[attribute]

    with pytest.raises(MalformedEvent, match=attribute):
        Envelope.from_wire(wire)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("sequence", 0),
        ("sequence", "7"),
        ("sequence", True),
        ("time", "yesterday"),
        ("dataschema", "no-version"),
        ("specversion", "0.3"),
        ("data", "text"),
        ("data", None),
        ("id", ""),
        ("subject", 7),
        ("actor", None),
        ("previoushash", 0),
        ("stream", ["referral"]),
    ],
)
def test_an_attribute_that_is_not_of_its_kind_is_refused(attribute: str, value: object) -> None:
    with pytest.raises(MalformedEvent):
        Envelope.from_wire({**samples.wire("referral.received.v1"), attribute: value})


def test_an_attribute_nobody_knows_is_refused() -> None:
    # It would be under the hash of the source, and lost when it is written again.
    with pytest.raises(MalformedEvent, match="childname"):
        Envelope.from_wire({**samples.wire("referral.received.v1"), "childname": "x"})


def test_an_unknown_type_or_version_is_refused_by_its_name() -> None:
    wire = samples.wire("referral.received.v1")
    unknown_type = sealed(
        wire, type="referral.lost", dataschema="urn:golden-thread:referral.lost:1"
    )
    unknown_version = sealed(wire, dataschema="urn:golden-thread:referral.received:99")

    with pytest.raises(UnknownEvent, match=r"referral\.lost version 1"):
        fact_of(Envelope.from_wire(unknown_type))
    with pytest.raises(UnknownEvent, match=r"referral\.received version 99"):
        fact_of(Envelope.from_wire(unknown_version))


def test_a_dataschema_of_another_type_is_refused() -> None:
    wire = samples.wire("referral.received.v1")
    with pytest.raises(MalformedEvent, match="dataschema"):
        Envelope.from_wire(sealed(wire, dataschema="urn:golden-thread:strategy.child-seen:1"))


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b"null", b"7", b"{", b"{}"])
def test_a_body_that_is_no_event_is_refused_without_being_repeated(body: bytes) -> None:
    with pytest.raises(MalformedEvent) as refused:
        parse(body)

    assert body == b"" or repr(body) not in str(refused.value)


@every_sample
def test_a_refusal_never_repeats_what_the_event_held(name: str) -> None:
    wire = samples.wire(name)
    for field in wire["data"]:
        secret = {"Blue": "Teapot"}
        with pytest.raises(MalformedEvent) as refused:
            fact_of(Envelope.from_wire(sealed(wire, data={**wire["data"], field: secret})))
        assert "Teapot" not in str(refused.value)


def newest_of(fact_class: type[Fact]) -> type[Fact]:
    """Return the class at the end of the upgrades."""
    while upgrade := UPGRADES.get(fact_class):
        fact_class = upgrade.__annotations__["return"]
    return fact_class


def is_instant(value: object) -> bool:
    """Is it a time, in the contract's writing?"""
    try:
        return isinstance(value, str) and "T" in value and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def test_samples_are_kept_in_one_writing() -> None:
    for name in samples.names():
        text = (samples.FOLDER / f"{name}.json").read_text(encoding="utf-8")
        assert text == json.dumps(samples.wire(name), indent=2, sort_keys=True) + "\n", name
