"""What the strategy service hears and what it does about it: the table to read first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.strategy.domain.opening import open_case
from shared.events.facts import Fact
from shared.events.referral import ThresholdDecided
from shared.hearing import Reaction

HEARS: Final = ("/referral",)
"""Whole streams: what is not in the table below only advances `heard`."""

SUBSCRIPTIONS: Final[Mapping[type[Fact], Reaction]] = {
    ThresholdDecided: open_case,
}
