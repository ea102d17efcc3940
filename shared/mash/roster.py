"""Which services there are: the folders of `services/` that have a composition root.

A fourth service needs nothing but its folder.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

FIRST: Final = "referral"
"""Where `/` leads, when there is such a service."""


def service_names() -> tuple[str, ...]:
    """Return the names of the services, in the order of the alphabet."""
    places = [Path(each) for each in import_module("services").__path__]
    found = {root.parent.name for place in places for root in place.glob("*/app.py")}
    return tuple(sorted(found))


def composition_root(name: str) -> ModuleType:
    """Return the `app` module of a service, loaded by its name."""
    return import_module(f"services.{name}.app")
