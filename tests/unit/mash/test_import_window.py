"""What may be sent next: the order of a case is never lost, and no case waits for another."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from shared.mash.importing.reading import Line
from shared.mash.importing.window import BULK, HEARS_WITHIN, Settled, Window

TAKEN = {"result": "taken", "events": 1}
REFUSED = {
    "result": "refused",
    "problem": {"errors": [{"pointer": "#/body/outcome", "detail": "Select an outcome"}]},
}
NOT_YET = {"result": "not-yet", "heard": 0, "problem": {"detail": "There is no such case here"}}
LATE = {"result": "behind"}


def a_line(
    number: int,
    case: str,
    service: str = "referral",
    fault: str = "",
    leans_on: str | None = None,
) -> Line:
    return Line(
        number=number,
        start=(number - 1) * 10,
        end=number * 10,
        raw={"n": number},
        case=case,
        service=service,
        order={"n": number},
        fault=fault,
        leans_on=leans_on,
        size=10,
    )


def filled(*lines: Line) -> Window:
    window = Window()
    for line in lines:
        assert list(window.add(line)) == []
    return window


def numbers(lines: Sequence[Line] | Sequence[Settled]) -> list[int]:
    return [each.line.number if isinstance(each, Settled) else each.number for each in lines]


def test_steps_of_one_case_go_together_until_another_service_has_to_be_asked() -> None:
    window = filled(
        a_line(1, "A"), a_line(2, "B"), a_line(3, "A"), a_line(4, "A", "strategy"), a_line(5, "A")
    )

    assert numbers(window.take("referral", 0)) == [1, 3, 2]
    assert window.take("strategy", 0) == []
    assert window.take("referral", 0) == []


def test_a_case_goes_on_when_its_steps_before_are_taken() -> None:
    window = filled(a_line(1, "A"), a_line(2, "A", "strategy"))
    bulk = window.take("referral", 0)

    assert numbers(list(window.answered(bulk, [TAKEN], 0))) == [1]
    assert numbers(window.take("strategy", HEARS_WITHIN)) == [2]
    assert window.settled_to() == (1, 10)


def test_a_service_is_given_a_moment_to_hear_of_a_case_once() -> None:
    window = filled(
        a_line(1, "A"), a_line(2, "A", "strategy"), a_line(3, "A"), a_line(4, "A", "strategy")
    )

    list(window.answered(window.take("referral", 0), [TAKEN], 0))
    assert window.take("strategy", 0.9) == []
    assert (window.waiting, window.next_due()) == (0, HEARS_WITHIN)
    list(window.answered(window.take("strategy", HEARS_WITHIN), [TAKEN], HEARS_WITHIN))
    list(window.answered(window.take("referral", HEARS_WITHIN), [TAKEN], HEARS_WITHIN))
    assert numbers(window.take("strategy", HEARS_WITHIN)) == [4]


def test_a_step_that_speaks_of_another_case_waits_for_what_stands_of_that_one_before_it() -> None:
    window = filled(
        a_line(1, "A"), a_line(2, "B"), a_line(3, "B", leans_on="A"), a_line(4, "C"), a_line(5, "A")
    )
    bulk = window.take("referral", 0)

    assert numbers(bulk) == [1, 5, 2, 4]
    assert window.take("referral", 0) == []
    list(window.answered(bulk[2:], [TAKEN, TAKEN], 0))
    assert window.take("referral", 0) == []
    list(window.answered(bulk[:2], [TAKEN, TAKEN], 0))
    assert numbers(window.take("referral", 0)) == [3]


@pytest.mark.parametrize("leans_on", ["B", "A", "later", "never seen"])
def test_a_step_waits_for_nothing_that_does_not_stand_before_it(leans_on: str) -> None:
    window = filled(
        a_line(1, "B", "strategy"), a_line(2, "A", leans_on=leans_on), a_line(3, "later")
    )

    assert numbers(window.take("referral", 0)) == [2, 3]


def test_what_is_refused_takes_the_rest_of_its_case_with_it_for_ever() -> None:
    window = filled(a_line(1, "A"), a_line(2, "A"), a_line(3, "A", "strategy"), a_line(4, "B"))
    bulk = window.take("referral", 0)

    settled = list(window.answered(bulk, [REFUSED, LATE, TAKEN], 0))
    later = list(window.add(a_line(5, "A")))

    assert [(each.line.number, each.result) for each in [*settled, *later]] == [
        *((1, "refused"), (2, "refused"), (3, "refused"), (4, "taken"), (5, "refused")),
    ]
    assert settled[0].reason == "outcome: Select an outcome"
    assert "earlier step" in later[0].reason
    assert window.empty


def test_a_faulty_line_lets_what_stands_before_it_go() -> None:
    window = filled(a_line(1, "A"))

    (bad,) = window.add(a_line(2, "A", fault="step: give one"))
    (behind,) = window.add(a_line(3, "A"))

    assert (bad.reason, behind.result) == ("step: give one", "refused")
    assert numbers(window.take("referral", 0)) == [1]


def test_what_is_not_heard_of_yet_rests_longer_each_time_and_lets_others_pass() -> None:
    window = filled(
        a_line(1, "A", "strategy"), a_line(2, "B", "strategy"), a_line(3, "A", "strategy")
    )
    window.learn("A", 2)
    bulk = window.take("strategy", 0)

    assert numbers(list(window.answered(bulk, [NOT_YET, LATE, TAKEN], 0.0))) == [2]
    assert window.take("strategy", 0.1) == []
    assert window.waiting == 1
    assert numbers(window.take("strategy", 0.3)) == [1, 3]
    list(window.answered([a_line(1, "A")], [LATE], 0.3))
    first = window.next_due()
    window.put_back(window.take("strategy", 0.3))
    bulk = window.take("strategy", 1.0)
    list(window.answered(bulk, [NOT_YET, LATE], 1.0))
    assert first is not None
    assert window.next_due() == 1.4


def test_what_was_heard_in_full_and_does_not_come_here_is_refused() -> None:
    window = filled(a_line(1, "A", "strategy"), a_line(2, "A", "strategy"))
    bulk = window.take("strategy", 0)
    heard = {**NOT_YET, "heard": 2}

    assert window.unknown(bulk, [heard, LATE]) == ["A"]
    window.learn("A", 2)
    settled = list(window.answered(bulk, [heard, LATE], 0))

    assert [each.result for each in settled] == ["refused", "refused"]
    assert settled[0].reason == "There is no such case here"
    assert window.waiting == 0


def test_a_bulk_is_bounded() -> None:
    window = filled(*(a_line(n, f"C{n}") for n in range(1, BULK + 50)))

    assert len(window.take("referral", 0)) == BULK


def test_a_further_bulk_is_a_whole_one_or_none() -> None:
    window = filled(*(a_line(n, f"C{n}") for n in range(1, 2 * BULK + 50)))
    window.take("referral", 0)

    assert len(window.take("referral", 0, whole=True)) == BULK
    assert window.take("referral", 0, whole=True) == []
    assert len(window.take("referral", 0)) == 49


def test_what_is_settled_beyond_the_first_open_line_is_not_read_again() -> None:
    window = filled(a_line(1, "A", "strategy"), a_line(2, "B"), a_line(3, "C"))
    list(window.answered(window.take("referral", 0), [TAKEN, TAKEN], 0))
    assert window.settled_to() == (0, 0)

    again = Window(settled_beyond=set(window.settled_beyond), counts=window.counts)
    for number, case in ((1, "A"), (2, "B"), (3, "C"), (4, "D")):
        assert list(again.add(a_line(number, case))) == []

    assert numbers(again.take("referral", 0)) == [1, 4]
    assert again.counts == {"taken": 2}


def test_any_answers_in_any_order_keep_every_case_in_its_order_and_lose_no_line() -> None:
    for seed in range(60):
        chance = random.Random(seed)
        lines = [
            a_line(
                n,
                chance.choice("ABCDE"),
                chance.choice(("referral", "strategy")),
                leans_on=chance.choice(["A", "B", None, None]),
            )
            for n in range(1, 60)
        ]
        window, sent, settled, now = Window(), [], [], 0.0
        flying: list[list[Line]] = []
        for line in lines:
            settled += window.add(line)
        while not window.empty:
            now += 6.0
            for service in chance.choices(("referral", "strategy"), k=chance.randint(0, 2)):
                flying.append(window.take(service, now))
            bulk = flying.pop(chance.randrange(len(flying))) if flying else []
            results: list[dict[str, Any]] = []
            stopped: set[str | None] = set()
            for line in bulk:
                window.learn(str(line.case), 9)
                told = (
                    LATE
                    if line.case in stopped
                    else chance.choice([TAKEN, TAKEN, NOT_YET, REFUSED])
                )
                stopped |= set() if told is TAKEN else {line.case}
                results.append(told)
            sent += [each.line for each in window.answered(bulk, results, now)]
        assert sorted(each.number for each in sent) == list(range(1, 60))
        for case in "ABCDE":
            own = [each.number for each in sent if each.case == case]
            assert own == sorted(own)
