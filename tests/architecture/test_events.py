"""Every event is registered, published by its own service, and heard or declared unheard."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import ModuleType

import pytest

from shared.events import audit, referral, registry, strategy
from shared.events.facts import Fact
from shared.events.registry import PUBLISHED, REGISTRY, UPGRADES
from shared.service import Service
from tests.architecture.tree import SERVICES, modules

CONTRACT = {"referral": referral, "strategy": strategy, "audit": audit}

UNHEARD = {
    "referral.received": "the case opens on the decision",
    "referral.child-matched": "the decision names the earlier cases",
    "referral.referrer-informed": "concerns the hub and the referrer alone",
    "referral.sent-again": "what it says was heard when the referral was first received",
    "strategy.case-opened": "the hub shows where a case stands from its own decision",
    "strategy.meeting-called": "as above",
    "strategy.lead-assigned": "as above",
    "strategy.lead-acknowledged": "as above",
    "strategy.lead-declined": "as above",
    "strategy.lead-reassigned": "as above",
    "strategy.meeting-held": "as above",
    "strategy.meeting-not-quorate": "as above",
    "strategy.medical-decided": "as above",
    "strategy.case-allocated": "as above",
    "strategy.visit-attempted": "as above",
    "strategy.child-seen": "as above",
    "audit.clock-at-risk": "worklists compute due times from the same table themselves",
    "audit.clock-breached": "as above",
    "audit.clock-met": "as above",
}
"""Events that no service acts on, each with the reason; audit keeps every one of them."""


def facts_in(module: ModuleType) -> set[type[Fact]]:
    """Return the facts a module of the contract defines, without those that only others extend."""
    return {
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Fact) and "type" in vars(each)
    }


@pytest.mark.parametrize("name", CONTRACT)
def test_every_fact_of_the_contract_is_registered_under_its_service(name: str) -> None:
    assert set(PUBLISHED[f"/{name}"]) == facts_in(CONTRACT[name])


def test_no_type_and_version_is_registered_twice() -> None:
    assert len(REGISTRY) == sum(map(len, PUBLISHED.values()))


def test_every_source_of_events_is_a_service() -> None:
    assert {source.removeprefix("/") for source in PUBLISHED} <= set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_publishes_its_own_facts_and_all_of_them(service: str) -> None:
    made = facts_made_by(service)

    # An older version is read for ever, and written no more.
    newest = [fact for fact in PUBLISHED[f"/{service}"] if fact not in UPGRADES]
    assert made == {fact.__name__ for fact in newest}


def test_every_event_is_heard_by_a_reaction_or_declared_unheard(
    services: Mapping[str, Service],
) -> None:
    heard = {fact.type for each in services.values() for fact in each.reactions}

    assert heard.isdisjoint(UNHEARD), "it is heard now: take it from the list"
    assert heard | set(UNHEARD) == {fact.type for fact in REGISTRY.values()}


def test_audit_hears_everything_itself_included(services: Mapping[str, Service]) -> None:
    assert set(services["audit"].hears) == set(PUBLISHED)
    assert services["audit"].hearing is not None


@pytest.mark.parametrize("service", SERVICES)
def test_every_subscribed_event_exists_and_comes_from_a_source_that_is_heard(
    services: Mapping[str, Service], service: str
) -> None:
    here = services[service]

    assert set(here.hears) <= set(PUBLISHED)
    for fact in here.reactions:
        assert registry.is_known(fact.type, fact.version)
        assert any(fact in PUBLISHED[source] for source in here.hears), fact.type


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_wired_under_its_own_name(
    services: Mapping[str, Service], service: str
) -> None:
    here = services[service]

    assert here.name == service
    assert here.roots.source == f"/{service}"
    assert here.database.name == f"golden_thread_{service}"
    assert here.roots.records.document._meta["db_alias"] == service


def facts_made_by(service: str) -> set[str]:
    """Return the facts a service's code makes: called by name, or handed on as a class."""
    contract = {fact.__name__ for facts in PUBLISHED.values() for fact in facts}
    made: set[str] = set()
    for module in modules(f"services/{service}"):
        mine = contract & set(module.imported()) - only_read_in(module.path)
        made |= {
            node.id
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Name)
            and node.id in mine
            and "/subscriptions" not in module.path
        }
    return made


def only_read_in(path: str) -> frozenset[str]:
    """Return the facts of others that a module reads and does not make."""
    return frozenset(
        fact.__name__
        for source, facts in PUBLISHED.items()
        for fact in facts
        if not path.startswith(f"services{source}/") and path.startswith(READERS_OF_OTHERS)
    )


READERS_OF_OTHERS = (
    "services/audit/",
    "services/strategy/domain/opening.py",
    "services/strategy/domain/rebuilding.py",
)
"""Where the facts of other services are read: audit words all of them; a case opens on one, and is
opened from it again after a restore."""
