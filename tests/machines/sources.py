"""Streams as another service would have written them, one event at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.events.codes import (
    Danger,
    Door,
    InformedBy,
    ReferralSource,
    Role,
    ThresholdOutcome,
)
from shared.events.envelope import GENESIS, Envelope
from shared.events.facts import ChildOnCase, Fact
from shared.events.referral import (
    ChildMatched,
    ReferralReceived,
    ReferrerInformed,
    ThresholdDecided,
)
from shared.events.seal import Actor, Place, seal

SOMEBODY = Actor("manager-demo", Role.MASH_MANAGER)


class Source:
    """The streams of one service, by case reference."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.streams: dict[str, list[Envelope]] = {}

    def write(self, ref: str, fact: Fact, *, at: datetime) -> Envelope:
        """Seal one more event of a case."""
        stream = self.streams.setdefault(ref, [])
        place = Place(
            source=self.source,
            subject=ref,
            version=len(stream),
            tail_hash=stream[-1].hash if stream else GENESIS,
        )
        (wire,) = seal([fact], place, by=SOMEBODY, at=at, cause=None)
        stream.append(Envelope.from_wire(wire))
        return stream[-1]


def forged(event: Envelope) -> Envelope:
    """The event with another actor, and the hash it had before."""
    return replace(event, actor="somebody-else")


def received(children: tuple[ChildOnCase, ...]) -> ReferralReceived:
    """A school's referral."""
    return ReferralReceived(
        source=ReferralSource.SCHOOLS,
        door=Door.API,
        urgent=False,
        immediate_danger=Danger.NO,
        children=children,
        concerns=(),
        area="B70",
        told_family=True,
        agreement=None,
        not_asked_reason=None,
        threshold_level=4,
    )


def decided(
    outcome: ThresholdOutcome,
    children: tuple[ChildOnCase, ...],
    *,
    received_at: datetime,
    **but: Any,
) -> ThresholdDecided:
    """A threshold decision."""
    said: Mapping[str, Any] = {
        "threshold_level": 4,
        "guidance_version": "2026-04",
        "child_protection_concerns": True,
        "physical_harm_alleged": False,
        "concerns": (),
        "area": "B70",
        "earlier_cases": (),
    }
    return ThresholdDecided(
        **{**said, **but}, outcome=outcome, children=children, received_at=received_at
    )


def matched(child: str) -> ChildMatched:
    """A child known from an earlier referral: a fact that only moves `heard` on."""
    return ChildMatched(child=child, known_child="CH-TEST9-TEST9", known_case="MASH-TEST9-TEST9")


def informed() -> ReferrerInformed:
    """The referrer was told."""
    return ReferrerInformed(informed_by=InformedBy.TELEPHONE)
