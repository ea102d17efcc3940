"""The demonstration's expectations can fail: each is shown a line for which it must."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.mash.demo.expectations import counted, differs, everything_announced, of_the_past
from shared.mash.demo.morning import Contact, read_morning
from shared.mash.demo.past import PastReferral
from shared.mash.importing.run import Standing

CAUSED = ["referral.received", "referral.threshold-decided"]


@pytest.fixture
def contact() -> Contact:
    contact = read_morning().contacts["pebble"]
    contact.done = list(CAUSED)
    return contact


def line(*types: str, **clock: str) -> dict[str, Any]:
    entries = [{"type": each, "service": each.split(".")[0]} for each in types]
    return {"entries": entries, "clocks": [clock] if clock else []}


def test_a_line_with_everything_once_is_as_expected(contact: Contact) -> None:
    assert not differs(contact, line(*CAUSED, "audit.clock-met"))


def test_an_event_that_is_missing_is_noticed(contact: Contact) -> None:
    assert differs(contact, line(CAUSED[0]))


def test_an_event_that_is_there_twice_is_noticed(contact: Contact) -> None:
    assert differs(contact, line(*CAUSED, CAUSED[1]))


def test_an_event_that_no_command_caused_is_noticed(contact: Contact) -> None:
    assert differs(contact, line(*CAUSED, "strategy.case-opened"))


def test_what_audit_says_is_not_counted_among_the_commands(contact: Contact) -> None:
    wanted, there = counted(contact, line(*CAUSED, "audit.clock-met"))

    assert wanted == there


@pytest.mark.parametrize(
    ("state", "needed"),
    [
        ("met", ["audit.clock-met"]),
        ("met-late", ["audit.clock-met", "audit.clock-breached"]),
        ("breached", ["audit.clock-breached"]),
        ("running", []),
    ],
)
def test_a_promise_is_settled_when_the_line_says_what_became_of_it(
    state: str, needed: list[str]
) -> None:
    assert everything_announced(line(*needed, state=state))
    for left_out in needed:
        said = [each for each in needed if each != left_out]
        assert not everything_announced(line(*said, state=state))


PAST = PastReferral(ref="MASH-TEAP0-KETT1", done=CAUSED)


def the_past_holds(line: dict[str, Any], *, steps: int = 2, **counts: int) -> list[bool]:
    standing = Standing(
        counts=counts,
        done=0,
        size=0,
        seconds=1.0,
        waiting=0,
        errors=Path("weeks-before.errors.jsonl"),
        went_on=False,
    )
    lines = {PAST.key: {**line, "complete": True}}
    return [each.holds for each in of_the_past([PAST], steps, standing, lines)]


def test_a_past_of_which_every_step_was_taken_and_is_on_its_line_is_as_expected() -> None:
    assert the_past_holds(line(*CAUSED), taken=2) == [True, True]


@pytest.mark.parametrize(
    "counts", [{"taken": 1, "refused": 1}, {"taken": 1}, {"taken": 1, "taken-before": 1}]
)
def test_a_step_of_the_past_that_was_not_taken_is_noticed(counts: dict[str, int]) -> None:
    assert the_past_holds(line(*CAUSED), **counts) == [False, True]


def test_an_event_of_the_past_that_is_missing_or_doubled_is_noticed() -> None:
    assert the_past_holds(line(CAUSED[0]), taken=2) == [True, False]
    assert the_past_holds(line(*CAUSED, CAUSED[1]), taken=2) == [True, False]
