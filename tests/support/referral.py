"""The referral service as a test uses it: its app, its clock, people who may sign in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from services.referral.app import build
from services.referral.documents import ReferralDocument
from services.referral.domain.referral import Referral
from shared.auth import sha256
from shared.database import collection_of
from shared.events.envelope import Envelope
from shared.service import Service
from shared.settings import Settings
from shared.store import Roots
from tests.support.pages import PageClient

PEOPLE = {
    "school-demo": ("Mr Biscuit", ["partner"], "Invented Primary School"),
    "police-demo": ("PC Saucer", ["partner"], "Invented Police"),
    "practitioner-demo": ("Pat Practitioner", ["mash-practitioner"], None),
    "manager-demo": ("Max Manager", ["mash-manager"], None),
    "team-demo": ("Terry Team", ["team-manager"], None),
    "worker-demo": ("Sky Worker", ["social-worker"], None),
    "auditor-demo": ("Alex Auditor", ["auditor"], None),
}
MORNING = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
"""A Friday."""


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime = MORNING) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the time of the test."""
        return self.at

    def on(self, **span: float) -> None:
        """Move on."""
        self.at += timedelta(**span)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralDesk:
    """One service in this process, on a real store."""

    service: Service
    app: Flask
    clock: HandClock

    def browser(self, person: str) -> PageClient:
        """A browser in which this person is signed in."""
        return PageClient(self.app).acting_as(person)

    def call(self, person: str, method: str, path: str, body: Any = None) -> TestResponse:
        """Call the API with this person's token."""
        return self.app.test_client().open(
            f"/referral/api{path}",
            method=method,
            json=body,
            headers={"Authorization": f"Bearer {token_of(person)}"},
        )

    def post(self, person: str, path: str, body: Any) -> TestResponse:
        """Post to the API with this person's token."""
        return self.call(person, "POST", path, body)

    def sent(self, body: dict[str, Any], person: str = "school-demo") -> str:
        """Send a referral through the API and return its reference."""
        answer = self.post(person, "/referrals", body)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return str(answer.json["reference"])  # type: ignore[index]

    @property
    def referrals(self) -> Roots[Referral]:
        """The root documents."""
        return self.service.roots

    def events(self, ref: str) -> list[Envelope]:
        """The events of one referral, in order."""
        found = collection_of(ReferralDocument).find_one({"_id": ref}) or {"events": []}
        return [Envelope.from_wire(event) for event in found["events"]]


def token_of(person: str) -> str:
    """The token of a person: invented."""
    return f"token-of-{person}"


def open_desk(settings: Settings) -> ReferralDesk:
    """Start the service in this process."""
    settings.accounts_file.write_text(
        json.dumps(
            [
                {
                    "id": person,
                    "name": name,
                    "roles": roles,
                    "agency": agency,
                    "token_sha256": sha256(token_of(person)),
                }
                for person, (name, roles, agency) in PEOPLE.items()
            ]
        )
    )
    clock = HandClock()
    service = build(settings, clock)
    service.roots.records.ensure_indexes()
    return ReferralDesk(service=service, app=service.web(), clock=clock)
