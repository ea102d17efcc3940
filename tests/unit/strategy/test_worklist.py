"""What waits for a manager, sorted by when it is due; and the pieces of a reserved slot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.strategy.documents import pieces
from services.strategy.domain.case import Case, CaseChild
from services.strategy.domain.directory import Slot
from services.strategy.domain.visits import record_seen
from services.strategy.queries.worklist import (
    Worklist,
    seen_promise,
    visit_due,
    visits_of,
    worklist,
)
from shared.events.codes import Route
from shared.practice import load_time_limits
from tests.unit.strategy.world import (
    FIRST,
    NOW,
    a_case,
    a_directory,
    a_seen,
    acknowledged,
    allocated,
    called,
    held,
)
from tests.unit.strategy.world import LEAD as MANAGER

LIMITS = load_time_limits()
NORTH = frozenset({"north"})


def of(*cases: Case, teams: frozenset[str] = NORTH, person: str = "tm-north-a") -> Worklist:
    return worklist(cases, person=person, teams=teams, directory=a_directory(), limits=LIMITS)


def filled(work: Worklist) -> set[str]:
    return {name for name in work.__dataclass_fields__ if getattr(work, name)}


def test_each_stage_puts_a_case_in_its_part() -> None:
    assert filled(of(a_case())) == {"to_call", "not_seen"}
    assert filled(of(called())) == {"to_acknowledge", "not_seen"}
    assert filled(of(acknowledged())) == {"to_lead", "not_seen"}
    assert filled(of(held())) == {"to_allocate", "not_seen"}
    assert filled(of(allocated())) == {"not_seen"}


def test_a_single_assessment_waits_for_allocation_at_once() -> None:
    assert filled(of(a_case(route=Route.SINGLE_ASSESSMENT))) == {"to_allocate", "not_seen"}


def test_when_every_child_is_seen_nothing_waits() -> None:
    case = a_case(children=(CaseChild(child=FIRST),))
    done = record_seen(allocated(case), a_seen(), directory=a_directory(), by=MANAGER, at=NOW).state

    assert of(done).empty


def test_a_case_of_another_team_is_not_on_the_list_unless_its_manager_leads_it() -> None:
    assert of(a_case(area="B66")).empty
    assert of(called(), teams=frozenset({"south"}), person="tm-south-a").empty
    assert not of(called(), teams=frozenset({"south"}), person="tm-north-a").empty


def test_a_case_in_no_patch_is_on_everybodys_list() -> None:
    for teams in (NORTH, frozenset({"south"})):
        assert not of(a_case(area="not-known"), teams=teams).empty


def test_the_most_pressing_comes_first() -> None:
    late = a_case(ref="MASH-TEST1-00002", decided_at=NOW - timedelta(days=1))
    fresh = a_case(ref="MASH-TEST1-00001")

    assert [item.case.ref for item in of(fresh, late).to_call] == [late.ref, fresh.ref]


def test_without_child_protection_concerns_the_managers_time_counts() -> None:
    quiet = a_case(child_protection_concerns=False)
    (child, _) = quiet.children

    assert visit_due(quiet, child, LIMITS) is None
    carried = replace(allocated(quiet))
    assert visit_due(carried, child, LIMITS) == NOW + timedelta(hours=6)


def test_only_a_promise_is_a_promise_and_what_the_manager_set_is_a_plan() -> None:
    quiet = allocated(a_case(child_protection_concerns=False))
    promised = allocated()

    assert [item.planned for item in of(quiet).not_seen] == [True, True]
    assert [item.planned for item in of(promised).not_seen] == [False, False]
    assert [item.planned for item in visits_of([quiet], LIMITS)] == [True, True]


def test_a_social_worker_sees_the_children_still_to_see_first() -> None:
    one_seen = record_seen(allocated(), a_seen(), directory=a_directory(), by=MANAGER, at=NOW).state

    items = visits_of([one_seen], LIMITS)

    assert [bool(item.child and item.child.visits) for item in items] == [False, True]


def test_meetings_overlap_exactly_when_they_share_a_piece() -> None:
    def taken(minute: int) -> set[object]:
        return set(pieces(Slot.from_start(NOW + timedelta(minutes=minute), 60)))

    assert len(taken(0)) == 4
    assert taken(0) & taken(45)
    assert not taken(0) & taken(60)
    assert taken(5) & taken(60), "a meeting until five past still takes its last quarter"


def test_a_child_not_yet_born_has_no_promise_to_be_seen_today() -> None:
    """Oversight arms no clock for an unborn child; the worklist must not show one overdue."""
    case = a_case(child_protection_concerns=True)
    born, unborn = case.children[0], replace(case.children[0], unborn=True)

    assert seen_promise(case, born, LIMITS) is not None
    assert seen_promise(case, unborn, LIMITS) is None
