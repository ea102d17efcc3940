"""`mash generate`: lines for a machine, words for a person, and plain faults."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shared.mash.cli import main
from shared.mash.generate.steps import ADDRESSES, StepName

DOCS = Path(__file__).parents[3] / "docs"
COLUMNS = [
    *("council_ref", "number", "case", "child", "step", "at", "by", "stands_for", "to", "body")
]


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["generate", *words])


def test_each_line_is_a_step_with_the_documented_columns() -> None:
    answer = run("--referrals", "5", "--seed", "2")

    told = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.exit_code == 0
    assert {tuple(each) for each in told} == {tuple(COLUMNS)}
    assert {each["number"] for each in told} == set(range(5))
    assert [each["at"] for each in told] == sorted(each["at"] for each in told)


def test_a_file_holds_the_very_lines_that_would_be_printed(tmp_path: Path) -> None:
    file = tmp_path / "year.jsonl"

    answer = run("--referrals", "5", "--out", str(file))

    assert answer.exit_code == 0
    assert answer.stdout == ""
    assert file.read_text(encoding="utf-8") == run("--referrals", "5").stdout
    assert list(tmp_path.iterdir()) == [file]


def test_a_period_can_be_chosen() -> None:
    answer = run("--referrals", "3", "--from", "2024-11-05", "--to", "2024-11-05")

    received = [json.loads(each) for each in answer.stdout.splitlines() if '"receive"' in each]
    assert {each["at"][:10] for each in received} == {"2024-11-05"}


def test_the_summary_says_what_came_out_beside_what_was_expected_and_whose_figure_it_is() -> None:
    answer = run("--referrals", "40", "--summary")

    assert "Came out" in answer.stderr
    assert "28.7%" in answer.stderr
    assert {"published", "assumed"} <= set(answer.stderr.split())
    assert "Came out" not in answer.stdout


@pytest.mark.parametrize(
    ("words", "option", "remedy"),
    [
        ((), "--referrals", "Missing"),
        (("--referrals", "0"), "--referrals", "x>=1"),
        (("--referrals", "3", "--from", "soon"), "--from", "like 2025-04-01"),
        (("--referrals", "3", "--from", "2001-01-01"), "--from", "2018-07-04 or a later day"),
        (("--referrals", "3", "--to", "2040-01-01"), "--to", "up to then"),
        (("--referrals", "3", "--to", "2025-03-01"), "--to", "Give a later day"),
    ],
)
def test_a_fault_names_the_option_and_the_remedy(
    words: tuple[str, ...], option: str, remedy: str
) -> None:
    answer = run(*words)

    assert answer.exit_code == 2
    assert option in answer.output
    assert remedy in answer.output


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "year.jsonl"
    file.write_text("mine")

    answer = run("--referrals", "1", "--out", str(file))

    assert answer.exit_code == 2
    assert "Name another file" in answer.output
    assert file.read_text() == "mine"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    answer = run("--referrals", "1", "--out", str(tmp_path / "nowhere" / "year.jsonl"))

    assert answer.exit_code == 2
    assert "--out" in answer.output


def test_every_step_has_an_address_that_the_services_describe() -> None:
    described = {
        path
        for service in ("referral", "strategy")
        for path, how in json.loads((DOCS / f"openapi-{service}.json").read_text())["paths"].items()
        if "post" in how
    }

    assert set(ADDRESSES) == set(StepName)
    assert {each.replace("{case}", "{ref}") for each in ADDRESSES.values()} <= described
