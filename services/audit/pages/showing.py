"""How audit's pages show the state of a promise, and who may read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.audit.domain.clocks import Condition
from shared.auth import current_person
from shared.events.codes import Role

READERS: Final = (Role.AUDITOR, Role.ADMINISTRATOR, Role.MASH_MANAGER, Role.TEAM_MANAGER)

WORKS_WITH_FAMILIES: Final = frozenset(
    {Role.MASH_PRACTITIONER, Role.MASH_MANAGER, Role.TEAM_MANAGER, Role.SOCIAL_WORKER}
)
"""Who is led from a timeline to the referral, which holds names; an auditor's work needs none."""

COLOURS: Final[Mapping[Condition, str]] = {
    Condition.RUNNING: "blue",
    Condition.AT_RISK: "orange",
    Condition.BREACHED: "red",
    Condition.MET: "green",
    Condition.MET_LATE: "yellow",
    Condition.CANCELLED: "grey",
}
"""Never alone: the words always stand in the tag."""


def works_with_families() -> bool:
    """Does the person on this page hold a role that works with the family?"""
    person = current_person()
    return person is not None and not WORKS_WITH_FAMILIES.isdisjoint(person.roles)


def type_words(event_type: str) -> str:
    """Return an event type for a list of choices: "Referral: threshold decided"."""
    service, _, name = event_type.partition(".")
    return f"{service.capitalize()}: {name.replace('-', ' ')}"
