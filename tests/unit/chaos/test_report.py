"""What a campaign says at its end: held, not held, or void."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

from rich.console import Console

from tests.chaos.plan import Kind, plan
from tests.chaos.report import Done, Report, table_of
from tests.chaos.verdicts import Kind as Wrong
from tests.chaos.verdicts import Verdict, Violation

FAULTS = plan(1, 10, kinds=(Kind.KILL, Kind.POISON))
SOUND = Report(
    seed=1,
    done=tuple(Done(fault=fault, done=True, hit=2) for fault in FAULTS),
    verdict=Verdict.over({"acknowledged": 40}, []),
    said={"ALREADY_HANDLED": 3, "broker away": 1},
    left=(),
    faults_of_load=(),
    finished=4,
    unanswered=5,
    longest_wait=3.25,
    longest_pause=2.0,
    seconds=60.0,
)


def test_a_run_that_reached_its_faults_and_found_nothing_wrong_ends_with_zero() -> None:
    assert SOUND.void == ()
    assert SOUND.exit_code == 0


def test_one_violation_ends_with_one_even_if_the_run_is_void_as_well() -> None:
    lost = Violation(kind=Wrong.LOST, where="MASH-1", words="acknowledged, and not there")
    run = replace(SOUND, verdict=Verdict.over({}, [lost]), unanswered=0)

    assert run.exit_code == 1
    assert "acknowledged, and not there" in shown(run)


def test_a_client_to_whom_something_happened_that_should_not_ends_with_one() -> None:
    assert replace(SOUND, faults_of_load=("MASH-1: 500",)).exit_code == 1


def test_a_run_that_did_not_reach_its_faults_is_void_and_says_why() -> None:
    nothing_hit = tuple(replace(each, hit=0) for each in SOUND.done)
    no_poison = tuple(replace(each, done=each.fault.kind is not Kind.POISON) for each in SOUND.done)
    void = {
        "killed while somebody waited": replace(SOUND, done=nothing_hit),
        "never happened: messages poisoned": replace(SOUND, done=no_poison),
        "delivered twice": replace(SOUND, said={"broker away": 1}),
        "tried again": replace(SOUND, said={"ALREADY_HANDLED": 1}),
        "without an answer": replace(SOUND, unanswered=0),
        "the whole way": replace(SOUND, finished=0),
    }
    for words, run in void.items():
        assert run.exit_code == 3
        assert words in "; ".join(run.void)
        assert words in shown(run)


def test_the_table_counts_each_kind_and_every_way_to_be_wrong() -> None:
    told = shown(SOUND)

    assert Kind.KILL.value in told
    assert Kind.POISON.value in told
    assert all(kind.value.replace("-", " ") in told for kind in Wrong)
    assert "3.2 s" in told


def shown(run: Report) -> str:
    """Return the table as it is printed."""
    paper = Console(file=StringIO(), width=120)
    paper.print(table_of(run))
    file = paper.file
    assert isinstance(file, StringIO)
    return file.getvalue()
