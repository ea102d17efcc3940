"""What a story needs to ask for something: a command for either door, and who works where."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.mash.demo.forms import Form, FormDiffers, Page
from tests.chaos.ledger import Cause
from tests.chaos.patience import Refused, ToldBoth

Steps = Iterator[bool]
SENDER, PRACTITIONER, MANAGER = "school-demo", "practitioner-demo", "manager-demo"
TRIES = 5
ANY_NO = (Refused, FormDiffers, ToldBoth)
A_STEP = 1.0
"""Seconds by which a clock that nobody set may differ."""
OUT_OF_STEP = frozenset(
    {
        *("visit-time-impossible", "meeting-held-at-impossible-time", "informed-at-impossible"),
        *("next-attempt-in-the-past", "visit-by-in-the-past", "meeting-time-passed"),
        *("follow-up-in-the-past", "not-valid", "blank"),
    }
)
"""Refusals that a clock put back explains: the record lies in the future for a while."""


class LeftStanding(Exception):
    """The story ends here for a reason that is nobody's fault."""


@contextmanager
def excused_by_the_clock(
    now: Callable[[], datetime], *, of: tuple[type[Exception], ...] = ANY_NO
) -> Iterator[None]:
    """What is refused was right when it was written, if the clock was set since: no fault.

    A copy that comes after the clock went into summer is told to sign in, months being over.
    """
    written, since = now(), time.monotonic()
    try:
        yield
    except of as no:
        if abs((now() - written).total_seconds() - (time.monotonic() - since)) > A_STEP:
            raise LeftStanding(str(no)) from no
        raise


@dataclass(frozen=True)
class Office:
    """Who works where, from the team directory."""

    directory: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Office:
        """Read the directory file."""
        return cls(json.loads(path.read_text()))

    def managers_of(self, team: str | None) -> list[str]:
        """Return who manages the team; for no team, everybody who manages one."""
        teams = self.directory["teams"]
        return [each for t in teams if t["code"] == team or team is None for each in t["managers"]]

    def workers_of(self, team: str) -> list[str]:
        """Return the social workers of a team who are at work."""
        away = {each["id"] for each in self.directory["people"] if each.get("leave")}
        (found,) = (each for each in self.directory["teams"] if each["code"] == team)
        return [each for each in found["workers"] if each not in away]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One command through either door. `body` is the JSON; `page` and `typed` are the form."""

    what: str
    person: str
    path: str
    body: dict[str, Any]
    causes: Sequence[Cause]
    page: str = ""
    typed: dict[str, Any] = field(default_factory=dict)
    causes_of_page: Sequence[Cause] = ()
    """Where a form tells less than JSON does (whole minutes), what it causes instead."""
    find: Callable[[Page], Form] | None = None
