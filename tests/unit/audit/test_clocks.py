"""What became of each promise, from the entries alone and whatever their order."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.announcing import announce
from services.audit.domain.clocks import ClockState, Condition, Mark, State, clocks_of
from shared.events.codes import Clock, ThresholdOutcome
from shared.events.envelope import Envelope
from shared.practice import Trigger, load_time_limits
from tests.unit.audit.lines import (
    BLUE,
    GREEN,
    MANAGER,
    SCHOOL,
    SOCIAL_WORKER,
    UNBORN,
    a_kept_line,
    children,
    decided,
    in_london,
    received,
    sealed,
    seen,
)

LIMITS = load_time_limits()


def clocks(entries: list[Envelope]) -> dict[tuple[Clock, str | None], ClockState]:
    return {(each.clock, each.child): each for each in clocks_of(entries, LIMITS)}


def referral_line(*, at: str, decided_at: str | None = None, **decision: object) -> list[Envelope]:
    written = [(SCHOOL, at, received(children=children(UNBORN)))]
    if decided_at:
        written.append((MANAGER, decided_at, decided(at, **decision)))
    return sealed("/referral", written)


def test_every_promise_of_a_kept_line_is_met() -> None:
    found = clocks(a_kept_line())

    assert {key: each.state for key, each in found.items()} == {
        (Clock.DECISION, None): State.MET,
        (Clock.ALLOCATION, None): State.MET,
        (Clock.CHILD_SEEN, BLUE): State.MET,
        (Clock.CHILD_SEEN, GREEN): State.MET,
    }
    assert found[Clock.CHILD_SEEN, BLUE].stopped_at == in_london("2026-11-23T15:40")


def test_a_referral_arms_the_decision_clock_and_no_other() -> None:
    (only,) = clocks_of(referral_line(at="2026-11-23T09:10"), LIMITS)

    assert (only.clock, only.state) == (Clock.DECISION, State.ARMED)
    assert only.due_at == in_london("2026-11-24T17:00")


@pytest.mark.parametrize(
    ("at", "condition"),
    [
        ("2026-11-24T13:59", Condition.RUNNING),
        ("2026-11-24T14:00", Condition.AT_RISK),
        ("2026-11-24T17:00", Condition.AT_RISK),
        ("2026-11-24T17:01", Condition.BREACHED),
    ],
)
def test_a_running_promise_is_at_risk_and_then_breached(at: str, condition: Condition) -> None:
    (decision,) = clocks_of(referral_line(at="2026-11-23T09:10"), LIMITS)

    assert decision.condition(in_london(at)) is condition


@pytest.mark.parametrize(
    "outcome",
    [
        ThresholdOutcome.NO_FURTHER_ACTION,
        ThresholdOutcome.INFORMATION_AND_ADVICE,
        ThresholdOutcome.EARLY_HELP,
    ],
)
def test_no_allocation_is_promised_when_the_case_goes_no_further(
    outcome: ThresholdOutcome,
) -> None:
    line = referral_line(
        at="2026-11-23T09:10",
        decided_at="2026-11-23T11:00",
        outcome=outcome,
        child_protection_concerns=False,
    )

    assert set(clocks(line)) == {(Clock.DECISION, None)}


def test_no_visit_the_same_day_is_promised_without_child_protection_concerns() -> None:
    line = referral_line(
        at="2026-11-23T09:10",
        decided_at="2026-11-23T11:00",
        outcome=ThresholdOutcome.SINGLE_ASSESSMENT,
        child_protection_concerns=False,
    )

    assert set(clocks(line)) == {(Clock.DECISION, None), (Clock.ALLOCATION, None)}


def test_an_unborn_child_has_no_child_seen_clock() -> None:
    line = referral_line(
        at="2026-11-23T09:10", decided_at="2026-11-23T11:00", children=children(UNBORN)
    )

    assert (Clock.CHILD_SEEN, UNBORN) not in clocks(line)
    assert (Clock.CHILD_SEEN, BLUE) in clocks(line)


def test_each_child_is_due_on_the_day_the_referral_was_received_not_the_day_it_was_decided() -> (
    None
):
    line = referral_line(at="2026-11-23T16:50", decided_at="2026-11-24T10:00")

    found = clocks(line)

    assert found[Clock.CHILD_SEEN, BLUE].due_at == in_london("2026-11-23T23:59:59.999")
    assert found[Clock.CHILD_SEEN, BLUE].armed_at == in_london("2026-11-24T10:00")
    assert found[Clock.ALLOCATION, None].due_at == in_london("2026-11-24T23:59:59.999")


@pytest.mark.parametrize(("visited", "sibling"), [(BLUE, GREEN), (GREEN, BLUE)])
def test_seeing_one_child_says_nothing_about_a_sibling(visited: str, sibling: str) -> None:
    line = [each for each in a_kept_line() if each.data.get("child") != sibling]

    found = clocks(line)

    assert found[Clock.CHILD_SEEN, visited].state is State.MET
    assert found[Clock.CHILD_SEEN, sibling].state is State.ARMED


def test_a_child_seen_after_midnight_is_seen_late() -> None:
    line = referral_line(at="2026-11-23T09:10", decided_at="2026-11-23T11:00") + sealed(
        "/strategy", [(SOCIAL_WORKER, "2026-11-24T00:00", seen(BLUE))]
    )

    assert clocks(line)[Clock.CHILD_SEEN, BLUE].state is State.MET_LATE


def test_a_visit_in_time_that_is_written_down_the_next_day_is_in_time() -> None:
    line = referral_line(at="2026-11-23T09:10", decided_at="2026-11-23T11:00") + sealed(
        "/strategy", [(SOCIAL_WORKER, "2026-11-24T09:00", seen(BLUE, "2026-11-23T18:30"))]
    )

    found = clocks(line)[Clock.CHILD_SEEN, BLUE]

    assert found.state is State.MET
    assert found.recorded_at == in_london("2026-11-24T09:00")


def test_a_promise_falls_away_when_the_cancelling_event_comes_first() -> None:
    (decision,) = LIMITS.of(Clock.DECISION)
    advice = Trigger(
        event="referral.threshold-decided",
        when={"outcome": (ThresholdOutcome.INFORMATION_AND_ADVICE.value,)},
    )
    seen_instead = Trigger(event="strategy.child-seen")
    limits = replace(
        LIMITS, limits=(replace(decision, stops_on=seen_instead, cancelled_on=(advice,)),)
    )
    line = referral_line(
        at="2026-11-23T09:10",
        decided_at="2026-11-23T11:00",
        outcome=ThresholdOutcome.INFORMATION_AND_ADVICE,
    )

    (cancelled,) = clocks_of(line, limits)
    late_visit = sealed("/strategy", [(SOCIAL_WORKER, "2026-11-23T12:00", seen(BLUE))])
    (still_cancelled,) = clocks_of(line + late_visit, limits)

    assert cancelled.state is State.CANCELLED
    assert cancelled.condition(in_london("2027-01-01T00:00")) is Condition.CANCELLED
    assert still_cancelled.state is State.CANCELLED


def test_the_receipt_clock_never_restarts() -> None:
    line = sealed(
        "/referral",
        [
            (SCHOOL, "2026-11-23T09:10", received()),
            (SCHOOL, "2026-11-24T09:10", received()),
        ],
    )

    (decision,) = clocks_of(line, LIMITS)

    assert decision.started_at == in_london("2026-11-23T09:10")


def test_what_audit_has_said_is_read_from_its_own_entries_and_starts_nothing() -> None:
    line = referral_line(at="2026-11-23T09:10")
    said = announce(None, clocks_of(line, LIMITS), at=in_london("2026-11-24T15:00"))
    assert said is not None
    own = sealed("/audit", [(MANAGER, "2026-11-24T15:00", fact) for fact in said[1]])

    (decision,) = clocks_of(line + own, LIMITS)

    assert decision.announced == (Mark.AT_RISK,)


@given(st.data())
def test_shuffled_and_doubled_entries_give_the_same_clocks(data: st.DataObject) -> None:
    line = a_kept_line()
    kept = data.draw(st.lists(st.sampled_from(line), unique_by=lambda each: each.key))
    doubled = kept + data.draw(st.lists(st.sampled_from(kept), max_size=10)) if kept else []
    shuffled = data.draw(st.permutations(doubled))

    assert clocks_of(shuffled, LIMITS) == clocks_of(kept, LIMITS)
