"""Sends bulks to the bulk door of a service, as often as it takes to be answered."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import requests

from shared.mash.client import Refused, System, why
from shared.mash.importing.reading import Line

TIMEOUT: Final = (5.0, 120.0)
PATIENCE: Final = 300.0
"""Seconds without an answer after which an import stops; the same command takes it up again."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0
NOT_NOW: Final = frozenset({429, 500, 502, 503, 504})
TOO_LARGE: Final = 413

Results = list[Mapping[str, Any]]


class Stopped(Exception):
    """Somebody asked to stop while no answer came."""


@dataclass(slots=True, kw_only=True)
class Sender:
    """The bulk doors of a system. One sender may be used by several threads."""

    system: System
    stop: threading.Event
    patience: float = PATIENCE
    _sessions: dict[tuple[str, int], requests.Session] = field(default_factory=dict)
    """By service and thread: two bulks on their way to a service need a connection each."""

    def send(self, service: str, bulk: Sequence[Line]) -> Results:
        """Return what became of each order. Raises Refused when the door is closed to us, and
        Stopped."""
        orders = [line.order for line in bulk]
        answer = self._ask("POST", service, f"/{service}/api/imports", json=orders)
        if answer.status_code == TOO_LARGE and len(bulk) > 1:
            half = len(bulk) // 2
            return [*self.send(service, bulk[:half]), *self.send(service, bulk[half:])]
        if not answer.ok:
            raise Refused(why(answer))
        results: Results = answer.json()
        return results

    def events_of(self, case: str) -> int:
        """Return how many events the referral of a case has."""
        answer = self._ask("GET", "referral", f"/referral/api/imports/{case}")
        if not answer.ok:
            raise Refused(why(answer))
        events: int = answer.json()["events"]
        return events

    def close(self) -> None:
        """Hang up."""
        for session in self._sessions.values():
            session.close()

    def _ask(self, method: str, service: str, path: str, **more: Any) -> requests.Response:
        """Ask until there is an answer other than "not now": a bulk sent again is taken once."""
        began, wait = monotonic(), FIRST_WAIT
        while not self.stop.is_set():
            answer = self._ask_once(method, service, path, **more)
            if answer is not None and answer.status_code not in NOT_NOW:
                return answer
            if monotonic() - began > self.patience:
                said = f": {why(answer)}" if answer is not None else ""
                raise Refused(
                    f"The {service} service did not answer for {self.patience:.0f} s{said}"
                )
            asked = answer.headers.get("Retry-After", "") if answer is not None else ""
            self.stop.wait(float(asked) if asked.isdigit() else wait)
            wait = min(LONGEST_WAIT, wait * 2)
        raise Stopped

    def _ask_once(
        self, method: str, service: str, path: str, **more: Any
    ) -> requests.Response | None:
        whose = (service, threading.get_ident())
        if whose not in self._sessions:
            self._sessions[whose] = requests.Session()
        session = self._sessions[whose]
        headers = {"Authorization": f"Bearer {self.system.token}", "Accept": "application/json"}
        try:
            return session.request(
                method, self.system.address_of(path), headers=headers, timeout=TIMEOUT, **more
            )
        except requests.RequestException:
            return None
