"""Restored in the middle of work: what was kept is there, what came later heals or is named."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import a_child, a_decision, a_referral, an_alleged_injury
from tests.journeys.lines import check_line, line_of, settle, stream_of, streams_of, types_of
from tests.support.checker import faults_of_chains
from tests.support.doors import Caller
from tests.support.keeping import (
    back_up,
    bring_back,
    bring_back_everything,
    healing_of,
    verdict,
)
from tests.support.ledger import ACKNOWLEDGED, ATTEMPTED, Ledger
from tests.support.system import SERVICES, System
from tests.support.waiting import eventually
from tests.support.walk import WHOLE_LINE, Walk

pytestmark = pytest.mark.timeout(600)

CLIENTS = 3


class Load:
    """People at work, who go on with another case when the one they were at has gone."""

    def __init__(self, system: System, ledger: Ledger) -> None:
        self.system = system
        self.ledger = ledger
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(random.Random(number),))
            for number in range(CLIENTS)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def until(self, more: int) -> None:
        """Return when so many more commands have been acknowledged."""
        then = self.ledger.acknowledged + more
        eventually(lambda: self.ledger.acknowledged >= then, "people are at work", within=180)

    def _work(self, chance: random.Random) -> None:
        while not self._over.is_set():
            walk = Walk(self.system, self.ledger.note)
            try:
                if chance.random() < 0.4:
                    walk.whole()
                else:
                    _short(walk)
            except AssertionError:  # the case was received after the back-up: it is gone
                continue


def _short(walk: Walk) -> None:
    walk.receive(**a_referral(children=[a_child()]))
    walk.decide(
        **a_decision(outcome="early-help", child_protection_concerns=False, threshold_level=2)
    )
    walk.inform()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    book = Ledger(tmp_path / "ledger")
    yield book
    book.close()


def entries_of(system: System) -> list[dict[str, Any]]:
    with system.database("audit") as database:
        return [each["event"] for each in database["entries"].find({}, {"event": 1})]


def missing_of(system: System, acknowledged: dict[str, Counter[str]]) -> list[str]:
    """Return what was acknowledged and is not on the line of its case."""
    found = []
    for ref, commands in acknowledged.items():
        held = Counter(types_of(line_of(system, ref)))
        found += [f"{ref}: {event}" for event, count in commands.items() if held[event] < count]
    return found


def doubled_of(system: System, attempted: dict[str, Counter[str]]) -> list[str]:
    """Return what is on a line more often than anybody tried it."""
    found = []
    for ref, commands in attempted.items():
        held = Counter(types_of(line_of(system, ref))) if ref.startswith("MASH-") else Counter()
        found += [f"{ref}: {event}" for event, count in commands.items() if held[event] > count]
    return found


def assert_sound(system: System) -> None:
    settle(system)
    told = eventually(lambda: (v := verdict(system))["sound"] and v, "verified", within=60)
    assert told["faults"] == told["missing"] == []
    assert faults_of_chains(entries_of(system)) == []


def test_everything_is_restored_into_an_empty_system_in_the_middle_of_work(
    system: System, ledger: Ledger, tmp_path: Path
) -> None:
    with Load(system, ledger) as load:
        load.until(15)
        before = ledger.counted(ACKNOWLEDGED)
        kept = back_up(system, tmp_path / "kept")
        load.until(10)
        bring_back_everything(system, kept)
        load.until(10)
    system.restart("work", CATCH_UP_SECONDS="1")

    assert_sound(system)
    assert missing_of(system, before) == []
    assert doubled_of(system, ledger.counted(ATTEMPTED)) == []
    for service in SERVICES:
        told = healing_of(system, service)
        assert (told["phase"], told["wounds"]) == ("open", []), told


@pytest.fixture
def cases(system: System, tmp_path: Path) -> tuple[Path, list[Walk]]:
    """A back-up, and three cases that have gone on since: from the beginning, the middle, none."""
    early, late, new = Walk(system), Walk(system), Walk(system)
    early.receive()
    late.receive()
    late.decide()
    late.meet()
    settle(system)
    kept = back_up(system, tmp_path / "kept")
    early.decide()
    early.meet()
    late.allocate()
    late.see_every_child()
    late.inform()
    new.body = an_alleged_injury(children=[a_child(), a_child(first_names="Robin")])
    new.receive(**new.body)
    new.decide()
    new.call_meeting()
    settle(system)
    return kept, [early, late, new]


def written_by_people(system: System, ref: str) -> list[dict[str, Any]]:
    """Return every event of a case but audit's own, which may say a word about a promise later."""
    return [each for each in streams_of(system, ref) if each["source"] != "/audit"]


def assert_it_goes_on(system: System, early: Walk) -> None:
    """Nothing forked: work on a healed case joins what was there."""
    early.allocate()
    early.see_every_child()
    early.inform()
    check_line(system, early.ref, WHOLE_LINE)


def test_a_referral_service_that_is_older_than_the_others_heals(
    system: System, cases: tuple[Path, list[Walk]]
) -> None:
    kept, (early, late, new) = cases
    before = [written_by_people(system, walk.ref) for walk in (early, late, new)]

    bring_back(system, kept, "referral")

    assert_sound(system)
    assert [written_by_people(system, walk.ref) for walk in (early, late, new)] == before
    told = healing_of(system, "referral")
    assert told["wounds"] == []
    assert {each["key"] for each in told["enter_again"]} == {
        f"referral:{early.ref}#2",
        f"referral:{late.ref}#3",
        f"referral:{new.ref}#1",
        f"referral:{new.ref}#2",
    }
    assert early.referral()["outcome"] == "strategy-meeting"
    assert "Lost" in early.referral()["decision"]["rationale"]
    assert_it_goes_on(system, early)

    again = Caller(system, "school-demo").post("/referral/api/referrals", new.body)

    assert again.json()["reference"] == new.ref
    assert new.referral()["outcome"] == "strategy-meeting"
    new.inform()
    assert [each["type"] for each in stream_of(system, "referral", new.ref)] == [
        "referral.received",
        "referral.threshold-decided",
        "referral.sent-again",
        "referral.referrer-informed",
    ]
    assert_sound(system)


def test_a_strategy_service_that_is_older_than_the_others_heals(
    system: System, cases: tuple[Path, list[Walk]]
) -> None:
    kept, (early, late, new) = cases
    before = [written_by_people(system, walk.ref) for walk in (early, late, new)]
    shown = [without_words(walk.strategy_case()) for walk in (early, late, new)]

    bring_back(system, kept, "strategy")

    assert_sound(system)
    assert [written_by_people(system, walk.ref) for walk in (early, late, new)] == before
    assert [without_words(walk.strategy_case()) for walk in (early, late, new)] == shown
    told = healing_of(system, "strategy")
    assert told["wounds"] == []
    assert f"strategy:{late.ref}#8" in {each["key"] for each in told["enter_again"]}
    assert_it_goes_on(system, early)
    new.acknowledge()
    new.hold_meeting()
    assert_sound(system)


def test_an_audit_service_that_is_older_than_the_others_catches_up(
    system: System, cases: tuple[Path, list[Walk]]
) -> None:
    kept, (early, late, new) = cases
    before = [written_by_people(system, walk.ref) for walk in (early, late, new)]

    bring_back(system, kept, "audit")
    # Open means whole: nobody is told of a case that there is no such case.
    assert types_of(line_of(system, late.ref))[:2] == list(WHOLE_LINE[:2])

    assert_sound(system)
    assert [written_by_people(system, walk.ref) for walk in (early, late, new)] == before
    assert healing_of(system, "audit")["wounds"] == []
    assert_it_goes_on(system, early)


def test_one_service_after_another_is_restored_older_while_people_work(
    system: System, ledger: Ledger, tmp_path: Path
) -> None:
    with Load(system, ledger) as load:
        load.until(5)
        before = ledger.counted(ACKNOWLEDGED)
        for service in SERVICES:
            kept = back_up(system, tmp_path / service)
            load.until(8)
            bring_back(system, kept, service)
            load.until(5)
    system.restart("work", CATCH_UP_SECONDS="1")

    assert_sound(system)
    assert missing_of(system, before) == []
    assert doubled_of(system, ledger.counted(ATTEMPTED)) == []
    assert [healing_of(system, service)["wounds"] for service in SERVICES] == [[], [], []]


WORDS = {
    *("core_missing_reason", "override_reason", "not_lead_reason", "emergency_reason", "rationale"),
    *("plan", "childs_views", "reason", "approved_by", "submissions"),
}
"""What people wrote: events never carry it."""


def without_words(shown: Any) -> Any:
    """Return what a case shows, without the words that no event carries."""
    if isinstance(shown, dict):
        return {name: without_words(each) for name, each in shown.items() if name not in WORDS}
    if isinstance(shown, list):
        return [without_words(each) for each in shown]
    return shown
