"""The menu and the start pages lead where the pages let the person in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask

import shared.mash
from shared.auth import EVERYONE, Person, allowed_roles
from shared.clock import SystemClock
from shared.events.codes import Role
from shared.plumbing import plumb
from shared.web.navigation import MENU, MenuItem, home_of, menu_of
from shared.web.plumbing import add_plumbing
from tests.unit.web.world import SETTINGS

DIRECTORY = Path(shared.mash.__file__).parent / "data" / "demo_directory.json"
# Building a service opens nothing: the address need not answer.
NOBODY_THERE = "mongodb://127.0.0.1:9"


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Flask]:
    accounts = tmp_path_factory.mktemp("people") / "accounts.json"
    accounts.write_text(json.dumps([]))
    settings = replace(
        SETTINGS, accounts_file=accounts, directory_file=DIRECTORY, mongo_url=NOBODY_THERE
    )
    names = ("referral", "strategy", "audit")
    modules = {name: import_module(f"services.{name}.app") for name in names}
    plumbings = {
        name: plumb(module.build(settings, SystemClock())) for name, module in modules.items()
    }
    applications = {name: each.service.web() for name, each in plumbings.items()}
    for name, application in applications.items():
        add_plumbing(application, plumbings[name])
    return applications


def let_in(services: dict[str, Flask], address: str) -> Iterable[Role]:
    """The roles that the page at this address lets in."""
    app = services[address.split("/")[1]]
    endpoint, _ = app.url_map.bind("localhost").match(address, method="GET")
    return allowed_roles(app, endpoint, method="GET") or ()


@pytest.mark.parametrize("item", MENU, ids=lambda item: item.href)
def test_the_menu_offers_only_pages_that_let_the_person_in(
    services: dict[str, Flask], item: MenuItem
) -> None:
    assert item.roles <= set(let_in(services, item.href))


@pytest.mark.parametrize("role", EVERYONE)
def test_each_role_starts_on_a_page_that_lets_it_in(services: dict[str, Flask], role: Role) -> None:
    home = home_of(Person(id="x-demo", name="X", roles=(role,)))

    assert role in let_in(services, home)


@pytest.mark.parametrize("role", EVERYONE)
def test_the_directory_is_in_the_menu_of_those_who_answer_for_it(role: Role) -> None:
    offered = [item["text"] for item in menu_of(Person(id="x-demo", name="X", roles=(role,)), "/")]

    answers_for_it = role in {Role.ADMINISTRATOR, Role.TEAM_MANAGER}
    assert ("Directory" in offered) is answers_for_it


def test_the_menu_marks_where_the_person_is() -> None:
    person = Person(id="x-demo", name="X", roles=(Role.SOCIAL_WORKER,))

    assert menu_of(person, "/strategy/my-visits") == [
        {"text": "My visits", "href": "/strategy/my-visits", "current": True}
    ]
    assert menu_of(None, "/") == []
