"""The bulk door of the strategy service: a whole history of a case, as of the time it happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.strategy.documents import SlotDocument
from services.strategy.handlers.leads import escalate_unacknowledged
from services.strategy.queries import cases
from shared.database import collection_of
from shared.events.codes import Role, ThresholdOutcome
from shared.events.envelope import GENESIS, Envelope
from shared.events.facts import ChildOnCase
from shared.events.referral import ThresholdDecided
from shared.events.seal import Actor, Place, seal
from shared.hearing import Hearer
from tests.conftest import MakeSettings
from tests.integration.strategy_world import (
    ADMIN,
    DECIDER,
    FIRST,
    MASH,
    SECOND,
    SMETHWICK,
    WEST,
    WEST_OTHER,
    WORKER,
    World,
)

REF = "MASH-TEST1-TEST1"
THEN = datetime(2025, 6, 3, 10, 0, tzinfo=UTC)
"""A Tuesday, long before."""
LEAD, SOCIAL_WORKER = {"stands_for": "lead"}, {"stands_for": "social-worker"}


@pytest.fixture
def world(make_settings: MakeSettings) -> World:
    return World(make_settings())


def imported(world: World, ref: str = REF, **but: Any) -> None:
    """Let the service hear a decision that was entered by import."""
    values = {
        "occurred_at": THEN,
        "outcome": ThresholdOutcome.STRATEGY_MEETING,
        "threshold_level": 4,
        "guidance_version": "2024-09",
        "child_protection_concerns": True,
        "physical_harm_alleged": False,
        "children": (ChildOnCase(child=FIRST), ChildOnCase(child=SECOND)),
        "concerns": (),
        "area": "B70",
        "received_at": THEN - timedelta(hours=1),
        "earlier_cases": (),
    }
    place = Place(source="/referral", subject=ref, version=0, tail_hash=GENESIS)
    fact = ThresholdDecided(**{**values, **but})
    (wire,) = seal([fact], place, by=DECIDER, at=world.clock.at, cause=None, entered_by=ADMIN)
    Hearer(world.service.roots, world.service.reactions).receive(Envelope.from_wire(wire))


def at(minutes: float) -> str:
    return (THEN + timedelta(minutes=minutes)).isoformat()


def order(
    step: str, minutes: float, by: str, body: Mapping[str, Any], **but: Any
) -> dict[str, Any]:
    body = {"submission_id": f"{step}-{minutes}-submission", **body}
    return {"step": step, "case": REF, "at": at(minutes), "by": by, "body": body, **but}


def history() -> list[dict[str, Any]]:
    there = [
        {"agency": agency, "presence": "attended", "can_decide": True}
        for agency in ("social-care", "police", "health")
    ]
    meeting = {"starts_at": at(60), "mode": "video", "invited": ["social-care", "police", "health"]}
    record = {"held_at": at(60), "attendance": there, "section_47": True, "rationale": "Agreed."}
    plan = {"social_worker": WORKER, "plan": "See both today.", "visit_by": at(400)}
    seen = {"seen_at": at(200), "seen_alone": True, "childs_views": "Wants to see the dog."}
    tried = {"attempted_at": at(150), "reason": "nobody-at-home", "next_attempt_at": at(200)}
    return [
        order("call-meeting", 5, MASH, meeting),
        order("acknowledge", 10, SMETHWICK, {}, **LEAD),
        order("record-meeting", 110, SMETHWICK, record, **LEAD),
        order("allocate", 120, SMETHWICK, plan, **LEAD),
        order("attempt", 160, WORKER, tried, child=FIRST, **SOCIAL_WORKER),
        order("see", 210, WORKER, seen, child=FIRST, **SOCIAL_WORKER),
        order("see", 211, WORKER, seen, child=SECOND, **SOCIAL_WORKER),
    ]


def send(world: World, *orders: Any) -> list[dict[str, Any]]:
    status, told = world.call(ADMIN, "/imports", list(orders))
    assert status == 200, told
    return told  # type: ignore[return-value]


def results(told: list[dict[str, Any]]) -> list[str]:
    return [each["result"] for each in told]


def test_a_whole_history_is_entered_as_it_happened(world: World) -> None:
    imported(world)

    told = send(world, *history())

    assert results(told) == ["taken"] * 7, told
    events = [Envelope.from_wire(each) for each in world.events(REF)]
    assert [each.type.split(".")[1] for each in events] == [
        *("case-opened", "meeting-called", "lead-assigned", "lead-acknowledged", "meeting-held"),
        *("case-allocated", "visit-attempted", "child-seen", "child-seen"),
    ]
    assert {each.imported_by for each in events} == {ADMIN}
    assert {each.time for each in events} == {world.clock.at}
    happened = [(each.happened_at - THEN).total_seconds() / 60 for each in events]
    assert happened == [0, 5, 5, 10, 60, 120, 150, 200, 200]
    assert events[3].actor == events[2].data["lead"]
    case = world.case(REF)
    assert case.allocation is not None
    assert case.allocation.allocated_at == THEN + timedelta(minutes=120)
    assert collection_of(SlotDocument).count_documents({}) == 0


def test_a_history_sent_again_is_taken_once(world: World) -> None:
    imported(world)
    send(world, *history())
    before = world.events(REF)

    assert results(send(world, *history())) == ["taken-before"] * 7
    assert world.events(REF) == before


def test_a_case_not_heard_of_is_to_be_sent_again_and_what_is_behind_it_too(world: World) -> None:
    told = send(world, *history())

    assert results(told) == ["not-yet", *["behind"] * 6]
    assert told[0]["heard"] == 0
    assert world.events(REF) == []


def test_a_case_that_does_not_come_here_says_how_much_was_heard_of_it(world: World) -> None:
    imported(world, outcome=ThresholdOutcome.EARLY_HELP, child_protection_concerns=False)

    (told,) = send(world, history()[0])

    assert (told["result"], told["heard"]) == ("not-yet", 1)
    assert "a case opens when" in told["problem"]["detail"]


def test_a_case_that_was_not_imported_is_not_continued_by_import(world: World) -> None:
    world.decided(REF)
    when = (world.clock.at - timedelta(minutes=1)).isoformat()

    (told,) = send(world, {**history()[0], "at": when})

    assert told["result"] == "refused"
    assert "was not imported" in told["problem"]["detail"]


@pytest.mark.parametrize(
    ("but", "pointer"),
    [
        ({"at": at(-90)}, "#/at"),
        ({"by": WORKER}, "#/by"),
        ({"body": {"submission_id": "a-submission-id", "mode": "video"}}, "#/body/starts_at"),
        ({"step": "receive"}, "#/step"),
        ({"step": "see"}, "#/child"),
    ],
)
def test_a_refusal_names_the_field(world: World, but: dict[str, Any], pointer: str) -> None:
    imported(world)

    told, behind = send(world, {**history()[0], "by": WEST, **but}, history()[1])

    assert results([told, behind]) == ["refused", "behind"]
    assert pointer in {each["pointer"] for each in told["problem"]["errors"]}
    assert world.said(REF) == ["strategy.case-opened"]


def test_nobody_takes_over_an_imported_meeting_that_is_over(world: World) -> None:
    imported(world)
    send(world, history()[0])

    assert cases.unacknowledged(world.clock.at) == []
    escalate_unacknowledged(REF, desk=world.desk)

    assert "strategy.lead-reassigned" not in world.said(REF)
    assert results(send(world, *history())) == ["taken-before", *["taken"] * 6]


def test_an_imported_meeting_that_is_still_to_come_takes_its_leads_time(world: World) -> None:
    imported(world, occurred_at=world.clock.at - timedelta(hours=1), received_at=THEN)
    soon = (world.clock.at + timedelta(hours=1)).isoformat()
    call = history()[0]
    call |= {"at": (world.clock.at - timedelta(minutes=30)).isoformat()}
    call["body"] |= {"starts_at": soon}

    assert results(send(world, call)) == ["taken"]

    (lead,) = collection_of(SlotDocument).distinct("manager")
    assert lead == world.case(REF).meetings[0].lead.person
    assert cases.unacknowledged(world.clock.at) == [REF]


def test_another_leads_where_the_history_says_so(world: World) -> None:
    imported(world)
    call = history()[0]
    send(world, call)
    led = world.case(REF).meetings[0].lead.person
    other = WEST_OTHER if led == WEST else WEST
    override = order("override", 6, MASH, {"lead": other, "reason": "Knows the family."})
    decline = order("decline", 7, other, {"reason": "not-at-work"}, **LEAD)

    assert results(send(world, override, decline)) == ["taken", "taken"]

    assert world.case(REF).meetings[0].passed_over == (led, other)


def test_nobody_but_an_administrator_imports(world: World) -> None:
    imported(world)

    for person in (WEST, WORKER, MASH):
        status, _ = world.call(person, "/imports", history())
        assert status == 403
    assert world.said(REF) == ["strategy.case-opened"]


def test_whoever_stands_for_the_lead_acts_as_a_team_manager(world: World) -> None:
    imported(world)
    send(world, *history()[:3])

    sealed = [Envelope.from_wire(each) for each in world.events(REF)]
    held = next(each for each in sealed if each.type == "strategy.meeting-held")
    lead = world.case(REF).meetings[0].lead.person
    assert Actor(held.actor, Role(held.actor_role)) == Actor(lead, Role.TEAM_MANAGER)
