"""Many commands at once, on either store: what became of each, and none hides another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from shared.clock import SystemClock
from shared.events.envelope import Envelope
from shared.records import Records, RecordWrite
from shared.rules import Overtaken, RuleBroken
from shared.store import Act, Behind, Change, Done, Root, Roots
from shared.streams import Streams
from tests.support.toy import SOMEBODY, Count, speak

REF, OTHER, REFUSED = "MASH-00000-00001", "MASH-00000-00002", "MASH-00000-00003"


@pytest.fixture
def roots(records: Records) -> Roots[Count]:
    return Roots(records, Count, source="/referral", clock=SystemClock())


def an_act(ref: str, decide: Callable[..., Any] | None = None, **how: Any) -> Act[Count]:
    def count(root: Root[Count], at: datetime) -> Change[Count]:
        return speak(root.state, at)

    return Act(ref=ref, decide=decide or count, by=lambda _: SOMEBODY, **how)


def refuse(root: Root[Count], at: datetime) -> None:
    raise RuleBroken("Not today")


def values(outcomes: list[Any]) -> list[Any]:
    return [each.root.state.value if isinstance(each, Done) else type(each) for each in outcomes]


def test_steps_of_one_record_are_taken_in_their_order_beside_those_of_others(
    roots: Roots[Count],
) -> None:
    outcomes = roots.act_many([an_act(REF), an_act(OTHER), an_act(REF), an_act(REF)])

    assert values(outcomes) == [1, 1, 2, 3]
    sealed = [Envelope.from_wire(each) for each in Streams(roots).read(REF)]
    assert [each.sequence for each in sealed] == [1, 2, 3]
    assert all(each.is_intact() for each in sealed)
    assert sealed[2].follows(sealed[1])


def test_one_that_is_refused_hides_no_other_and_stops_its_own_record_alone(
    roots: Roots[Count],
) -> None:
    acts = [an_act(REFUSED), an_act(REFUSED, refuse), an_act(REF), an_act(REFUSED), an_act(REF)]

    outcomes = roots.act_many(acts)

    assert values(outcomes) == [1, RuleBroken, 1, Behind, 2]
    assert roots.load(REFUSED).version == 1


def test_one_that_cannot_be_decided_or_sealed_hides_no_other(roots: Roots[Count]) -> None:
    def nothing_said(root: Root[Count], at: datetime) -> Change[Count]:
        return Change(Count(), ())

    outcomes = roots.act_many([an_act(REFUSED, nothing_said), an_act(REF)])

    assert values(outcomes) == [ValueError, 1]
    assert roots.load(REFUSED).version == 0


def test_what_was_done_before_changes_nothing_and_the_next_one_goes_on(
    roots: Roots[Count],
) -> None:
    outcomes = roots.act_many([an_act(REF), an_act(REF, lambda root, at: None), an_act(REF)])

    assert [each.changed for each in outcomes if isinstance(each, Done)] == [True, False, True]
    assert roots.load(REF).version == 2


def test_one_that_is_overtaken_is_decided_again_on_what_the_other_left(
    roots: Roots[Count],
) -> None:
    def overtaken_once(root: Root[Count], at: datetime) -> Change[Count]:
        if root.version == 0:
            roots.act(REF, speak, by=SOMEBODY)
        return speak(root.state, at)

    outcomes = roots.act_many([an_act(REF, overtaken_once), an_act(OTHER)])

    assert values(outcomes) == [2, 1]
    assert roots.load(REF).state == Count(value=2)


def test_one_that_is_always_overtaken_is_told_so_and_the_others_are_not(
    roots: Roots[Count],
) -> None:
    def always(root: Root[Count], at: datetime) -> Change[Count]:
        roots.act(REF, speak, by=SOMEBODY)
        return speak(root.state, at)

    outcomes = roots.act_many([an_act(REF, always), an_act(REF), an_act(OTHER)])

    assert values(outcomes) == [Overtaken, Behind, 1]


def test_who_entered_it_by_import_stands_in_the_event_beside_who_did_it(
    roots: Roots[Count],
) -> None:
    roots.act_many([an_act(REF, entered_by="officer-demo"), an_act(OTHER)])

    (entered,), (done,) = (
        [Envelope.from_wire(each) for each in Streams(roots).read(ref)] for ref in (REF, OTHER)
    )
    assert (entered.actor, entered.imported_by) == (SOMEBODY.id, "officer-demo")
    assert (done.actor, done.imported_by) == (SOMEBODY.id, None)
    assert done.correlation_id == done.id


def test_a_round_is_one_write_to_the_store(roots: Roots[Count]) -> None:
    bulks: list[int] = []
    write = roots.records.write

    def counted(writes: list[RecordWrite]) -> list[bool]:
        bulks.append(len(writes))
        return write(writes)

    roots.records.write = counted  # type: ignore[method-assign,assignment]
    roots.act_many([an_act(ref) for ref in (REF, OTHER, REFUSED, REF)])

    assert bulks == [3, 1]
