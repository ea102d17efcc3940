"""`mash import`: what a person is told, at the end and when it stops before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shared.mash.cli import main
from shared.mash.client import Refused
from shared.mash.importing.columns import COLUMNS, STEPS
from shared.mash.importing.keeping import progress_of
from shared.mash.importing.run import Import, Standing

HERE = ("--url", "http://127.0.0.1:9", "--token", "t")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "year.jsonl"
    made.write_text("")
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["import", *words], env={"COLUMNS": "200"})


def ending(monkeypatch: pytest.MonkeyPatch, end: Any) -> None:
    def ended(self: Import) -> Standing:
        if isinstance(end, BaseException):
            raise end
        counts: dict[str, int] = end
        return Standing(
            counts=counts,
            done=1,
            size=1,
            seconds=2.0,
            waiting=0,
            errors=self.file.with_name("year.errors.jsonl"),
            went_on=False,
        )

    monkeypatch.setattr(Import, "run", ended)


def test_the_summary_counts_what_became_of_every_step(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    ending(monkeypatch, {"taken": 7, "taken-before": 2, "refused": 1})

    answer = run(str(file), *HERE)

    assert answer.exit_code == 1
    assert "10 steps in 2.0 s (5 a second): 7 taken, 2 taken before, 1 refused" in answer.stdout
    assert f"mash import {file.with_name('year.errors.jsonl')}" in answer.stdout


def test_all_is_well_when_nothing_was_refused(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    ending(monkeypatch, {"taken": 7})

    answer = run(str(file), *HERE)

    assert answer.exit_code == 0
    assert "Correct" not in answer.stdout


def test_whoever_stops_it_is_told_how_to_go_on(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    ending(monkeypatch, KeyboardInterrupt())

    answer = run(str(file), *HERE)

    assert answer.exit_code == 130
    assert f"go on with: mash import {file}" in answer.stderr


@pytest.mark.parametrize("begun", [True, False])
def test_a_fault_says_how_to_go_on_once_it_was_begun(
    monkeypatch: pytest.MonkeyPatch, file: Path, begun: bool
) -> None:
    ending(monkeypatch, Refused("The referral service did not answer for 300 s"))
    if begun:
        progress_of(file).write_text(json.dumps({}))

    answer = run(str(file), *HERE)

    assert answer.exit_code == 2
    assert "did not answer" in answer.stderr
    assert ("go on with" in answer.stderr) is begun


def test_what_a_line_may_hold_is_printed_from_what_reads_it() -> None:
    answer = run("--columns")

    assert answer.exit_code == 0
    told = " ".join(answer.stdout.split())
    for each in COLUMNS:
        assert f"│ {each.name} │ {each.what[:16]}" in told
    for step, address in STEPS.items():
        assert f"{step}: as POST {address}" in told
    for column in ("children.1.first_names", "invited[]", "body.child", "attendance.1.agency"):
        assert column in told
