"""The command line answers in one plain line when it cannot do what was asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from requests.utils import should_bypass_proxies
from rich.console import Console

from shared.mash import parked, reports
from shared.mash.cli import main
from shared.mash.roster import service_names

COMMANDS = (
    *("up", "down", "demo", "serve", "work", "indexes"),
    *("trace", "verify", "parked", "export", "doctor", "docs", "generate"),
)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_help_lists_every_command() -> None:
    listed = run("--help").output

    assert [command for command in COMMANDS if command not in listed] == []


@pytest.mark.parametrize(
    "words",
    [("trace", "MASH-AAAAA-AAAAA"), ("verify",), ("parked",), ("parked", "audit", "--replay")],
)
def test_a_question_to_a_system_that_does_not_run_says_how_to_start_it(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    answer = run(*words, "--data", str(tmp_path))

    assert answer.exit_code == 2
    assert "make up" in answer.output


def test_a_service_that_is_none_is_refused_with_those_there_are() -> None:
    answer = run("work", "fishing")

    assert answer.exit_code == 2
    assert all(name in answer.output for name in service_names())


def test_stopping_what_does_not_run_says_so(tmp_path: Path) -> None:
    answer = run("down", "--data", str(tmp_path))

    assert answer.exit_code == 0


def a_line(**but: Any) -> dict[str, Any]:
    line = {
        "ref": "MASH-AAAAA-AAAAA",
        "cases": ["MASH-AAAAA-AAAAA"],
        "verdict": "Chain verified",
        "verdict_words": "The 1 event is here, unchanged and in order.",
    }
    return line | {each: [] for each in ("children", "entries", "holes", "faults", "clocks")} | but


def test_the_traced_line_names_when_who_what_and_how_long() -> None:
    out = Console(record=True, width=200)
    entry = {
        "at": "2026-11-10T08:52:00+00:00",
        "mark": "",
        "title": "Threshold decided: strategy meeting",
        "byline": "Mo Rowan-Demo (MASH manager)",
        "details": ["Level 4, guidance 2025-09"],
        "after": "28 minutes after the step before",
        "late": False,
    }

    reports.traced_line(out, a_line(entries=[entry]))

    assert out.export_text().splitlines() == [
        "Timeline of case MASH-AAAAA-AAAAA",
        "10 November 2026, 08:52     Threshold decided: strategy meeting",
        f"{'':30}by Mo Rowan-Demo (MASH manager)",
        f"{'':30}Level 4, guidance 2025-09",
        f"{'':30}28 minutes after the step before",
        "Chain verified: The 1 event is here, unchanged and in order.",
    ]


def test_a_gap_in_a_line_is_printed_and_the_line_is_not_called_complete() -> None:
    out = Console(record=True, width=200)
    hole = {"words": "not complete: events 2 to 3 are missing"}

    reports.traced_line(out, a_line(verdict="Not complete", verdict_words="", holes=[hole]))

    printed = out.export_text()
    assert "This timeline is not complete: events 2 to 3 are missing" in printed
    assert "Chain verified" not in printed


def test_a_fault_in_a_line_is_printed_with_its_place() -> None:
    out = Console(record=True, width=200)
    fault = {"stream": "referral:X", "sequence": 2, "words": "its hash does not belong to it"}

    reports.traced_line(out, a_line(faults=[fault]))

    assert "event 2 of referral:X: its hash does not belong to it" in out.export_text()


def healing(**but: Any) -> str:
    out = Console(record=True, width=200)
    told = {"phase": "open", "backup": None, "healed_at": None, "records": 0, "events": 0}
    nothing: dict[str, Any] = {"put_aside": 0, "wounds": [], "enter_again": []}
    reports.healing(out, "referral", {**told, **nothing, **but})
    return out.export_text()


def test_a_service_that_was_never_restored_says_so() -> None:
    assert healing() == "referral: never restored\n"


def test_what_a_copy_of_the_disk_has_lost_is_said_though_no_backup_of_ours_was_restored() -> None:
    wound = {"ref": "MASH-X", "first": 3, "last": 4, "words": "nobody holds it", "heard_by": "x"}

    printed = healing(healed_at="2026-11-10T08:52:00+00:00", events=2, records=1, wounds=[wound])

    assert "referral: healed by hand, open; 2 events of 1 records came back" in printed
    assert "MASH-X 3 to 4: nobody holds it" in printed


def test_nothing_printed_in_columns_is_cut_short() -> None:
    out = Console(record=True, width=20)

    reports.aligned(out, [("sign-in", "password"), ("a-very-long-sign-in-demo", "p" * 40)])

    assert "p" * 40 in out.export_text()


def test_this_machine_is_reached_past_a_web_proxy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", "intranet.invalid")
    monkeypatch.delenv("NO_PROXY", raising=False)

    run("down", "--data", str(tmp_path))

    assert should_bypass_proxies("http://127.0.0.1:8080/", no_proxy=None)
    assert should_bypass_proxies("http://intranet.invalid/", no_proxy=None)
    assert not should_bypass_proxies("http://elsewhere.invalid/", no_proxy=None)


def test_what_is_parked_is_shown_by_cause_with_what_to_do() -> None:
    out = Console(record=True, width=200)
    event = {
        "key": "referral:MASH-AAAAA-AAAAA#3#0f",
        "stream": "referral:MASH-AAAAA-AAAAA",
        "sequence": 3,
        "type": "referral.received",
        "cause": "not-intact",
        "reason": "the hash does not belong to the event",
        "held_at": "2026-11-10T08:52:00+00:00",
        "may_be_set_aside": True,
    }
    cause = {
        "cause": "not-intact",
        "count": 1,
        "what": "An event was changed.",
        "to_do": "Find out [who].",
    }

    parked.show(out, {"audit": {"parked": [event], "causes": [cause]}})

    said = out.export_text()
    assert "audit: 1 parked" in said
    assert "not-intact (1): An event was changed." in said
    assert "What to do: Find out [who]." in said
    assert "--set-aside 'referral:MASH-AAAAA-AAAAA#3#0f'" in said


def test_setting_aside_needs_a_service_and_a_reason(tmp_path: Path) -> None:
    at = ("--url", "http://127.0.0.1:9", "--token", "x", "--data", str(tmp_path))

    answer = run("parked", "--set-aside", "some-key", *at)

    assert answer.exit_code == 2
    assert "--reason" in answer.output
