"""The release to come, for a test of rolling upgrades: it writes one event in its next version.

`python -m tests.support.newer SERVICE web|work` runs a service as that release would. The decision
says `level` where it said `threshold_level`, and how many managers agreed.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, cast

from services.audit.domain import wording
from services.referral.domain import threshold
from services.strategy import subscriptions
from services.strategy.domain.opening import open_case
from shared.events import registry
from shared.events.codes import Concern, ThresholdOutcome
from shared.events.facts import Area, CaseRef, ChildOnCase, Code, Fact
from shared.events.referral import ThresholdDecided
from shared.run import main


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdDecidedNewer(Fact):
    """The decision as the release to come writes it."""

    type: ClassVar[str] = ThresholdDecided.type
    version: ClassVar[int] = 2
    outcome: ThresholdOutcome
    level: int
    agreed_by: int
    guidance_version: Code
    child_protection_concerns: bool
    physical_harm_alleged: bool
    children: tuple[ChildOnCase, ...]
    concerns: tuple[Concern, ...]
    area: Area
    received_at: datetime
    earlier_cases: tuple[CaseRef, ...]


def upgrade(old: ThresholdDecided) -> ThresholdDecidedNewer:
    """Read a decision of the first version as one of the second."""
    said = {each.name: getattr(old, each.name) for each in fields(old)}
    level = said.pop("threshold_level")
    return ThresholdDecidedNewer(**said, level=level, agreed_by=1)


def _older(new: ThresholdDecidedNewer) -> ThresholdDecided:
    said = {each.name: getattr(new, each.name) for each in fields(new)}
    level = said.pop("level")
    del said["agreed_by"]
    return ThresholdDecided(**said, threshold_level=level)


def _changeable(table: Mapping[Any, Any]) -> MutableMapping[Any, Any]:
    return cast(MutableMapping[Any, Any], table)


def become() -> None:
    """Make this process one of the release to come."""
    new = ThresholdDecidedNewer
    _changeable(registry.REGISTRY)[new.type, new.version] = new
    _changeable(registry.UPGRADES)[ThresholdDecided] = upgrade
    say = wording.WORDING[ThresholdDecided]
    _changeable(wording.WORDING)[new] = lambda fact, names: say(_older(fact), names)
    _changeable(subscriptions.SUBSCRIPTIONS)[new] = lambda case, fact, event, at: open_case(
        case, _older(fact), event, at
    )
    # The rule that decides writes the newer version.
    vars(threshold)["ThresholdDecided"] = lambda **said: upgrade(ThresholdDecided(**said))


if __name__ == "__main__":
    service = sys.argv.pop(1)
    become()
    main(service, importlib.import_module(f"services.{service}.app").build)
