"""Where each role begins and what its menu offers, across the three services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.auth import Person
from shared.events.codes import Role

HOMES: Final = (
    (Role.MASH_MANAGER, "/referral/inbox"),
    (Role.MASH_PRACTITIONER, "/referral/inbox"),
    (Role.TEAM_MANAGER, "/strategy/worklist"),
    (Role.SOCIAL_WORKER, "/strategy/my-visits"),
    (Role.AUDITOR, "/audit/cases"),
    (Role.ADMINISTRATOR, "/audit/cases"),
    (Role.PARTNER, "/referral/referrals/new"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    """One entry of the menu and who sees it."""

    text: str
    href: str
    roles: frozenset[Role]


_HUB: Final = frozenset({Role.MASH_PRACTITIONER, Role.MASH_MANAGER})
_MANAGERS: Final = frozenset({Role.MASH_MANAGER, Role.TEAM_MANAGER})

_DIRECTORY_KEEPERS: Final = frozenset({Role.ADMINISTRATOR, Role.TEAM_MANAGER})
_WATCHERS: Final = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
_TIMELINE_READERS: Final = _MANAGERS | {Role.AUDITOR, Role.ADMINISTRATOR}

MENU: Final = (
    MenuItem(text="Duty inbox", href="/referral/inbox", roles=_HUB),
    MenuItem(text="Send a referral", href="/referral/referrals/new", roles=_HUB | {Role.PARTNER}),
    MenuItem(text="Worklist", href="/strategy/worklist", roles=_MANAGERS),
    MenuItem(text="My visits", href="/strategy/my-visits", roles=frozenset({Role.SOCIAL_WORKER})),
    MenuItem(text="Directory", href="/strategy/directory", roles=_DIRECTORY_KEEPERS),
    MenuItem(text="Timelines", href="/audit/cases", roles=_TIMELINE_READERS),
    MenuItem(text="Operations", href="/audit/operations", roles=_WATCHERS),
)
"""Each item is offered only to roles that its page lets in; a test asks the pages."""


def home_of(person: Person) -> str:
    """The page a person's work begins on."""
    return next((home for role, home in HOMES if role in person.roles), "/referral/inbox")


def menu_of(person: Person | None, path: str) -> list[dict[str, object]]:
    """The menu of a person as the service navigation wants it; `path` marks where they are."""
    held = set(person.roles) if person else set()
    return [
        {"text": item.text, "href": item.href, "current": path == item.href}
        for item in MENU
        if item.roles & held
    ]


def timeline_href(person: Person | None, ref: str) -> str | None:
    """The address of a case's timeline, for a person who may read it; else None."""
    if person is None or not _TIMELINE_READERS & set(person.roles):
        return None
    return f"/audit/cases/{ref}"
