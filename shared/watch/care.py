"""What a person does about parked events: try them again, or set aside what no service wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.events.seal import Actor
from shared.messaging.causes import Cause
from shared.messaging.held import HeldEvents
from shared.rules import Invalid
from shared.watch.deeds import Act, Deeds

LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which parked events: those that fit everything that is given; all if nothing is."""

    stream: str | None = None
    cause: Cause | None = None
    key: str | None = None

    @property
    def words(self) -> str:
        """What was chosen, for the record."""
        given = (self.stream, self.cause and self.cause.value, self.key)
        return " ".join(each for each in given if each)


class Care:
    """Acts on what one service has parked, and writes down who did."""

    def __init__(self, held: HeldEvents, deeds: Deeds) -> None:
        self._held = held
        self._deeds = deeds

    def replay(self, chosen: Chosen, *, by: Actor) -> int:
        """Make parked events due again. Returns how many. Twice does no harm: an event has its
        effect once."""
        count = self._held.replay(stream=chosen.stream, cause=chosen.cause, key=chosen.key)
        if count:
            self._deeds.note(Act.REPLAYED, by=by, which=chosen.words, count=count)
        return count

    def set_aside(self, key: str, reason: str, *, by: Actor) -> None:
        """Put away for ever what no service wrote.

        Raises Invalid without a reason, NotFound, and NeverSetAside for an event of a case.
        """
        reason = reason.strip()
        if not reason:
            raise Invalid("Enter why it is set aside", field="reason")
        if len(reason) > LONGEST_REASON:
            raise Invalid(f"Shorten the reason to {LONGEST_REASON} characters", field="reason")
        self._held.set_aside(key, reason, by.id)
        self._deeds.note(Act.SET_ASIDE, by=by, which=key, count=1, why=reason)
