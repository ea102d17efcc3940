"""The JSON door: OpenAPI from the same schemas, errors as problem+json, bodies as JSON only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, abort, current_app, jsonify, request
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields

from shared.auth import EVERYONE, requires
from shared.events.codes import Role
from shared.web.bodies import refuse_unreadable
from shared.web.dates import GovDate, GovDateTime
from shared.web.guard import SAFE


class FaultSchema(Schema):
    """One fault: where it is in the body and what would put it right."""

    pointer = fields.String(required=True)
    detail = fields.String(required=True)


class ProblemSchema(Schema):
    """An error as RFC 9457 words it."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    source = fields.String()
    errors = fields.List(fields.Nested(FaultSchema))


class ProblemApi(Api):  # type: ignore[misc]  # flask-smorest ships no types
    """flask-smorest with our own errors: `shared.web.problems` answers them all."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        return None


def register_api(app: Flask, blueprints: Iterable[Blueprint], *, version: str) -> None:
    """Register the API's blueprints and serve their description at /<service>/api/openapi.json."""
    service = app.config["SERVICE"]
    app.config |= {
        "API_TITLE": f"Golden Thread: {service}",
        "API_VERSION": version,
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": None,
    }
    api = ProblemApi(app, spec_kwargs=_security())
    api.register_field(GovDate, "string", "date")
    api.register_field(GovDateTime, "string", "date-time")
    for blueprint in blueprints:
        api.register_blueprint(blueprint)

    @requires(*EVERYONE, Role.SERVICE)
    def openapi() -> Response:
        return jsonify(api.spec.to_dict())

    app.add_url_rule(f"/{service}/api/openapi.json", "openapi", openapi)
    app.before_request(_only_readable_json)


def _security() -> dict[str, Any]:
    schemes = {"token": {"type": "http", "scheme": "bearer"}}
    return {"security": [{"token": []}], "components": {"securitySchemes": schemes}}


def _only_readable_json() -> None:
    """A body that is not JSON would be read as no body at all: say so instead."""
    prefix = f"/{current_app.config['SERVICE']}/api/"
    if not request.path.startswith(prefix) or request.method in SAFE:
        return
    if (request.content_length or request.content_type) and not request.is_json:
        abort(415)
    # An address that does not exist is answered as such, whatever was sent to it.
    if request.routing_exception is None and request.is_json:
        refuse_unreadable()


__all__ = ["FaultSchema", "ProblemApi", "ProblemSchema", "register_api"]
