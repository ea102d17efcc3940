"""The `eventsourcing` library receives and decides referrals; says how long the decisions took.

decide_eventsourcing.py COUNT, its recorder named by PERSISTENCE_MODULE as the library documents.
"""

from __future__ import annotations

import json
import os
import sys
import time
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

RECEIVED = {
    "children": [{"child": "CH-B1VE0-TEAP0", "unborn": False}],
    "worry": "x" * 2000,
    "told_family": True,
    "agreement": "agreed",
    "area": "B70",
}
DECIDED = {
    "outcome": "strategy-meeting",
    "threshold_level": 4,
    "rationale": "x" * 80,
    "guidance_version": "2026-04",
    "feedback": "x" * 80,
    "by": "manager-demo",
}


class Referral(Aggregate):
    """A referral that is received and then decided, once."""

    @event("Received")
    def __init__(self, report: dict[str, object]) -> None:
        self.report = report
        self.decision: dict[str, object] | None = None

    def decide(self, decision: dict[str, object]) -> None:
        """Decide, unless that was done."""
        if self.decision is not None:
            raise ValueError("a decision is made once")
        self._decided(decision)

    @event("Decided")
    def _decided(self, decision: dict[str, object]) -> None:
        self.decision = decision


class Referrals(Application):
    """The way the library's own examples do it: get, act, save."""

    def receive(self) -> UUID:
        """Receive one."""
        referral = Referral(RECEIVED)
        self.save(referral)
        return referral.id

    def decide(self, id: UUID) -> None:
        """Decide one."""
        referral = self.repository.get(id)
        referral.decide(DECIDED)
        self.save(referral)


def main(count: int) -> None:
    """Receive so many, then decide them against the clock."""
    application = Referrals(env=dict(os.environ))
    received = [application.receive() for _ in range(count)]
    began = time.perf_counter()
    for each in received:
        application.decide(each)
    seconds = time.perf_counter() - began
    decided = sum(application.repository.get(each).version == 2 for each in received)
    print(json.dumps({"decided": decided, "seconds": seconds}))
    application.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
