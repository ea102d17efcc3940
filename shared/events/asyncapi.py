"""Describes the events for others: an AsyncAPI 3 document, made from the registry alone.

Nobody edits `docs/asyncapi.json`: `mash docs` writes it, and a test compares.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Final, get_args

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from shared.events.codes import Role
from shared.events.envelope import CONTENT_TYPE, data_schema
from shared.events.facts import CaseRef, Fact
from shared.events.registry import PUBLISHED, schema_of

EXCHANGE: Final = "safeguarding.events"
TITLE: Final = "Golden Thread events"
DESCRIPTION: Final = (
    "What happened to a referral, as CloudEvents 1.0 in structured JSON on one topic exchange. "
    "Events carry references, codes, decisions and times; never a name, an address or a narrative."
)
_INSTANT: Final = {"type": "string", "format": "date-time"}
_HASH: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_ULID: Final = {"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{26}$"}


def document(version: str = "1.0.0") -> dict[str, Any]:
    """Return the AsyncAPI document. The same release always gives the same document."""
    published = list(_published())
    return {
        "asyncapi": "3.0.0",
        "info": {"title": TITLE, "version": version, "description": DESCRIPTION},
        "defaultContentType": CONTENT_TYPE,
        "channels": _channels(published),
        "operations": _operations(published),
        "components": {
            "messages": {name_of(fact): _message(source, fact) for source, fact in published},
            "schemas": {"envelope": _envelope(), **_data_schemas(published)},
        },
    }


def name_of(fact: type[Fact]) -> str:
    """Return what a version of an event is called: "referral.received.v1"."""
    return f"{fact.type}.v{fact.version}"


def _published() -> Iterator[tuple[str, type[Fact]]]:
    for source, facts in PUBLISHED.items():
        for fact in facts:
            yield source, fact


def _channels(published: list[tuple[str, type[Fact]]]) -> dict[str, Any]:
    channels: dict[str, Any] = {}
    for _, fact in published:
        # Versions of one event share its channel: the routing key is the type.
        channel = channels.setdefault(fact.type, _channel(fact))
        channel["messages"][name_of(fact)] = _ref("components", "messages", name_of(fact))
    return channels


def _channel(fact: type[Fact]) -> dict[str, Any]:
    return {
        "address": fact.type,
        "messages": {},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": EXCHANGE, "type": "topic", "durable": True},
                "bindingVersion": "0.3.0",
            }
        },
    }


def _operations(published: list[tuple[str, type[Fact]]]) -> dict[str, Any]:
    return {
        f"publish.{name_of(fact)}": {
            "action": "send",
            "channel": _ref("channels", fact.type),
            "summary": f"The service {source} publishes it.",
            "messages": [_ref("channels", fact.type, "messages", name_of(fact))],
            "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": "0.3.0"}},
        }
        for source, fact in published
    }


def _message(source: str, fact: type[Fact]) -> dict[str, Any]:
    fixed = {
        "source": source,
        "type": fact.type,
        "dataschema": data_schema(fact.type, fact.version),
    }
    own: dict[str, Any] = {name: {"const": value} for name, value in fixed.items()}
    own["data"] = _ref("components", "schemas", name_of(fact))
    return {
        "name": fact.type,
        "title": fact.__name__,
        "summary": " ".join((inspect.getdoc(fact) or "").split()),
        "contentType": CONTENT_TYPE,
        "payload": {"allOf": [_ref("components", "schemas", "envelope"), {"properties": own}]},
    }


def _envelope() -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "specversion": {"const": "1.0"},
        "id": _ULID,
        "source": {"enum": list(PUBLISHED)},
        "type": {"type": "string"},
        "dataschema": {"type": "string"},
        "datacontenttype": {"const": "application/json"},
        "subject": {"type": "string", "pattern": f"^(?:{get_args(CaseRef)[1].pattern})$"},
        "time": {**_INSTANT, "description": "when it was written"},
        "stream": {"type": "string", "description": "service and case"},
        "sequence": {"type": "integer", "minimum": 1, "description": "its place in the stream"},
        "previoushash": {**_HASH, "description": "the hash of the event before it; zeros at 1"},
        "hash": {**_HASH, "description": "SHA-256 of the canonical JSON of all the rest"},
        "actor": {"type": "string"},
        "actorrole": {"enum": [role.value for role in Role]},
        "correlationid": {"type": "string"},
        "data": {"type": "object"},
    }
    optional = {
        "occurredat": {**_INSTANT, "description": "when it happened, where that is another time"},
        "causationid": {**_ULID, "description": "the event that made the service act"},
    }
    return {
        "type": "object",
        "required": list(attributes),
        "properties": {**attributes, **optional},
        "additionalProperties": False,
    }


def _data_schemas(published: list[tuple[str, type[Fact]]]) -> dict[str, Any]:
    # OpenAPI 3.1 and AsyncAPI 3 both mean plain JSON Schema.
    spec = APISpec(TITLE, "1", openapi_version="3.1.0", plugins=[MarshmallowPlugin()])
    for _, fact in published:
        spec.components.schema(name_of(fact), schema=schema_of(fact))
    schemas: dict[str, Any] = spec.to_dict()["components"]["schemas"]
    for schema in schemas.values():
        # It travels in the envelope: `occurredat`.
        schema["properties"].pop("occurred_at", None)
        schema["additionalProperties"] = False
    return schemas


def _ref(*path: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(path)}
