"""Every collection is either in the back-up or can be computed again, and it is said which."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.mash.manifest import kept_of, services_in_order
from tests.architecture.tree import SERVICES

ROOT = Path(__file__).parents[2]

COMPUTED_AGAIN = {
    "audit.cases": "projections of the entries, by the watchdog",
    "strategy.slots": "reservations of managers' time, from the cases, by the job that tidies them",
    "feed_marks": "how far feeds were compared: a restored service compares everything",
    "restored": "the mark of a restore itself",
}


def collections_of(service: str) -> set[str]:
    """Return the collections that a service declares."""
    code = (ROOT / "services" / service / "documents.py").read_text(encoding="utf-8")
    return set(re.findall(r'"collection": "(\w+)"', code))


def collections_of_the_plumbing() -> set[str]:
    code = [each.read_text(encoding="utf-8") for each in (ROOT / "shared").rglob("*.py")]
    return set(re.findall(r'database\["(\w+)"\]', "".join(code)))


@pytest.mark.parametrize("service", SERVICES)
def test_every_collection_of_a_service_is_kept_or_can_be_computed_again(service: str) -> None:
    kept = set(kept_of(service))
    left = {name for name in collections_of(service) if f"{service}.{name}" in COMPUTED_AGAIN}

    assert (collections_of(service) | {"held_events"}) == kept | left, "name it in KEPT"
    assert not kept & left


def test_every_collection_of_the_plumbing_is_kept_or_can_be_computed_again() -> None:
    found = collections_of_the_plumbing()

    assert found == {"held_events"} | (found & set(COMPUTED_AGAIN))


def test_a_back_up_holds_every_service() -> None:
    assert set(services_in_order()) == set(SERVICES)
