"""One case from referral to visit, through the API, by people who try again when nobody answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.ids import new_submission_id
from tests.builders import a_child, a_decision, a_sibling, an_alleged_injury
from tests.support.doors import Caller
from tests.support.system import System
from tests.support.waiting import eventually

CORE = ("social-care", "police", "health", "paediatrician")
WHOLE_LINE = (
    "referral.received",
    "referral.threshold-decided",
    "strategy.case-opened",
    "strategy.meeting-called",
    "strategy.lead-assigned",
    "strategy.lead-acknowledged",
    "strategy.meeting-held",
    "strategy.medical-decided",
    "strategy.medical-decided",
    "strategy.case-allocated",
    "strategy.child-seen",
    "strategy.child-seen",
    "referral.referrer-informed",
)
"""What a case with two children comes to, in order; audit's own words aside."""

Told = Callable[[str, str, str], None]
"""(what happened to a command, its case, the event it causes)."""


def _tell_nobody(state: str, ref: str, event: str) -> None:
    """Nobody keeps a book."""


class NotDone(AssertionError):
    """A command that should have been accepted was refused."""


@dataclass
class Walk:
    """A case on its way. `told` keeps the book of what was attempted and what acknowledged."""

    system: System
    told: Told = _tell_nobody
    ref: str = ""
    children: list[str] = field(default_factory=list)
    unanswered: int = 0
    body: dict[str, Any] = field(default_factory=dict)
    """The form, for whoever sends it a second time."""

    def whole(self) -> str:
        """Go the whole way. Returns the reference."""
        self.receive()
        self.decide()
        self.meet()
        self.allocate()
        self.see_every_child()
        self.inform()
        return self.ref

    def receive(self, **but: Any) -> None:
        """Send the referral."""
        body = an_alleged_injury(**{"children": [a_child(), a_sibling()], **but})
        answer = self._command(
            "school-demo", "/referral/api/referrals", body, "referral.received", key=body
        )
        self.ref, self.children = answer["reference"], answer["children"]
        self.told("acknowledged", self.ref, "referral.received")

    def decide(self, **but: Any) -> None:
        """Decide the threshold; a decision that was made but not answered stands."""
        self._command(
            "manager-demo",
            f"/referral/api/referrals/{self.ref}/decision",
            a_decision(**but),
            "referral.threshold-decided",
            stands=lambda: self.referral()["outcome"] is not None,
        )

    def meet(self) -> None:
        """Call the meeting, acknowledge, hold it."""
        self.call_meeting()
        self.acknowledge()
        self.hold_meeting()

    def wait_until_opened(self) -> dict[str, Any]:
        """Return the case of the strategy service, as soon as the event has brought it there."""
        manager = Caller(self.system, "manager-demo")
        case: dict[str, Any] = eventually(
            lambda: manager.json(f"/strategy/api/cases/{self.ref}"),
            f"the case {self.ref} is opened",
            within=120,
        )
        return case

    def call_meeting(self) -> None:
        """Call it for now."""
        self.wait_until_opened()
        body = {
            "submission_id": new_submission_id(),
            "starts_at": self.system.clock.now().isoformat(),
            "mode": "video",
            "invited": list(CORE),
        }
        self._act("manager-demo", "meeting", body, "strategy.meeting-called")

    def acknowledge(self) -> None:
        """The lead says: mine."""
        body = {"submission_id": new_submission_id()}
        self._act(self.lead(), "lead/acknowledge", body, "strategy.lead-acknowledged")

    def hold_meeting(self) -> None:
        """Record it, with a paediatric decision for every child."""
        attended = [
            {"agency": agency, "presence": "attended", "can_decide": True} for agency in CORE
        ]
        body = {
            "submission_id": new_submission_id(),
            "held_at": self.system.clock.now().isoformat(),
            "attendance": attended,
            "section_47": True,
            "rationale": "Reasonable cause to suspect significant harm; a joint enquiry.",
            "medicals": [{"child": child, "decision": "required"} for child in self.children],
        }
        self._act(self.lead(), "meeting/record", body, "strategy.meeting-held")

    def allocate(self) -> None:
        """Allocate to a social worker of the lead's team."""
        team = self.strategy_case()["team"]
        body = {
            "submission_id": new_submission_id(),
            "social_worker": self.worker(team),
            "plan": "See every child today, alone where old enough.",
            "visit_by": (self.system.clock.now() + timedelta(hours=8)).isoformat(),
        }
        self._act(self.manager_of(team), "allocation", body, "strategy.case-allocated")

    def see_every_child(self) -> None:
        """Record that each child was seen."""
        worker = self.strategy_case()["allocation"]["social_worker"]
        for child in self.children:
            body = {
                "submission_id": new_submission_id(),
                "seen_at": self.system.clock.now().isoformat(),
                "seen_alone": True,
                "childs_views": "Drew a house with one window and talked about it.",
            }
            self._act(worker, f"children/{child}/seen", body, "strategy.child-seen")

    def inform(self) -> None:
        """Record that the referrer was told."""
        body = {
            "informed_by": "telephone",
            "informed_at": self.system.clock.now().isoformat(),
            "what_was_said": "A strategy meeting was held today.",
        }
        self._command(
            "practitioner-demo",
            f"/referral/api/referrals/{self.ref}/feedback",
            body,
            "referral.referrer-informed",
            stands=lambda: self.referral()["informed_at"] is not None,
        )

    def referral(self) -> dict[str, Any]:
        """Return the referral as its service shows it."""
        path = f"/referral/api/referrals/{self.ref}"
        shown: dict[str, Any] = Caller(self.system, "manager-demo").json(path)
        return shown

    def strategy_case(self) -> dict[str, Any]:
        """Return the case as the strategy service shows it."""
        return self.wait_until_opened()

    def lead(self) -> str:
        """Return who leads the latest meeting."""
        return str(self.strategy_case()["meetings"][-1]["lead"]["person"])

    def worker(self, team: str) -> str:
        """Return a social worker of the team who is at work, always the same for a case."""
        at_work = _workers(self.system, team)
        return at_work[sum(map(ord, self.ref)) % len(at_work)]

    def manager_of(self, team: str) -> str:
        """Return who manages the team."""
        directory = _directory(self.system)
        (found,) = (each for each in directory["teams"] if each["code"] == team)
        return str(found["managers"][0])

    def _act(self, person: str, what: str, body: dict[str, Any], event: str) -> None:
        self._command(person, f"/strategy/api/cases/{self.ref}/{what}", body, event)

    def _command(
        self,
        person: str,
        path: str,
        body: dict[str, Any],
        event: str,
        *,
        stands: Callable[[], bool] | None = None,
        key: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Send a command until it is answered. One that was done without an answer stands."""
        ref = self.ref or str((key or {})["submission_id"])
        self.told("attempted", ref, event)
        caller = Caller(self.system, person)
        answer = caller.post(path, body)
        self.unanswered += caller.unanswered
        done_before = answer.status_code == 409 and caller.unanswered and stands and stands()
        if not answer.ok and not done_before:
            raise NotDone(f"{path}: {answer.status_code} {answer.text[:300]}")
        if self.ref:
            self.told("acknowledged", self.ref, event)
        told: dict[str, Any] = answer.json()
        return told


def _directory(system: System) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((system.folder / "directory.json").read_text())
    return found


def _workers(system: System, team: str) -> list[str]:
    directory = _directory(system)
    (found,) = (each for each in directory["teams"] if each["code"] == team)
    away = {each["id"] for each in directory["people"] if each.get("leave")}
    return [each for each in found["workers"] if each not in away]
