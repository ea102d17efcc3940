"""The published description of the events is true, complete and up to date."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.events.asyncapi import EXCHANGE, document, name_of
from shared.events.registry import REGISTRY
from shared.messaging import topology
from tests.contract import samples

KEPT = Path(__file__).parents[2] / "docs" / "asyncapi.json"


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document()


def test_the_kept_description_is_up_to_date(described: dict[str, Any]) -> None:
    assert json.loads(KEPT.read_text(encoding="utf-8")) == described, "run: make docs"


def test_every_reference_in_the_description_leads_somewhere(described: dict[str, Any]) -> None:
    references = list(references_in(described))

    assert references
    for reference in references:
        assert resolve(described, reference) is not None, reference


def test_every_event_has_a_channel_an_operation_and_a_message(described: dict[str, Any]) -> None:
    names = {name_of(fact) for fact in REGISTRY.values()}

    assert set(described["channels"]) == {fact.type for fact in REGISTRY.values()}
    assert set(described["components"]["messages"]) == names
    assert {each.removeprefix("publish.") for each in described["operations"]} == names


def test_the_description_has_the_parts_that_asyncapi_3_asks_for(described: dict[str, Any]) -> None:
    assert described["asyncapi"] == "3.0.0"
    assert described["info"].keys() >= {"title", "version"}
    for channel in described["channels"].values():
        assert channel["address"]
        assert channel["bindings"]["amqp"]["is"] == "routingKey"
        assert channel["bindings"]["amqp"]["exchange"]["name"] == EXCHANGE
    for operation in described["operations"].values():
        assert operation["action"] == "send"
        channel = resolve(described, operation["channel"]["$ref"])
        offered = {each["$ref"] for each in channel["messages"].values()}
        for message in operation["messages"]:
            # An operation names messages of its channel, never of the components.
            assert message["$ref"].startswith(operation["channel"]["$ref"] + "/messages/")
            assert resolve(described, message["$ref"])["$ref"] in offered
    keys = [*described["channels"], *described["operations"]]
    keys += [key for part in described["components"].values() for key in part]
    assert [key for key in keys if not re.fullmatch(r"[A-Za-z0-9._-]+", key)] == []


def test_the_description_names_the_exchange_that_is_used() -> None:
    assert topology.EXCHANGE.name == EXCHANGE
    assert topology.EXCHANGE.type == "topic"


@pytest.mark.parametrize("name", samples.names())
def test_a_sample_is_what_the_description_says(name: str, described: dict[str, Any]) -> None:
    check = validator_of(described, name)

    assert [fault.message for fault in check.iter_errors(samples.wire(name))] == []


@pytest.mark.parametrize("name", samples.names())
def test_the_description_refuses_what_the_product_refuses(
    name: str, described: dict[str, Any]
) -> None:
    check, wire = validator_of(described, name), samples.wire(name)

    assert not check.is_valid({**wire, "childname": "x"})
    assert not check.is_valid({**wire, "data": {**wire["data"], "childname": "x"}})
    assert not check.is_valid({**wire, "source": "/elsewhere"})
    for field in wire["data"]:
        assert not check.is_valid({**wire, "data": {**wire["data"], field: {"a": 1}}}), field


def test_the_description_is_the_same_every_time() -> None:
    assert json.dumps(document()) == json.dumps(document())


def validator_of(described: dict[str, Any], name: str) -> Draft202012Validator:
    """Return a validator of one message's payload; JSON Schema's own meta-schema checks it."""
    schema = {
        **described["components"]["messages"][name]["payload"],
        "components": described["components"],
    }
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def references_in(part: Any) -> Iterator[str]:
    """Yield every `$ref` below a part of the document."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for each in part.values():
            yield from references_in(each)
    elif isinstance(part, list):
        for each in part:
            yield from references_in(each)


def resolve(described: dict[str, Any], reference: str) -> Any:
    """Return what a reference of the document leads to."""
    assert reference.startswith("#/")
    found: Any = described
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found
