"""The year: what is sent when, what a run says of a whole year, and when it says nothing."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.figures import Metric, Series
from benchmarks.harness import NotMeasured
from benchmarks.journeys import sending
from benchmarks.journeys.arriving import Arrived
from benchmarks.journeys.costs import Cores, Cost, Ledger, idle_share
from benchmarks.journeys.entering import Apart
from benchmarks.journeys.figures import (
    METRICS,
    Lap,
    Run,
    figures_of,
    hours_for_a_year,
    slower,
    where_the_time_goes,
)
from benchmarks.journeys.lines import THE_YEAR, generate, plan_of, referrals_of
from benchmarks.journeys.sending import Importer, Sent, refused_in
from shared.mash.generate import in_order, journeys
from shared.mash.importing.columns import WHY

REFUSED = "see: child: This is no child of this case"


def a_file(folder: Path) -> Path:
    file = folder / "year.jsonl"
    file.write_text("")
    return file


def an_importer(folder: Path, monkeypatch: pytest.MonkeyPatch, *says: dict[str, Any]) -> Importer:
    """Return an importer whose process says these things of the first file that it is named."""
    monkeypatch.setattr(
        sending,
        "COMMAND",
        ("-c", f"input()\nfor each in {[json.dumps(each) for each in says]}: print(each)"),
    )
    return Importer({}, folder)


def test_what_became_of_a_file_is_counted_as_the_import_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = [{"settled": number, "waiting": 0, "over": number == 9} for number in (0, 4, 9)]
    importer = an_importer(tmp_path, monkeypatch, *says)
    file, seen = a_file(tmp_path), list[int]()

    sent = importer.send(file, say=lambda sent: seen.append(sent.settled))
    importer.close()

    assert (sent.settled, seen) == (9, [0, 4, 9])
    assert [settled for _, settled in sent.seen] == [0, 0, 4, 9]
    assert sent.faults == []


def test_what_an_earlier_run_left_is_no_part_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    importer = an_importer(tmp_path, monkeypatch, {"settled": 1, "waiting": 0, "over": True})
    file = a_file(tmp_path)
    left = (tmp_path / "year.errors.jsonl", tmp_path / "year.jsonl.import")
    for each in left:
        each.write_text("{}")

    sent = importer.send(file)
    importer.close()

    assert sent.refused.total() == 0
    assert not any(each.exists() for each in left)


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ([{"fault": "Your role does not include this."}], "import: Your role"),
        ([{"settled": 1, "waiting": 0}], "the import ended: it said nothing"),
        ([{"settled": 0, "waiting": 3}] * 2, "3 cases wait"),
    ],
)
def test_an_import_that_does_not_come_to_its_end_measures_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: list[dict[str, Any]], words: str
) -> None:
    if "wait" in words:
        monkeypatch.setattr(sending, "STALLED", 0.0)
    importer = an_importer(tmp_path, monkeypatch, *says)

    with pytest.raises(NotMeasured, match=words):
        importer.send(a_file(tmp_path))
    importer.close()


def test_a_run_in_which_much_is_refused_proves_nothing() -> None:
    assert Sent(settled=100, refused=Counter({REFUSED: 5})).faults == []
    assert Sent(settled=100, refused=Counter({REFUSED: 6})).faults == [
        f"6 of 100 steps refused, 6 by {REFUSED}"
    ]


def test_what_was_refused_is_counted_by_step_and_reason(tmp_path: Path) -> None:
    errors = tmp_path / "year.errors.jsonl"
    reason = REFUSED.removeprefix("see: ")
    lines = [{"step": "see", WHY: f"Line {number}. {reason}"} for number in (7, 9)]
    errors.write_text("".join(f"{json.dumps(each)}\n" for each in lines))

    assert refused_in(errors) == {REFUSED: 2}
    assert refused_in(tmp_path / "none.jsonl") == {}


def test_a_path_is_asked_for_at_the_address_of_its_own_service() -> None:
    system = Apart(url="", token="t", urls={"referral": "http://r:1", "strategy": "http://s:2"})

    assert system.address_of("/strategy/api/imports") == "http://s:2/strategy/api/imports"


def test_a_share_of_the_year_is_as_dense_as_the_year() -> None:
    whole, hundredth = plan_of(THE_YEAR, seed=1), plan_of(referrals_of(0.01), seed=1)

    assert (whole.last - whole.first).days + 1 == 365
    assert (hundredth.referrals, (hundredth.last - hundredth.first).days + 1) == (6_219, 4)
    assert referrals_of(1e-9) == 1


def test_a_file_is_what_the_command_line_writes_of_a_plan(tmp_path: Path) -> None:
    plan = plan_of(5, seed=3)

    history = generate(tmp_path / "year.jsonl", plan, cases=2)

    lines = history.file.read_text(encoding="utf-8").splitlines()
    assert lines == [step.line() for step in in_order(journeys(plan))]
    last = json.loads(lines[-1])
    assert (history.steps, history.ends_at.isoformat()) == (len(lines), last["at"])
    assert history.cases == tuple(dict.fromkeys(json.loads(each)["case"] for each in lines))[:2]


def test_a_file_that_cannot_be_made_measures_nothing(tmp_path: Path) -> None:
    a_file(tmp_path)

    with pytest.raises(NotMeasured, match="exists already"):
        generate(tmp_path / "year.jsonl", plan_of(1, seed=3), cases=1)


def a_run(**but: Any) -> Run:
    told: dict[str, Any] = {
        "referrals": 6_219,
        "events": {"referral": 30_000, "strategy": 25_000, "audit": 7_190},
        "refused": 3,
        "slower": 1.5,
        "lap": Lap(imported=50.0, lines=80.0, all=100.0),
        "costs": {
            "mongod": Cost(seconds=62.19, peak=2**30),
            "worker of audit": Cost(seconds=31.095, peak=0),
        },
        "idle": 0.25,
        "pages": {"timeline": [0.1, 0.2], "worklist": [0.3]},
        "disk": 62_190_000,
    }
    return Run(**told | but)


def test_a_run_is_projected_to_the_year_in_proportion_to_its_referrals() -> None:
    assert hours_for_a_year(3600.0, THE_YEAR) == 1.0
    assert hours_for_a_year(36.0, THE_YEAR // 10) == pytest.approx(0.1)

    told = figures_of(a_run())

    assert told["a year"] == pytest.approx(100 / 6_219 * THE_YEAR / 3600)
    assert told["events a referral"] == pytest.approx(10)
    assert told["events a referral, without audit's"] == pytest.approx(55_000 / 6_219)
    assert told["rate"] == pytest.approx(621.9)
    assert told["processor, mongod"] == pytest.approx(1000)
    assert told["processor, all"] == pytest.approx(1500)
    assert told["peak memory, mongod"] == 1024
    assert told["page of timeline p50"] == pytest.approx(100)
    assert (told["idle"], told["disk"]) == (25, 1000)


def test_what_grows_with_the_store_shows_in_the_last_third() -> None:
    steady = [(float(second), second * 10) for second in range(31)]
    slowing = [(0.0, 0), (10.0, 100), (20.0, 200), (50.0, 300)]

    assert slower(steady) == pytest.approx(1)
    assert slower(slowing) == pytest.approx(3)
    assert slower([(0.0, 0), (9.0, 300)]) == pytest.approx(1)
    assert slower([(0.0, 0)]) == 1


def test_every_figure_of_a_run_has_its_metric() -> None:
    assert set(figures_of(a_run())) <= {metric.name for metric in METRICS}


def test_where_the_time_goes_begins_with_the_most_costly() -> None:
    series = [
        Series(contender="ours", metric=Metric(name, ""), values=(value,))
        for name, value in figures_of(a_run()).items()
    ]

    head, first, second, *_ = where_the_time_goes(series).splitlines()

    assert "25 %" in head
    assert first.split()[:4] == ["mongod", "1,000", "µs", "67%"]
    assert second.split()[:3] == ["worker", "of", "audit"]
    assert where_the_time_goes([]) == ""


def arrived(**but: Any) -> Arrived:
    told: dict[str, Any] = {
        "written": {"referral": 10, "strategy": 5, "audit": 2},
        "entries": {"referral": 10, "strategy": 5, "audit": 2},
        "behind": 0,
        "held": 0,
    }
    return Arrived(**told | but)


@pytest.mark.parametrize(
    ("but", "said"),
    [
        ({}, []),
        (
            {"entries": {"referral": 10, "strategy": 4, "audit": 2}},
            ["4 entries of 5 events of strategy"],
        ),
        (
            {"entries": {"referral": 11, "strategy": 5}},
            ["11 entries of 10 events of referral", "0 entries of 2 events of audit"],
        ),
        ({"behind": 1}, ["1 cases whose clocks have not read every entry"]),
        ({"held": 2}, ["2 events held"]),
    ],
)
def test_a_run_is_void_when_a_count_differs(but: dict[str, Any], said: list[str]) -> None:
    assert arrived(**but).faults == said


def test_processor_time_and_memory_are_those_the_kernel_counts() -> None:
    ledger = Ledger({"this": os.getpid(), "nobody": 2**22 + 1})
    before = ledger.costs()["this"]

    sum(number * number for number in range(300_000))

    after = ledger.costs()["this"]
    assert after.since(before).seconds >= 0
    assert after.seconds > 0
    assert after.peak > 2**20
    assert ledger.costs()["nobody"] == Cost(seconds=0, peak=0)


def test_a_component_within_another_is_its_own() -> None:
    below_this = Ledger({"parent": os.getppid(), "this": os.getpid()}).costs()
    alone = Ledger({"this": os.getpid()}).costs()

    assert below_this["this"].peak == pytest.approx(alone["this"].peak, rel=0.1)


def test_idle_is_a_share_of_all_cores() -> None:
    before, after = Cores(idle=10, all=40), Cores(idle=15, all=60)

    assert idle_share(before, after) == 0.25
    assert idle_share(before, before) == 0
