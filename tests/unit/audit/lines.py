"""Sealed, fictional lines of events: a case as the services would have written it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from shared.clock import LONDON
from shared.events.codes import (
    Agency,
    Danger,
    Door,
    MeetingMode,
    Presence,
    ReferralSource,
    Role,
    Route,
    ThresholdOutcome,
)
from shared.events.envelope import GENESIS, Envelope
from shared.events.facts import ChildOnCase, Fact
from shared.events.referral import ReferralReceived, ThresholdDecided
from shared.events.seal import Actor, Place, seal
from shared.events.strategy import (
    AgencyPresence,
    CaseAllocated,
    CaseOpened,
    ChildSeen,
    MeetingCalled,
    MeetingHeld,
)

CASE = "MASH-TEAP0-KETT1"
BLUE, GREEN, UNBORN = "CH-B1VE0-TEAP0", "CH-GREEN-TEAP0", "CH-VNB0R-TEAP0"
MANAGER = Actor("t.kettle-demo", Role.MASH_MANAGER)
TEAM_MANAGER = Actor("s.saucer-demo", Role.TEAM_MANAGER)
SOCIAL_WORKER = Actor("b.biscuit-demo", Role.SOCIAL_WORKER)
SCHOOL = Actor("school-demo", Role.PARTNER)

Written = tuple[Actor, str, Fact]
"""Who wrote it, when (London time), and what."""


def in_london(text: str) -> datetime:
    """Return a London wall time as a moment."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def sealed(
    source: str, written: Iterable[Written], *, case: str = CASE, entered_by: str | None = None
) -> list[Envelope]:
    """Seal facts into one stream, in order."""
    stream: list[Envelope] = []
    for actor, at, fact in written:
        place = Place(
            source=source,
            subject=case,
            version=len(stream),
            tail_hash=stream[-1].hash if stream else GENESIS,
        )
        (wire,) = seal([fact], place, by=actor, at=in_london(at), cause=None, entered_by=entered_by)
        stream.append(Envelope.from_wire(wire))
    return stream


def children(*unborn: str) -> tuple[ChildOnCase, ...]:
    """Return Blue and Green, and whoever is not born yet."""
    born = (ChildOnCase(child=BLUE), ChildOnCase(child=GREEN))
    return born + tuple(ChildOnCase(child=each, unborn=True) for each in unborn)


def received(**but: Any) -> ReferralReceived:
    """A school's referral for Blue and Green."""
    said: dict[str, Any] = {
        "source": ReferralSource.SCHOOLS,
        "door": Door.PAGE,
        "urgent": False,
        "immediate_danger": Danger.NO,
        "children": children(),
        "concerns": (),
        "area": "B70",
        "told_family": True,
        "agreement": None,
        "not_asked_reason": None,
        "threshold_level": 4,
    }
    return ReferralReceived(**{**said, **but})


def decided(at: str = "2026-11-23T09:10", **but: Any) -> ThresholdDecided:
    """A decision for a strategy meeting with child protection concerns; `at`: received then."""
    said: dict[str, Any] = {
        "outcome": ThresholdOutcome.STRATEGY_MEETING,
        "threshold_level": 4,
        "guidance_version": "2025-09",
        "child_protection_concerns": True,
        "physical_harm_alleged": False,
        "children": children(),
        "concerns": (),
        "area": "B70",
        "received_at": in_london(at),
        "earlier_cases": (),
    }
    return ThresholdDecided(**{**said, **but})


def opened() -> CaseOpened:
    """The case reached the strategy service."""
    return CaseOpened(
        route=Route.STRATEGY_MEETING,
        children=children(),
        received_at=in_london("2026-11-23T09:10"),
        decided_at=in_london("2026-11-23T10:30"),
        child_protection_concerns=True,
        physical_harm_alleged=False,
    )


def called() -> MeetingCalled:
    """Strategy meeting 1, by video."""
    return MeetingCalled(
        meeting=1,
        starts_at=in_london("2026-11-23T12:00"),
        mode=MeetingMode.VIDEO,
        invited=(Agency.POLICE, Agency.HEALTH, Agency.EDUCATION),
    )


def held() -> MeetingHeld:
    """Strategy meeting 1, quorate, section 47."""
    return MeetingHeld(
        meeting=1,
        led_by=TEAM_MANAGER.id,
        attendance=tuple(
            AgencyPresence(agency=each, presence=Presence.ATTENDED, can_decide=True)
            for each in (Agency.SOCIAL_CARE, Agency.POLICE, Agency.HEALTH)
        ),
        quorate=True,
        section_47=True,
        occurred_at=in_london("2026-11-23T12:00"),
    )


def allocated() -> CaseAllocated:
    """Allocated, with both children."""
    return CaseAllocated(
        social_worker=SOCIAL_WORKER.id,
        team="north",
        children=(BLUE, GREEN),
        visit_by=in_london("2026-11-23T18:00"),
    )


def seen(child: str, occurred: str | None = None) -> ChildSeen:
    """A child seen alone; `occurred` where that was before it was written down."""
    return ChildSeen(
        child=child,
        social_worker=SOCIAL_WORKER.id,
        seen_alone=True,
        not_alone_reason=None,
        occurred_at=in_london(occurred) if occurred else None,
    )


def a_kept_line() -> list[Envelope]:
    """Monday 23 November 2026: every promise kept."""
    referral = sealed(
        "/referral",
        [
            (SCHOOL, "2026-11-23T09:10", received()),
            (MANAGER, "2026-11-23T10:30", decided()),
        ],
    )
    strategy = sealed(
        "/strategy",
        [
            (Actor("strategy", Role.SERVICE), "2026-11-23T10:31", opened()),
            (TEAM_MANAGER, "2026-11-23T10:40", called()),
            (TEAM_MANAGER, "2026-11-23T12:45", held()),
            (TEAM_MANAGER, "2026-11-23T13:05", allocated()),
            (SOCIAL_WORKER, "2026-11-23T15:40", seen(BLUE)),
            (SOCIAL_WORKER, "2026-11-23T16:20", seen(GREEN)),
        ],
    )
    return referral + strategy
