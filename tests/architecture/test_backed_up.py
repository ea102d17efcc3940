"""Every collection is either in the back-up or can be computed again, and it is said which."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.mash.manifest import OF_EVERY_SERVICE, kept_of, services_in_order
from tests.architecture.tree import SERVICES

ROOT = Path(__file__).parents[2]

COMPUTED_AGAIN = {
    "audit.cases": "projections of the entries, by the watchdog",
    "strategy.slots": "reservations of managers' time, from the cases, by the job that tidies them",
    "feed_marks": "how far feeds were compared: a restored service compares everything",
    "alarms": "what is wrong is measured again within seconds",
    "feed_looks": "how far sources were heard when last asked: they are asked again",
    "workers": "signs of life of processes",
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

    assert (collections_of(service) | set(OF_EVERY_SERVICE)) == kept | left, "name it in KEPT"
    assert not kept & left


def test_every_collection_of_the_plumbing_is_kept_or_can_be_computed_again() -> None:
    found = collections_of_the_plumbing()

    assert found == set(OF_EVERY_SERVICE) | (found & set(COMPUTED_AGAIN))


def test_a_back_up_holds_every_service() -> None:
    assert set(services_in_order()) == set(SERVICES)
