"""How long the streams of some cases are, asked of their service over HTTP: many at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.audit.app import build
from services.audit.domain.announcing import Announcements
from shared.changes import Change
from shared.events.audit import ClockBreached
from shared.events.codes import Clock, Role
from shared.messaging.feed import FeedClient, FeedUnavailable
from shared.plumbing import Plumbing, plumb
from shared.store import Actor
from shared.web.plumbing import add_plumbing
from tests.conftest import MakeSettings
from tests.integration.audit_world import SetClock
from tests.support.browser import served
from tests.unit.audit.lines import in_london

NOON = in_london("2026-11-23T12:00")
SAYS = ClockBreached(
    clock=Clock.DECISION, child=None, started_at=NOON, due_at=NOON, occurred_at=NOON
)


@pytest.fixture
def audit(make_settings: MakeSettings) -> Plumbing:
    plumbing = plumb(build(make_settings(), SetClock(NOON)))
    plumbing.ensure_indexes()
    return plumbing


@pytest.fixture
def url(audit: Plumbing) -> Iterator[str]:
    app = audit.service.web()
    add_plumbing(app, audit)
    with served(app) as url:
        yield url


def say(audit: Plumbing, ref: str, times: int) -> None:
    """Audit writes so many events of a case."""
    for _ in range(times):
        audit.service.roots.act(
            ref,
            lambda state, at: Change(Announcements(), (SAYS,)),
            by=Actor("audit", Role.SERVICE),
        )


def test_the_streams_that_are_there_are_told_and_no_others(audit: Plumbing, url: str) -> None:
    refs = [f"MASH-00000-{number:05}" for number in range(120)]
    say(audit, refs[0], 1)
    say(audit, refs[119], 3)
    feed = FeedClient({"audit": url}, audit.service.settings.service_token)

    heads = feed.heads_of("/audit", [*(f"audit:{ref}" for ref in refs), f"referral:{refs[119]}"])

    assert heads == {f"audit:{refs[0]}": 1, f"audit:{refs[119]}": 3}
    assert feed.heads_of("/audit", []) == {}


def test_who_may_not_ask_is_told_nothing(audit: Plumbing, url: str) -> None:
    stranger = FeedClient({"audit": url}, "not the token")

    with pytest.raises(FeedUnavailable, match="/audit does not answer"):
        stranger.heads_of("/audit", ["audit:MASH-00000-00000"])
