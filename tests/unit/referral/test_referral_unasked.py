"""A family that was not asked: its why, and what is assumed where nobody may wait for one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.referral.domain.referral import fingerprint
from services.referral.domain.report import Report
from services.referral.schemas import ReferralIn
from shared.events.codes import NotAskedReason
from shared.states import from_stored, to_stored
from tests.builders import a_referral, an_alleged_injury, an_urgent_referral, without

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def faults(body: Any) -> dict[str, Any]:
    return ReferralIn(now=NOW).validate(body)


def report(body: Any) -> Report:
    loaded: Report = ReferralIn(now=NOW).load(body)["report"]
    return loaded


ROUTES = (
    {"immediate_danger": "yes"},
    {"immediate_danger": "not-sure"},
    {"threshold_level": 4},
    {"categories": ["sexual", "neglect"]},
)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "said", [{"told_family": False}, {"agreement": "not-asked"}, {"agreement": "no-answer-yet"}]
)
def test_not_asked_without_a_why_is_unsafe_delay_where_nobody_may_wait(
    route: dict[str, Any], said: dict[str, Any]
) -> None:
    body = {**without(a_referral(**route), "told_family", "agreement"), **said}

    family = report(body).family

    assert family.not_asked_reason is NotAskedReason.UNSAFE_DELAY
    assert family.reason_assumed


def test_a_why_that_was_given_is_never_replaced() -> None:
    said = {"agreement": "not-asked", "not_asked_reason": "risk-to-child"}

    family = report(a_referral(immediate_danger="yes", **said)).family

    assert family.not_asked_reason is NotAskedReason.RISK_TO_CHILD
    assert family.reason_assumed is None


def test_nothing_said_of_the_family_stays_nothing() -> None:
    silent = without(a_referral(threshold_level=4), "told_family", "agreement")

    for body in (silent, an_urgent_referral(), a_referral(threshold_level=4)):
        assert report(body).family.not_asked_reason is None


def test_a_short_reason_holds_up_no_child_protection_referral() -> None:
    said = {"agreement": "not-asked", "not_asked_reason": "risk-to-child"}
    short = {**said, "not_asked_detail": "He would hit her."}

    assert faults(an_alleged_injury(**short)) == {}
    assert "You entered 17" in faults(a_referral(**short))["not_asked_detail"][0]


def test_an_assumed_reason_is_no_part_of_what_was_sent() -> None:
    silent = {"agreement": "not-asked"}
    assumed = report(an_alleged_injury(**silent))
    said = report(an_alleged_injury(**silent, not_asked_reason="unsafe-delay"))
    told = to_stored(assumed)
    told["family"] |= {"not_asked_reason": None, "reason_assumed": None}

    as_sent = fingerprint(from_stored(told, Report), sent_by="school-demo")

    assert fingerprint(assumed, sent_by="school-demo") == as_sent
    assert fingerprint(said, sent_by="school-demo") != as_sent
