"""The bulk door and the single doors: the same commands, the same roles, the same words.

A command without an order, or an address whose roles differ from those of its order, fails here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from flask import Flask

from services.referral.domain.commands import Command as ReferralCommand
from services.referral.schemas.orders import ORDERS as AT_THE_HUB
from services.strategy.domain.commands import Command as StrategyCommand
from services.strategy.schemas.orders import ORDERS as AT_THE_TEAM
from shared.auth import allowed_roles, sha256
from shared.clock import SystemClock
from shared.events.codes import Role
from shared.ids import case_reference
from shared.mash.generate.steps import ADDRESSES
from shared.mash.generate.steps import StandsFor as Generated
from shared.mash.roster import composition_root
from shared.orders import Kind, Order, StandsFor
from shared.settings import Settings
from tests.builders import a_child, a_referral
from tests.conftest import environment

CASE, CHILD = "MASH-AAAAA-AAAAA", "CH-AAAAA-AAAAA"
ORDERS: Mapping[str, Mapping[str, Kind]] = {"referral": AT_THE_HUB, "strategy": AT_THE_TEAM}
MORE = {
    "decline": "/strategy/api/cases/{case}/lead/decline",
    "override": "/strategy/api/cases/{case}/lead/override",
}
"""Steps that no generated journey has: in those the system's own choice always stands."""
SINGLE = {**{step.value: address for step, address in ADDRESSES.items()}, **MORE}
NOT_A_STEP = {"/referral/api/imports", "/strategy/api/imports", "/strategy/api/directory/reload"}
STEPS = [(service, step) for service, kinds in ORDERS.items() for step in kinds]
each_step = pytest.mark.parametrize(("service", "step"), STEPS)


@pytest.fixture(scope="module")
def applications(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Flask]:
    """Both services over a database that nothing here comes as far as."""
    folder: Path = tmp_path_factory.mktemp("doors")
    settings = Settings.from_env(environment(folder, "mongodb://127.0.0.1:9/"))
    people = [
        {
            "id": role.value,
            "name": f"Fictional {role}",
            "roles": [role.value],
            "agency": None,
            "token_sha256": sha256(role.value),
        }
        for role in Role
        if role is not Role.SERVICE
    ]
    settings.accounts_file.write_text(json.dumps(people))
    return {name: composition_root(name).build(settings, SystemClock()).web() for name in ORDERS}


def post(app: Flask, role: str, path: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {role}"}
    return app.test_client().post(path, json=body, headers=headers)


def single(applications: Mapping[str, Flask], service: str, step: str, body: Any) -> Any:
    role = ORDERS[service][step].roles[0].value
    path = SINGLE[step].format(case=CASE, child=CHILD)
    return post(applications[service], role, path, body)


def bulk(applications: Mapping[str, Flask], service: str, step: str, body: Any) -> Any:
    order = {
        "step": step,
        "case": CASE,
        "child": CHILD,
        "at": "2025-06-02T09:00:00+00:00",
        "by": ORDERS[service][step].roles[0].value,
        "body": body,
    }
    answer = post(applications[service], "administrator", f"/{service}/api/imports", [order])
    assert answer.status_code == 200
    return answer.json[0]


def bodies(step: str) -> Iterator[Any]:
    """Bodies that every command must refuse."""
    yield {}
    yield {"favourite_colour": "blue"}
    yield dict.fromkeys(_names(step), 7.5)
    yield dict.fromkeys(_names(step), "\u200b\u202ehidden")
    yield dict.fromkeys(_names(step), "a" * 6_000)


def _names(step: str) -> list[str]:
    return [
        name for kinds in ORDERS.values() if step in kinds for name in kinds[step].schema().fields
    ]


def test_every_command_has_an_order() -> None:
    hub = set(get_args(ReferralCommand))
    team = {each.__name__ for each in StrategyCommand.__subclasses__()}
    schemas: list[Any] = [kind.schema for kind in AT_THE_TEAM.values()]

    assert {type(command_of("referral", step)) for step in AT_THE_HUB} == hub
    assert {schema.command.__name__ for schema in schemas} == team


def test_whoever_a_generated_step_stands_for_the_bulk_door_knows() -> None:
    assert [each.value for each in Generated] == [each.value for each in StandsFor]


def command_of(service: str, step: str) -> Any:
    """The command that an order with any valid body becomes."""
    bodies: dict[str, Any] = {
        "receive": a_referral(children=[a_child(date_of_birth="2017-03-14")]),
        "match": {"child": CHILD, "known_child": CHILD, "known_case": CASE},
        "decide": {
            "outcome": "early-help",
            "child_protection_concerns": False,
            "threshold_level": 2,
            "rationale": "Enough is known to decide this.",
            "guidance_version": "2024-09",
            "feedback": "Early help will ring.",
        },
        "tell": {
            "informed_by": "letter",
            "informed_at": "2026-12-01T09:00:00+00:00",
            "what_was_said": "The outcome.",
        },
    }
    body = bodies[step]
    case = case_reference(body["submission_id"]) if step == "receive" else CASE
    at = SystemClock().now().replace(year=2026, month=12, day=30)
    order = Order(step=step, case=case, at=at, by="somebody", body=body)
    return ORDERS[service][step].read(order)


def test_every_address_that_changes_a_case_is_a_step_of_the_bulk_door(
    applications: Mapping[str, Flask],
) -> None:
    changing = {
        rule.rule.replace("<ref>", "{case}").replace("<child>", "{child}")
        for service, app in applications.items()
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.rule.startswith(f"/{service}/api/")
    }

    assert changing - NOT_A_STEP == {SINGLE[step] for _, step in STEPS}


@each_step
def test_the_roles_of_a_step_are_those_of_its_own_address(
    applications: Mapping[str, Flask], service: str, step: str
) -> None:
    app = applications[service]
    path = SINGLE[step].format(case=CASE, child=CHILD)
    endpoint, _ = app.url_map.bind("").match(path, method="POST")

    assert allowed_roles(app, endpoint, method="POST") == ORDERS[service][step].roles


@each_step
def test_both_doors_refuse_the_same_bodies_in_the_same_words(
    applications: Mapping[str, Flask], service: str, step: str
) -> None:
    refused = 0
    for body in bodies(step):
        told = single(applications, service, step, body)
        entered = bulk(applications, service, step, body)

        assert (told.status_code, entered["result"]) == (422, "refused")
        problem = entered["problem"]
        assert (problem["status"], problem["title"]) == (told.json["status"], told.json["title"])
        at_the_bulk_door = [(each["pointer"], each["detail"]) for each in problem["errors"]]
        assert at_the_bulk_door == [
            (each["pointer"].replace("#", "#/body", 1), each["detail"])
            for each in told.json["errors"]
        ]
        refused += 1
    assert refused == 5


@each_step
def test_both_doors_refuse_the_same_roles(
    applications: Mapping[str, Flask], service: str, step: str
) -> None:
    kind = ORDERS[service][step]
    for role in set(Role) - {Role.SERVICE} - set(kind.roles):
        path = SINGLE[step].format(case=CASE, child=CHILD)
        told = post(applications[service], role.value, path, {})
        order = {"step": step, "case": CASE, "at": "2025-06-02T09:00:00+00:00", "body": {}}
        (entered,) = post(
            applications[service],
            "administrator",
            f"/{service}/api/imports",
            [{**order, "by": role.value}],
        ).json

        assert (told.status_code, entered["problem"]["status"]) == (403, 403)
