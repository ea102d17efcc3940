"""Audit as its composition root wires it: what a worker would hear, hold, sweep and serve."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from services.audit.app import build
from services.audit.documents import EntryDocument
from shared.database import collection_of
from shared.events.envelope import Envelope, canonical, hash_of
from shared.healing import Healer, Report
from shared.hearing import Outcome
from shared.messaging.causes import Cause
from shared.messaging.feed import CatchUp
from shared.messaging.held import Kind
from shared.plumbing import Plumbing, plumb
from tests.conftest import MakeSettings
from tests.integration.audit_world import SetClock
from tests.unit.audit.lines import CASE, a_kept_line, in_london


@pytest.fixture
def audit(make_settings: MakeSettings) -> Plumbing:
    plumbing = plumb(build(make_settings(), SetClock(in_london("2026-11-23T18:00"))))
    plumbing.ensure_indexes()
    return plumbing


def test_every_source_is_heard_and_each_event_is_kept_once(audit: Plumbing) -> None:
    line = a_kept_line()

    outcomes = [audit.listener.take_body(canonical(each.to_wire())) for each in line * 2]

    assert audit.service.hears == ("/referral", "/strategy", "/audit")
    assert outcomes == [Outcome.HANDLED] * 8 + [Outcome.ALREADY_HANDLED] * 8


def test_a_forged_event_is_parked_with_its_reason_and_not_kept(audit: Plumbing) -> None:
    forged = replace(a_kept_line()[0], actor="somebody-else")

    outcome = audit.listener.take_body(canonical(forged.to_wire()))

    assert outcome is Outcome.PARK
    assert [each.reason for each in audit.held.parked()] == [
        "the hash does not belong to the event"
    ]
    assert collection_of(EntryDocument).count_documents({}) == 0


def test_the_sweep_publishes_what_it_says_through_the_one_write(audit: Plumbing) -> None:
    for event in a_kept_line():
        audit.listener.take(event)

    (sweep,) = [job for job in audit.service.jobs if job.name == "sweep"]
    sweep.run()

    (pending,) = audit.streams.pending()
    assert pending.ref == CASE
    assert [each["type"] for each in pending.events] == ["audit.clock-met"] * 4


class NothingLost:
    """Stands where the healer asks the other services, which do not run here: all is there."""

    def heal(self) -> Report:
        """Take back nothing."""
        return Report()


class NobodyToAsk:
    """Stands where the other services would be asked what they wrote since."""

    def compare(self) -> None:
        """Hear of nothing."""


@pytest.fixture
def a_word_of_its_own_that_is_early(audit: Plumbing) -> Envelope:
    """Audit said something whose predecessors it does not hold (any more)."""
    said = next(each for each in reversed(a_kept_line()) if each.source == "/referral")
    wire = {**said.to_wire(), "source": "/audit", "stream": f"audit:{CASE}"}
    own = Envelope.from_wire({**wire, "hash": hash_of(wire)})
    audit.held.try_later(own, Cause.PREDECESSOR_MISSING, "an earlier event is missing")
    return own


def alone(audit: Plumbing) -> Plumbing:
    """The same, with nobody around."""
    healer, nobody = cast(Healer, NothingLost()), cast(CatchUp, NobodyToAsk())
    return replace(audit, healer=healer, catch_up=nobody)


def test_a_restored_service_puts_aside_its_own_words_that_join_nothing(
    audit: Plumbing, a_word_of_its_own_that_is_early: Envelope
) -> None:
    audit.mark.begin(backup="2026-11-22", at=in_london("2026-11-23T17:00"))
    audit.mark.filled()

    alone(audit).heal()

    assert audit.held.counts().get(Kind.RETRY, 0) == 0
    assert audit.mark.told()["put_aside"] == 1


def test_an_open_service_that_heals_again_keeps_a_word_that_is_only_early(
    audit: Plumbing, a_word_of_its_own_that_is_early: Envelope
) -> None:
    alone(audit).heal()

    assert audit.held.counts()[Kind.RETRY] == 1
    assert audit.mark.told()["put_aside"] == 0


def test_the_pages_and_the_feed_are_served(audit: Plumbing) -> None:
    routes = {rule.rule for rule in audit.service.web().url_map.iter_rules()}

    assert {"/audit/", "/audit/cases", "/audit/cases/<ref>", "/audit/api/verify"} <= routes
