"""The demonstration's expectations can fail: each is shown a line for which it must."""

from __future__ import annotations

from typing import Any

import pytest

from shared.mash.demo.expectations import counted, differs, everything_announced
from shared.mash.demo.morning import Contact, read_morning

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
