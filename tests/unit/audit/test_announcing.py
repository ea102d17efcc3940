"""What audit says of a promise: each thing once, with its real due time, and never too soon."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.announcing import Announcements, announce, marks_at, next_tick
from services.audit.domain.clocks import ClockState, Mark, State
from shared.events.audit import ClockAtRisk, ClockBreached, ClockMet
from shared.events.codes import Clock
from tests.unit.audit.lines import in_london

DUE = in_london("2026-11-24T17:00")
RUNNING = ClockState(
    clock=Clock.DECISION,
    child=None,
    state=State.ARMED,
    armed_at=in_london("2026-11-23T09:10"),
    started_at=in_london("2026-11-23T09:10"),
    at_risk_at=in_london("2026-11-24T14:00"),
    due_at=DUE,
    words="Threshold decision within 1 working day of the referral.",
)
MET = replace(
    RUNNING,
    state=State.MET,
    stopped_at=in_london("2026-11-24T16:55"),
    recorded_at=in_london("2026-11-24T16:55"),
)
MET_LATE = replace(
    RUNNING,
    state=State.MET_LATE,
    stopped_at=in_london("2026-11-25T09:30"),
    recorded_at=in_london("2026-11-25T09:31"),
)


def said_at(clock: ClockState, at: str, state: Announcements | None = None) -> list[type]:
    found = announce(state, [clock], at=in_london(at))
    return [] if found is None else [type(fact) for fact in found[1]]


def test_nothing_is_said_while_there_is_time() -> None:
    assert announce(None, [RUNNING], at=in_london("2026-11-24T13:59")) is None


def test_at_risk_is_said_once_and_breached_once() -> None:
    first = announce(None, [RUNNING], at=in_london("2026-11-24T14:00"))
    assert first is not None
    state, (risk,) = first
    assert isinstance(risk, ClockAtRisk)
    assert announce(state, [RUNNING], at=DUE) is None

    second = announce(state, [RUNNING], at=DUE + timedelta(milliseconds=1))
    assert second is not None
    state, (breach,) = second
    assert isinstance(breach, ClockBreached)
    assert announce(state, [RUNNING], at=DUE + timedelta(days=9)) is None


def test_a_late_sweep_says_breached_once_with_the_real_due_time_and_not_at_risk() -> None:
    found = announce(None, [RUNNING], at=in_london("2026-11-27T08:00"))

    assert found is not None
    (breach,) = found[1]
    assert isinstance(breach, ClockBreached)
    assert (breach.due_at, breach.occurred_at) == (DUE, DUE)


def test_a_decision_made_in_time_is_never_called_breached_however_late_the_sweep() -> None:
    assert said_at(MET, "2026-11-30T08:00") == [ClockMet]


def test_a_promise_kept_late_was_broken_first() -> None:
    found = announce(None, [MET_LATE], at=in_london("2026-11-25T10:00"))

    assert found is not None
    breach, met = found[1]
    assert isinstance(breach, ClockBreached)
    assert isinstance(met, ClockMet)
    assert met.occurred_at == MET_LATE.stopped_at


def test_a_breach_waits_while_a_service_cannot_be_asked_but_a_warning_does_not() -> None:
    assert announce(None, [RUNNING], at=DUE + timedelta(hours=1), breaches=False) is None
    at_risk = announce(None, [RUNNING], at=in_london("2026-11-24T14:30"), breaches=False)
    assert at_risk is not None


def test_what_fell_due_while_the_services_were_asked_is_not_called_at_risk() -> None:
    asked_at = DUE - timedelta(seconds=2)

    assert announce(None, [RUNNING], at=asked_at, now=DUE) is not None
    assert announce(None, [RUNNING], at=asked_at, now=DUE + timedelta(seconds=1)) is None
    assert announce(None, [RUNNING], at=DUE + timedelta(seconds=2)) is not None, "broken, then"


def test_a_promise_kept_late_is_called_broken_even_while_a_service_is_away() -> None:
    found = announce(None, [MET_LATE], at=in_london("2026-11-25T10:00"), breaches=False)

    assert found is not None
    assert len(found[1]) == 2


def test_what_fell_away_is_not_spoken_of() -> None:
    gone = replace(RUNNING, state=State.CANCELLED, stopped_at=DUE, recorded_at=DUE)

    assert said_at(gone, "2026-12-01T08:00") == []
    assert next_tick([gone]) is None


def test_a_promise_made_after_its_due_time_is_broken_when_it_is_made_not_before() -> None:
    made = in_london("2026-11-25T10:00")

    found = announce(None, [replace(RUNNING, armed_at=made)], at=made)

    assert found is not None
    assert (found[1][0].occurred_at, found[1][0].due_at) == (made, DUE)


def test_what_was_called_broken_is_not_at_risk_again_when_a_clock_is_put_back() -> None:
    broken = announce(None, [RUNNING], at=DUE + timedelta(hours=1))
    assert broken is not None

    assert said_at(RUNNING, "2026-11-24T14:30", broken[0]) == []


@pytest.mark.parametrize(
    ("clock", "announced", "tick"),
    [
        (RUNNING, (), RUNNING.at_risk_at),
        (RUNNING, (Mark.AT_RISK,), DUE + timedelta(milliseconds=1)),
        (RUNNING, (Mark.AT_RISK, Mark.BREACHED), None),
        (MET, (), MET.recorded_at),
        (MET, (Mark.MET,), None),
        (MET_LATE, (Mark.BREACHED,), MET_LATE.recorded_at),
        (MET_LATE, (Mark.BREACHED, Mark.MET), None),
    ],
)
def test_the_next_tick_is_when_there_is_next_something_to_say(
    clock: ClockState, announced: tuple[Mark, ...], tick: datetime | None
) -> None:
    assert next_tick([replace(clock, announced=announced)]) == tick


@given(
    clock=st.sampled_from([RUNNING, MET, MET_LATE]),
    sweeps=st.lists(st.integers(min_value=-600, max_value=6000), min_size=1, max_size=12),
)
def test_however_the_sweeps_fall_each_thing_is_said_once(
    clock: ClockState, sweeps: list[int]
) -> None:
    state: Announcements | None = None
    said: list[type] = []
    for minutes in sorted(sweeps):
        if found := announce(state, [clock], at=DUE + timedelta(minutes=minutes)):
            state = found[0]
            said += [type(fact) for fact in found[1]]

    assert len(said) == len(set(said))
    last = DUE + timedelta(minutes=max(sweeps))
    assert len(said) >= len(marks_at(clock, at=last))
