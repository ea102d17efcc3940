"""When it happened, and when the family were asked: real times, and none that lies ahead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

from services.referral.domain.codes import NOT_KNOWN
from services.referral.schemas.parts import Faults
from shared.clock import london
from shared.web.dates import moments_at

Loaded = Mapping[str, Any]

ASK_TIME: Final = "Enter the time of the latest incident, like 15:15, or “not known”"
NO_SUCH_TIME: Final = (
    "Time of the latest incident is in the hour that does not exist: the clocks go forward at 1am "
    "that day. Check the time"
)


def latest_incident(loaded: Loaded, faults: Faults) -> None:
    """A dated incident with its time, or since when it goes on."""
    if loaded.get("urgent"):
        return
    if not faults.answered("ongoing_since"):
        faults.need(
            "happened_on", "Enter the date of the latest incident, or since when this has gone on"
        )
        if faults.answered("happened_on"):
            faults.need("happened_at", ASK_TIME)
    elif loaded.get("happened_at") not in (None, NOT_KNOWN):
        faults.need("happened_on", "Enter the date that the time of the latest incident is of")


def not_in_the_future(loaded: Loaded, faults: Faults, *, now: datetime) -> None:
    """What happened lies in the past; what will be asked lies ahead."""
    today = london(now).date()
    if happened := loaded.get("happened_on"):
        _incident(happened, loaded.get("happened_at"), faults, now=now)
    if (asked := loaded.get("asked_when")) and asked > now:
        faults.add("asked_when", "The time you asked must be in the past")
    if (will_ask := loaded.get("will_ask_by")) and will_ask < today:
        faults.add("will_ask_by", "The date by which you will ask must be today or in the future")


def _incident(day: date, at: str | None, faults: Faults, *, now: datetime) -> None:
    """The clock on the wall in England showed this time that day, and it has passed.

    A time in the hour that comes twice in October is taken as it is: the first of the two may have
    passed, and no deadline hangs on it.
    """
    if day > london(now).date():
        faults.add("happened_on", "Date of the latest incident must be today or in the past")
        return
    if at in (None, NOT_KNOWN):
        return
    moments = moments_at(datetime.combine(day, time.fromisoformat(at)))
    if not moments:
        faults.add("happened_at", NO_SUCH_TIME)
    elif moments[0] > now:
        faults.add("happened_at", "Time of the latest incident must be now or in the past")
