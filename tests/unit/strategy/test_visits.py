"""Visits: what keeps a child's clock running and what stops it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.strategy.domain.broken import (
    AloneWithReason,
    ChildNotOnCase,
    NextAttemptInThePast,
    NextAttemptTooFarAhead,
    NotAloneWithoutReason,
    NotYourCase,
    NotYourTeam,
    UnbornChildSeenAlone,
    UnknownPerson,
    VisitAlreadyRecorded,
    VisitTimeImpossible,
)
from services.strategy.domain.case import Case, CaseChild
from services.strategy.domain.visits import record_attempt, record_seen
from shared.events.codes import NotAloneReason, Role
from shared.events.strategy import ChildSeen, VisitAttempted
from shared.store import Actor, Change
from tests.unit.strategy.world import (
    FIRST,
    LEAD,
    NOW,
    OTHER_LEAD,
    WORKER,
    a_case,
    a_directory,
    a_seen,
    allocated,
    an_attempt,
)

OTHER_WORKER = Actor("sw-north-2", Role.SOCIAL_WORKER)


def seen(case: Case | None = None, by: Actor = WORKER, **but: object) -> Change[Case]:
    return record_seen(case or allocated(), a_seen(**but), directory=a_directory(), by=by, at=NOW)


def attempt(case: Case | None = None, by: Actor = WORKER, **but: object) -> Change[Case]:
    return record_attempt(
        case or allocated(), an_attempt(**but), directory=a_directory(), by=by, at=NOW
    )


def test_a_child_seen_alone_stops_that_childs_clock_only() -> None:
    change = seen()

    (fact,) = change.facts
    assert isinstance(fact, ChildSeen)
    assert (fact.child, fact.seen_alone, fact.occurred_at) == (
        FIRST,
        True,
        NOW - timedelta(minutes=30),
    )
    assert [child.child != FIRST for child in change.state.children_not_seen] == [True]


def test_the_childs_words_stay_in_the_record_and_never_enter_an_event() -> None:
    change = seen()

    assert "Fictional" not in repr(change.facts)
    assert change.state.children[0].visits[0].childs_views.startswith("Fictional")


def test_an_attempt_leaves_the_child_unseen_and_says_when_the_next_is() -> None:
    change = attempt()

    (fact,) = change.facts
    assert isinstance(fact, VisitAttempted)
    assert fact.next_attempt_at == NOW + timedelta(hours=2)
    assert len(change.state.children_not_seen) == 2


def test_a_visit_may_come_before_the_meeting_and_the_allocation() -> None:
    assert seen(a_case(), by=OTHER_WORKER).state.children[0].first_seen_at


@pytest.mark.parametrize("record", [seen, attempt])
def test_a_visit_for_a_child_not_on_the_case_is_a_clear_error(record) -> None:
    with pytest.raises(ChildNotOnCase, match="not on this case"):
        record(child="CH-TEST9-TEST9")


@pytest.mark.parametrize("record", [seen, attempt])
def test_a_social_worker_records_visits_on_their_own_cases_only(record) -> None:
    with pytest.raises(NotYourCase):
        record(by=OTHER_WORKER)


@pytest.mark.parametrize("record", [seen, attempt])
def test_a_manager_records_visits_of_the_own_team_only(record) -> None:
    with pytest.raises(NotYourTeam):
        record(by=OTHER_LEAD)


def test_a_manager_may_record_a_visit_for_the_worker_who_went() -> None:
    (fact,) = seen(by=LEAD, visited_by="sw-north-1").facts

    assert isinstance(fact, ChildSeen)
    assert fact.social_worker == "sw-north-1"
    with pytest.raises(UnknownPerson):
        seen(by=LEAD, visited_by="nobody-demo")


def test_a_worker_cannot_record_a_visit_for_somebody_else() -> None:
    with pytest.raises(NotYourCase):
        seen(visited_by="sw-north-2")


@pytest.mark.parametrize("minutes", [-180, 1])
def test_a_child_cannot_have_been_seen_before_the_referral_or_in_the_future(minutes: int) -> None:
    with pytest.raises(VisitTimeImpossible):
        seen(seen_at=NOW + timedelta(minutes=minutes))


def test_the_next_attempt_is_still_to_come() -> None:
    with pytest.raises(NextAttemptInThePast):
        attempt(next_attempt_at=NOW)


def test_the_next_attempt_is_not_more_than_a_week_away() -> None:
    with pytest.raises(NextAttemptTooFarAhead, match="7 days") as refused:
        attempt(next_attempt_at=NOW + timedelta(days=7, minutes=1))
    assert refused.value.field == "next_attempt_at"
    assert attempt(next_attempt_at=NOW + timedelta(days=7))


def test_not_alone_needs_a_reason_and_alone_needs_none() -> None:
    with pytest.raises(NotAloneWithoutReason):
        seen(seen_alone=False)
    with pytest.raises(AloneWithReason):
        seen(not_alone_reason=NotAloneReason.CHILD_DECLINED)
    assert seen(seen_alone=False, not_alone_reason=NotAloneReason.CHILD_DECLINED)


def test_only_an_unborn_child_is_not_seen_alone_because_not_yet_born() -> None:
    unborn = a_case(children=(CaseChild(child=FIRST, unborn=True),))

    with pytest.raises(UnbornChildSeenAlone):
        seen(unborn)
    with pytest.raises(UnbornChildSeenAlone):
        seen(seen_alone=False, not_alone_reason=NotAloneReason.UNBORN)
    assert seen(unborn, seen_alone=False, not_alone_reason=NotAloneReason.UNBORN)


def test_the_same_visit_is_not_recorded_twice_under_two_ids() -> None:
    once_seen, once_tried = seen().state, attempt().state

    with pytest.raises(VisitAlreadyRecorded):
        seen(once_seen, submission_id="another")
    with pytest.raises(VisitAlreadyRecorded):
        attempt(once_tried, submission_id="another")


def test_a_child_may_be_seen_again_at_another_time() -> None:
    again = seen(seen().state, seen_at=NOW - timedelta(minutes=5)).state

    assert len(again.children[0].visits) == 2
    assert again.children[0].first_seen_at == NOW - timedelta(minutes=30)
