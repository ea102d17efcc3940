"""Deny by default: every address asks for a role, or is on the short list of public ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from flask import Flask

from shared.auth import allowed_roles, unguarded_routes
from shared.events.codes import Role
from tests.architecture.tree import SERVICES

PUBLIC = {
    "GET /": "leads to the sign-in",
    "GET /{service}/healthz": "probed by the platform; says nothing about anybody",
    "GET /{service}/readyz": "probed by the platform; says nothing about anybody",
    "GET /{service}/version": "the version of the release",
    "GET /{service}/sign-in": "how a person becomes somebody",
    "POST /{service}/sign-in": "how a person becomes somebody",
    "POST /{service}/sign-out": "a session that has just ended may be ended again",
    "GET /{service}/static/<path:filename>": "styles and scripts",
}
"""Every address that anybody may use, with the reason."""

SERVICE_MAY = {
    "GET /{service}/feed/<stream>",
    "GET /{service}/feed/heads",
    "GET /{service}/feed/heads-of",
}
every_service = pytest.mark.parametrize("service", SERVICES)


def routes(app: Flask) -> Iterator[tuple[str, str, tuple[Role, ...] | None]]:
    """Yield method, address and the roles it accepts."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, rule.rule, allowed_roles(app, rule.endpoint, method=method)


@every_service
def test_every_route_asks_for_a_role_or_is_declared_public(
    applications: Mapping[str, Flask], service: str
) -> None:
    assert unguarded_routes(applications[service]) == []


@every_service
def test_only_the_declared_addresses_are_public(
    applications: Mapping[str, Flask], service: str
) -> None:
    public = {f"{how} {where}" for how, where, who in routes(applications[service]) if who == ()}

    assert public == {address.format(service=service) for address in PUBLIC}


@every_service
def test_every_address_begins_with_the_name_of_its_service(
    applications: Mapping[str, Flask], service: str
) -> None:
    elsewhere = {
        where
        for _, where, _ in routes(applications[service])
        if not where.startswith(f"/{service}/") and where != "/"
    }

    assert elsewhere == set()


@every_service
def test_a_service_may_change_nothing_over_another_services_api(
    applications: Mapping[str, Flask], service: str
) -> None:
    changing = {
        f"{how} {where}"
        for how, where, who in routes(applications[service])
        if Role.SERVICE in (who or ()) and how != "GET"
    }

    assert changing == set()


@every_service
def test_every_service_serves_its_streams_to_the_others(
    applications: Mapping[str, Flask], service: str
) -> None:
    found = {
        f"{how} {where}"
        for how, where, who in routes(applications[service])
        if Role.SERVICE in (who or ())
    }

    assert found >= {address.format(service=service) for address in SERVICE_MAY}


def test_an_auditor_may_change_no_record(applications: Mapping[str, Flask]) -> None:
    changing = {
        f"{how} {where}"
        for app in applications.values()
        for how, where, who in routes(app)
        if Role.AUDITOR in (who or ()) and how != "GET"
    }

    assert changing == set()


def test_a_route_that_nobody_marked_is_found() -> None:
    app = Flask("made-up")
    app.add_url_rule("/made-up/secret", "secret", lambda: "")

    assert "GET /made-up/secret" in unguarded_routes(app)


@every_service
def test_no_address_has_room_for_something_personal(
    applications: Mapping[str, Flask], service: str
) -> None:
    slots = {
        argument
        for rule in applications[service].url_map.iter_rules()
        for argument in rule.arguments
    }

    assert slots <= {"ref", "child", "stream", "service", "filename"}
