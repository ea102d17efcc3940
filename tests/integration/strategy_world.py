"""The strategy service on a real MongoDB, with its two doors and a clock that a test sets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from flask import Flask

from services.strategy.app import build
from services.strategy.domain.case import Case
from services.strategy.handlers.desk import Desk
from shared.auth import sha256
from shared.events.codes import Concern, Role, ThresholdOutcome
from shared.events.envelope import GENESIS, Envelope
from shared.events.facts import ChildOnCase
from shared.events.referral import ThresholdDecided
from shared.events.seal import Actor, Place, seal
from shared.hearing import Hearer, Outcome
from shared.service import Service
from shared.settings import Settings
from shared.streams import Streams
from tests.support.pages import PageClient

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
FIRST, SECOND = "CH-TEST1-TEST1", "CH-TEST1-TEST2"
WEST, WEST_OTHER, HEAD = "tm-01-okoro-demo", "tm-02-fernhill-demo", "hs-01-harkness-demo"
WEST_DEPUTY, SMETHWICK = "dm-01-winterbourne-demo", "tm-04-quillfeather-demo"
WORKER, OTHER_WORKER = "sw-01-ashgrove-demo", "sw-05-elderfield-demo"
MASH, ADMIN = "mm-01-demo", "ad-01-demo"
ROLES = {
    **dict.fromkeys((WEST, WEST_OTHER, WEST_DEPUTY, SMETHWICK, HEAD), Role.TEAM_MANAGER),
    **dict.fromkeys((WORKER, OTHER_WORKER), Role.SOCIAL_WORKER),
    MASH: Role.MASH_MANAGER,
    ADMIN: Role.ADMINISTRATOR,
}
DECIDER = Actor(MASH, Role.MASH_MANAGER)


@dataclass
class SetClock:
    """A clock that a test sets."""

    at: datetime = NOW

    def now(self) -> datetime:
        """The time it was set to."""
        return self.at


@dataclass
class World:
    """One strategy service, with a way to let it hear decisions and to ask through both doors."""

    settings: Settings
    clock: SetClock = field(default_factory=SetClock)

    def __post_init__(self) -> None:
        people = [
            {
                "id": person,
                "name": f"Fictional {person}",
                "roles": [role.value],
                "agency": None,
                "password_hash": None,
                "token_sha256": sha256(token_of(person)),
            }
            for person, role in ROLES.items()
        ]
        self.settings.accounts_file.write_text(json.dumps(people))

    @cached_property
    def service(self) -> Service:
        """The service, with its indexes."""
        service = build(self.settings, self.clock)
        service.roots.records.ensure_indexes()
        service.ensure_indexes()
        return service

    @cached_property
    def app(self) -> Flask:
        """Its web application."""
        return self.service.web()

    @property
    def desk(self) -> Desk:
        """What its handlers work with."""
        desk: Desk = self.app.extensions["strategy.desk"]
        return desk

    def decided(self, ref: str, **but: Any) -> Outcome:
        """Let the service hear a threshold decision."""
        values = {
            "outcome": ThresholdOutcome.STRATEGY_MEETING,
            "threshold_level": 4,
            "guidance_version": "2026-1",
            "child_protection_concerns": True,
            "physical_harm_alleged": False,
            "children": (ChildOnCase(child=FIRST), ChildOnCase(child=SECOND)),
            "concerns": (Concern.NEGLECT,),
            "area": "B70",
            "received_at": self.clock.at - timedelta(hours=1),
            "earlier_cases": (),
        } | but
        place = Place(source="/referral", subject=ref, version=0, tail_hash=GENESIS)
        fact = ThresholdDecided(**values)
        (wire,) = seal([fact], place, by=DECIDER, at=self.clock.at, cause=None)
        hearer = Hearer(self.service.roots, self.service.reactions)
        return hearer.receive(Envelope.from_wire(wire))

    def case(self, ref: str) -> Case:
        """The case as it is stored."""
        state = self.service.roots.load(ref).state
        assert isinstance(state, Case)
        return state

    def events(self, ref: str) -> list[Any]:
        """The events of a case in wire form, in order."""
        return list(Streams(self.service.roots).read(ref, after=0))

    def said(self, ref: str) -> list[str]:
        """The types of the events of a case, in order."""
        return [event["type"] for event in self.events(ref)]

    def browser(self, person: str) -> PageClient:
        """A browser in which this person is signed in."""
        return PageClient(self.app).acting_as(person)

    def call(self, person: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Ask through the JSON door: POST with a body, GET without."""
        client, headers = self.app.test_client(), {"Authorization": f"Bearer {token_of(person)}"}
        path = f"/strategy/api{path}"
        if body is None:
            answer = client.get(path, headers=headers)
        else:
            answer = client.post(path, headers=headers, json=body)
        return answer.status_code, answer.get_json()


def token_of(person: str) -> str:
    """The bearer token of a person of this world."""
    return f"token-of-{person}"
