"""The rules of what is entered by import, long after it happened (DECISIONS 31).

Each step is judged by the rules of the work as of the time at which it happened; the event says
that time beside the time at which it was written. Rules import this and know no database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from shared.changes import Change
from shared.rules import Invalid, RuleBroken

S = TypeVar("S")


class NotImported(RuleBroken):
    """A referral that was sent through a form goes on through forms: an import dates steps back."""

    code = "not-imported"
    source = "local policy: only what was imported is continued by import"

    def __init__(self) -> None:
        super().__init__(
            "This referral was not imported, so its steps are recorded on its pages, when they "
            "happen. Record this step there."
        )


class OutOfOrder(Invalid):
    """A step is dated before one that came before it."""

    code = "out-of-order"
    source = "local policy: the steps of a case come in the order in which they happened"

    def __init__(self) -> None:
        super().__init__(
            "The time of this step must not be before the step it follows. Correct the time, or "
            "put the steps of the case in the order in which they happened",
            field="at",
        )


class StillToCome(Invalid):
    """Nothing is entered as history before it happened."""

    code = "still-to-come"

    def __init__(self) -> None:
        super().__init__("The time of this step must be in the past", field="at")


class TooLongAgo(Invalid):
    """Of what was received before any time limit that is known, nobody can say what was due."""

    code = "too-long-ago"

    def __init__(self) -> None:
        super().__init__(
            "No time limit for the decision is known at the time this was received. Leave this "
            "referral out, or add the limit that was in force to the time limits",
            field="at",
        )


def require_past(happened_at: datetime, *, now: datetime) -> None:
    """Nobody did anything tomorrow."""
    if happened_at > now:
        raise StillToCome


def require_next(
    happened_at: datetime, *, imported: bool, earlier: Iterable[datetime | None]
) -> None:
    """A step continues what was imported, and not before its steps so far."""
    if not imported:
        raise NotImported
    if any(each is not None and happened_at < each for each in earlier):
        raise OutOfOrder


def as_it_happened(change: Change[S], happened_at: datetime) -> Change[S]:
    """Return the change with facts that say when they happened, where they do not say so already.

    They are written now: the event bears both times, and is shown as recorded late.
    """
    facts = (
        fact if fact.occurred_at else replace(fact, occurred_at=happened_at)
        for fact in change.facts
    )
    return Change(change.state, tuple(facts))
