"""A case from the threshold decision to every child seen, through both doors, on a real MongoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.events.codes import ThresholdOutcome
from shared.events.envelope import iso
from shared.hearing import Outcome
from tests.conftest import MakeSettings
from tests.integration.strategy_world import (
    ADMIN,
    FIRST,
    HEAD,
    MASH,
    NOW,
    OTHER_WORKER,
    SECOND,
    SMETHWICK,
    WEST,
    WEST_OTHER,
    WORKER,
    World,
)

REF = "MASH-TEST1-TEST1"
CASE = f"/cases/{REF}"
CORE = ["social-care", "police", "health"]


@pytest.fixture
def world(make_settings: MakeSettings) -> World:
    return World(make_settings())


def a_call(**but: Any) -> dict[str, Any]:
    return {
        "submission_id": "call-0001",
        "starts_at": iso(NOW + timedelta(hours=1)),
        "mode": "video",
        "invited": CORE,
    } | but


def a_record(**but: Any) -> dict[str, Any]:
    attended = [{"agency": a, "presence": "attended", "can_decide": True} for a in CORE]
    return {
        "submission_id": "record-0001",
        "held_at": iso(NOW + timedelta(hours=1)),
        "attendance": attended,
        "section_47": True,
        "rationale": "Fictional: the accounts do not fit together.",
    } | but


def an_allocation(**but: Any) -> dict[str, Any]:
    return {
        "submission_id": "allocate-0001",
        "social_worker": WORKER,
        "plan": "Fictional: see both children today.",
        "visit_by": iso(NOW + timedelta(hours=8)),
    } | but


def a_visit(**but: Any) -> dict[str, Any]:
    return {
        "submission_id": "seen-0001",
        "seen_at": iso(NOW + timedelta(hours=2)),
        "seen_alone": True,
        "childs_views": "Fictional: would like the dog to stay.",
    } | but


def allocated(world: World) -> None:
    world.decided(REF)
    assert world.call(MASH, f"{CASE}/meeting", a_call())[0] == 200
    body = {"submission_id": "acknowledge-0001"}
    assert world.call(WEST, f"{CASE}/lead/acknowledge", body)[0] == 200
    world.clock.at = NOW + timedelta(hours=2)
    assert world.call(WEST, f"{CASE}/meeting/record", a_record())[0] == 200
    assert world.call(WEST, f"{CASE}/allocation", an_allocation())[0] == 200


def test_a_case_goes_from_the_decision_to_a_child_seen_through_the_api(world: World) -> None:
    allocated(world)
    status, shown = world.call(WORKER, f"{CASE}/children/{FIRST}/seen", a_visit())

    assert status == 200
    assert shown["stage"] == "allocated"
    assert [child["first_seen_at"] is not None for child in shown["children"]] == [True, False]
    assert world.said(REF) == [
        "strategy.case-opened",
        "strategy.meeting-called",
        "strategy.lead-assigned",
        "strategy.lead-acknowledged",
        "strategy.meeting-held",
        "strategy.case-allocated",
        "strategy.child-seen",
    ]


def test_the_words_of_people_never_enter_an_event(world: World) -> None:
    allocated(world)
    world.call(WORKER, f"{CASE}/children/{FIRST}/seen", a_visit())

    assert "Fictional" in repr(world.case(REF))
    assert "Fictional" not in repr(world.events(REF))


def test_hearing_the_decision_twice_opens_one_case(world: World) -> None:
    assert world.decided(REF) is Outcome.HANDLED
    assert world.decided(REF) is Outcome.ALREADY_HANDLED
    assert world.said(REF) == ["strategy.case-opened"]


def test_an_outcome_that_is_not_our_work_opens_nothing(world: World) -> None:
    world.decided(REF, outcome=ThresholdOutcome.EARLY_HELP)

    status, problem = world.call(WEST, CASE)
    assert (status, problem["type"]) == (404, "urn:golden-thread:problem:case-not-opened")


def test_the_same_visit_sent_twice_is_one_visit_and_another_body_is_refused(world: World) -> None:
    allocated(world)
    path = f"{CASE}/children/{FIRST}/seen"

    first, again = world.call(WORKER, path, a_visit()), world.call(WORKER, path, a_visit())
    status, problem = world.call(WORKER, path, a_visit(childs_views="Fictional: other words"))

    assert first == again
    assert world.said(REF).count("strategy.child-seen") == 1
    assert (status, problem["type"]) == (409, "urn:golden-thread:problem:submission-reused")


@pytest.mark.parametrize(
    ("person", "path", "body", "status", "says"),
    [
        (WORKER, "/children/CH-TEST9-TEST9/seen", a_visit(), 404, "not on this case"),
        (OTHER_WORKER, f"/children/{FIRST}/seen", a_visit(), 403, "allocated to somebody else"),
        (SMETHWICK, "/allocation", an_allocation(submission_id="other-0001"), 409, "already"),
        (WEST, f"/children/{FIRST}/seen", a_visit(surprise=1), 422, "not a field"),
        (WEST, f"/children/{FIRST}/seen", a_visit(childs_views="x" * 5001), 422, "5,000"),
        (WEST, f"/children/{FIRST}/seen", a_visit(seen_at="2026-02-30"), 422, "real date"),
        (WEST, f"/children/{FIRST}/seen", [], 422, "Send an object"),
        (MASH, f"/children/{FIRST}/seen", a_visit(), 403, "role"),
        (WEST, "/lead/acknowledge", {"submission_id": "late-0001"}, 409, "Call a meeting"),
    ],
)
def test_each_wrong_request_is_a_clear_error_and_stores_nothing(
    world: World, person: str, path: str, body: Any, status: int, says: str
) -> None:
    allocated(world)
    before = world.case(REF)

    answered, problem = world.call(person, f"{CASE}{path}", body)

    assert answered == status
    assert says in str(problem)
    assert world.case(REF) == before


def test_a_narrative_of_a_megabyte_is_refused_and_stores_nothing(world: World) -> None:
    allocated(world)
    before = world.case(REF)

    status, _ = world.call(
        WORKER, f"{CASE}/children/{FIRST}/seen", a_visit(childs_views="x" * 2**20)
    )

    assert status in (413, 422)
    assert world.case(REF) == before


def test_the_worklist_moves_a_case_from_part_to_part(world: World) -> None:
    def parts() -> set[str]:
        _, found = world.call(WEST, "/worklist")
        return {name for name, items in found.items() if items}

    world.decided(REF)
    assert parts() == {"to_call", "not_seen"}
    world.call(MASH, f"{CASE}/meeting", a_call())
    assert parts() == {"to_acknowledge", "not_seen"}
    world.call(WEST, f"{CASE}/lead/acknowledge", {"submission_id": "acknowledge-0001"})
    assert parts() == {"to_lead", "not_seen"}
    world.clock.at = NOW + timedelta(hours=2)
    world.call(WEST, f"{CASE}/meeting/record", a_record())
    assert parts() == {"to_allocate", "not_seen"}
    world.call(WEST, f"{CASE}/allocation", an_allocation())
    assert parts() == {"not_seen"}
    for number, child in enumerate((FIRST, SECOND)):
        body = a_visit(submission_id=f"seen-000{number}")
        assert world.call(WORKER, f"{CASE}/children/{child}/seen", body)[0] == 200
    assert parts() == set()


def test_a_manager_of_another_team_does_not_see_the_case_on_the_worklist(world: World) -> None:
    world.decided(REF)

    assert not any(world.call(SMETHWICK, "/worklist")[1].values())
    assert any(world.call(HEAD, "/worklist")[1].values())


def test_the_pages_carry_a_case_from_the_meeting_to_the_allocation(world: World) -> None:
    world.decided(REF, physical_harm_alleged=True)
    manager = world.browser(WEST)

    page = manager.get(f"/strategy/cases/{REF}/meeting")
    page = manager.send(page, {"starts_at-time": "11:00", "mode": "telephone"})
    assert "Acknowledge" in page.text
    assert "The patch of the West Bromwich team holds B70." in page.text
    page = manager.send(manager.get(f"/strategy/cases/{REF}/lead/acknowledge"))
    world.clock.at = NOW + timedelta(hours=2)

    page = manager.get(f"/strategy/cases/{REF}/meeting/record")
    answers: dict[str, Any] = {f"attendance-{n}-presence": "attended" for n in range(4)}
    answers |= {"section_47": "yes", "rationale": "Fictional rationale"}
    wrong = manager.send(page, answers)
    assert wrong.status == 422
    assert wrong.typed("rationale") == "Fictional rationale"
    assert [FIRST in wrong.errors[0], SECOND in wrong.errors[1]] == [True, True]
    answers |= {f"medicals-{n}-decision": "required" for n in range(2)}
    page = manager.send(wrong, answers)
    assert "Quorate" in page.text

    page = manager.get(f"/strategy/cases/{REF}/allocation")
    plan = {"social_worker": WORKER, "plan": "Fictional plan", "visit_by-time": "18:00"}
    page = manager.send(page, plan)
    assert "Fictional plan" in page.text
    assert world.case(REF).allocation is not None


def test_the_pages_record_an_attempt_and_then_the_child_seen(world: World) -> None:
    allocated(world)
    worker = world.browser(WORKER)
    assert FIRST in worker.get("/strategy/my-visits").text
    page = worker.get(f"/strategy/cases/{REF}/children/{FIRST}/visit/attempt")
    page = worker.send(
        page,
        {
            "attempted_at-time": "11:30",
            "reason": "nobody-at-home",
            "next_attempt_at-time": "15:00",
        },
    )
    assert "Nobody was at home" in page.text
    world.clock.at = NOW + timedelta(hours=6)
    page = worker.get(f"/strategy/cases/{REF}/children/{FIRST}/visit/seen")
    page = worker.send(
        page,
        {"seen_at-time": "15:05", "seen_alone": "yes", "childs_views": "Fictional words"},
    )
    assert "Fictional words" in page.text
    assert world.said(REF)[-2:] == ["strategy.visit-attempted", "strategy.child-seen"]


def test_a_broken_rule_keeps_what_was_typed_on_the_page(world: World) -> None:
    world.decided(REF)
    manager = world.browser(WEST)
    page = manager.get(f"/strategy/cases/{REF}/meeting")

    wrong = manager.send(page, {"starts_at-time": "09:00", "mode": "video"})

    assert wrong.status == 422
    assert wrong.errors == ["The meeting must start now or later. Enter another time."]
    assert wrong.typed("starts_at-time") == "09:00"
    assert wrong.typed("invited") == CORE


def test_a_second_allocation_on_the_page_is_refused_with_everything_kept(world: World) -> None:
    world.decided(REF, outcome=ThresholdOutcome.SINGLE_ASSESSMENT)
    first, second = world.browser(WEST), world.browser(WEST_OTHER)
    mine = first.get(f"/strategy/cases/{REF}/allocation")
    theirs = second.get(f"/strategy/cases/{REF}/allocation")
    plan = {"social_worker": WORKER, "plan": "Fictional plan", "visit_by-time": "18:00"}
    first.send(mine, plan)

    late = second.send(theirs, plan)

    assert late.status == 409
    assert late.errors == ["This case is already allocated. Open the case to see to whom."]
    assert late.typed("plan") == "Fictional plan"


def test_lead_pages_decline_and_name_another(world: World) -> None:
    world.decided(REF)
    world.call(MASH, f"{CASE}/meeting", a_call())

    manager, hub = world.browser(WEST), world.browser(MASH)
    page = manager.get(f"/strategy/cases/{REF}/lead/decline")
    manager.send(page, {"reason": "conflict-of-interest"})
    assert world.case(REF).meetings[-1].lead.person == WEST_OTHER

    page = hub.get(f"/strategy/cases/{REF}/lead/override")
    hub.send(page, {"lead": HEAD, "reason": "Fictional reason"})
    assert world.case(REF).meetings[-1].lead.person == HEAD


@pytest.mark.parametrize("person", [WEST, MASH, HEAD])
def test_the_worklist_page_says_so_when_nothing_waits(world: World, person: str) -> None:
    assert "Nothing is waiting for you." in world.browser(person).get("/strategy/worklist").text


def test_a_social_worker_cannot_open_a_colleagues_case(world: World) -> None:
    allocated(world)

    world.browser(OTHER_WORKER).get(f"/strategy/cases/{REF}", status=404)
    assert world.call(OTHER_WORKER, CASE)[0] == 404


def test_a_bad_new_directory_leaves_the_old_one_and_shows_its_faults(world: World) -> None:
    assert "West Bromwich team" in world.browser(ADMIN).get("/strategy/directory").text
    good = world.settings.directory_file.read_text()

    world.settings.directory_file.write_text(good.replace('"every-day",', '"never",', 1))

    page = world.browser(ADMIN).get("/strategy/directory")
    assert "West Bromwich team" in page.text
    assert "rota never is not one of rotas" in page.text
    assert world.app.test_client().get("/strategy/readyz").status_code == 503
    assert world.call(ADMIN, "/directory/reload", {})[0] == 422
    world.settings.directory_file.write_text(good)
    assert world.call(ADMIN, "/directory/reload", {}) == (200, {"faults": []})
    assert world.app.test_client().get("/strategy/readyz").status_code == 200
