"""Every service has the same rooms, so that whoever knows one knows all."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.tree import ROOT, SERVICES, modules

ROOMS = {
    *("__init__", "__main__", "app", "api", "pages", "subscriptions", "handlers"),
    *("queries", "schemas", "documents", "domain", "templates"),
}
MAY_HAVE = {"data"}

LONGEST_MODULE = 300
LONGER_FOR_A_REASON: dict[str, str] = {}
"""Modules that are better read whole, each with its reason."""


def rooms_of(service: str) -> set[str]:
    """Return the rooms of a service: its folders and its modules, without `.py`."""
    return {
        each.stem for each in (ROOT / "services" / service).iterdir() if each.name != "__pycache__"
    }


def test_there_are_three_services_and_nothing_else_beside_them() -> None:
    beside = {each.name for each in (ROOT / "services").iterdir()} - {"__pycache__"}

    assert beside == {*SERVICES, "__init__.py"}
    assert set(SERVICES) >= {"referral", "strategy", "audit"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_rooms_of_every_service(service: str) -> None:
    assert rooms_of(service) - MAY_HAVE == ROOMS


@pytest.mark.parametrize("service", SERVICES)
def test_the_templates_of_a_service_stand_under_its_own_name(service: str) -> None:
    folder = ROOT / "services" / service / "templates"

    assert [each.name for each in folder.iterdir()] == [service]


@pytest.mark.parametrize("service", SERVICES)
def test_the_domain_of_a_service_never_asks_what_time_it_is(service: str) -> None:
    clocks = {"SystemClock", "DemoClock", "Clock"}
    asking = [
        module.path
        for module in modules(f"services/{service}/domain")
        if {name for name, source in module.imported().items() if source == "shared.clock"} & clocks
    ]

    assert asking == []


def test_every_module_says_why_it_exists() -> None:
    silent = [each.path for each in modules() if not ast.get_docstring(each.tree)]

    assert silent == []


def test_modules_stay_short_enough_to_be_read_whole() -> None:
    lengths = {each.path: len(each.text.splitlines()) for each in modules()}
    long = {path for path, lines in lengths.items() if lines > LONGEST_MODULE}

    assert long == set(LONGER_FOR_A_REASON)


def test_importing_any_module_does_no_work() -> None:
    # A call at the top of a module is fine when it makes a value or hands something to the
    # blueprint made there, as a decorator does; a with, a loop or any other bare call is work.
    busy = [
        f"{module.path}:{node.lineno}"
        for module in modules()
        for node in module.tree.body
        if isinstance(node, ast.For | ast.While | ast.With)
        or (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and not ast.unparse(node.value.func).startswith("blueprint.")
        )
    ]

    assert busy == []
