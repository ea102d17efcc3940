"""Asking until there is an answer that counts, and noting how long that took."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from shared.mash.demo.forms import read_page
from tests.chaos.ledger import Command, Ledger
from tests.support.system import System

LAST_OF_THE_HEAD = "X-Request-Id"
"""Headers come by the alphabet. A connection torn within them leaves a head that requests takes for
whole, with half a reference in it; a browser shows nothing then."""
NOT_NOW = frozenset({429, 500, 502, 503, 504})
PATIENCE = 240.0
"""Seconds that somebody tries again before it is a fault of the run itself."""


class Refused(Exception):
    """The system said no: `code` is the broken rule; `lost`, whether an earlier try is open."""

    def __init__(self, where: str, answer: requests.Response, *, lost: bool) -> None:
        super().__init__(f"{where}: {answer.status_code} {problem_of(answer)}")
        self.status = answer.status_code
        self.code = problem_of(answer)
        self.lost = lost


class ToldBoth(Exception):
    """Of copies of one request, sent at once, one was told yes and another no."""


class NobodyAnswered(Exception):
    """The system gave no answer for as long as anybody would wait."""


@dataclass
class Figures:
    """What all clients add up to."""

    longest_wait: float = 0.0
    """Seconds from the first try to an answer that counts."""
    answers: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def waited(self, seconds: float) -> None:
        """Note how long one command took."""
        with self.lock:
            self.answers += 1
            self.longest_wait = max(self.longest_wait, seconds)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """How one way of sending ended: the answer, whether a try went unanswered, how long it took."""

    answer: requests.Response
    lost: bool
    waited: float

    @property
    def done(self) -> bool:
        """Did the system say: done? A form leads on, to anything but the sign-in page."""
        if self.answer.is_redirect:
            return "/sign-in" not in self.answer.headers["Location"]
        return self.answer.ok


class Patient:
    """Somebody who asks again until there is an answer."""

    def __init__(self, system: System, ledger: Ledger, figures: Figures) -> None:
        self.system = system
        self.ledger = ledger
        self.figures = figures
        self._pause = threading.Event()

    def answered(
        self, send: Callable[[], requests.Response], what: str, command: Command | None = None
    ) -> Sent:
        """Send until there is an answer that counts; say whether any try went without one."""
        began, lost, pause = time.monotonic(), False, 0.05
        while True:
            answer = self._try(send)
            waited = time.monotonic() - began
            if answer is not None and answer.status_code not in NOT_NOW and not _overtaken(answer):
                self.figures.waited(waited)
                return Sent(answer=answer, lost=lost, waited=waited)
            # Too many requests is a plain "not done"; anything else leaves it open.
            if (answer is None or answer.status_code >= 500) and command is not None:
                lost = True
                self.ledger.leave_open(command)
            if waited > PATIENCE:
                raise NobodyAnswered(f"{what}: nobody answered for {waited:.0f} seconds")
            self._pause.wait(pause)
            pause = min(pause * 2, 1.0)

    def _try(self, send: Callable[[], requests.Response]) -> requests.Response | None:
        try:
            with self.system.asking():
                answer = send()
        except requests.RequestException:
            return None
        return answer if LAST_OF_THE_HEAD in answer.headers else None


def problem_of(answer: requests.Response) -> str:
    if "json" in answer.headers.get("Content-Type", ""):
        told = answer.json()
        return str(told.get("type", "")).rsplit(":", 1)[-1]
    return "; ".join(read_page("", answer.text).errors)[:200]


def _overtaken(answer: requests.Response) -> bool:
    return answer.status_code == 409 and problem_of(answer) == "overtaken"
