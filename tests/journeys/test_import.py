"""A history from a file: taken once though the import is killed, and corrected by a person."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from shared.events.envelope import Envelope
from shared.mash.accounts import OPERATOR
from shared.mash.children import CHECKOUT
from shared.mash.folder import read_json
from shared.mash.importing.columns import WHY
from tests.journeys.test_embedded_launcher import Launched, launched
from tests.support.imports import steps
from tests.support.waiting import eventually

__all__ = ["launched"]

pytestmark = [pytest.mark.timeout(280), pytest.mark.slow]

REFERRALS = 40
CASES_OF = {"referral": "referrals", "strategy": "cases"}


def mash(launched: Launched, *words: str) -> list[str]:
    return [sys.executable, "-m", "shared.mash.cli", *words, "--data", str(launched.folder.root)]


def run(launched: Launched, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        mash(launched, *words), cwd=CHECKOUT, capture_output=True, text=True, check=False
    )


def spoilt(lines: list[dict[str, Any]]) -> tuple[str, set[int]]:
    """Take away why the first decision was made. Returns its case, and its lines from there on."""
    place = next(n for n, line in enumerate(lines) if line["step"] == "decide")
    lines[place]["body"]["rationale"] = "No."
    case = lines[place]["case"]
    return case, {n for n, line in enumerate(lines) if n >= place and line["case"] == case}


def streams(launched: Launched) -> Iterator[list[Envelope]]:
    """Every stream that the two services wrote."""
    client: Any = MongoClient(read_json(launched.folder.running)["mongo_url"], tz_aware=True)
    with client:
        for service, collection in CASES_OF.items():
            for root in client[f"golden_thread_{service}"][collection].find(
                {"version": {"$gt": 0}}
            ):
                yield [Envelope.from_wire(each) for each in root["events"]]


def test_a_history_is_taken_once_though_the_import_was_killed(
    launched: Launched, tmp_path: Path
) -> None:
    lines = [json.loads(step.line()) for step in steps(REFERRALS)]
    case, behind = spoilt(lines)
    file = tmp_path / "year.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")

    begun = subprocess.Popen(
        mash(launched, "import", str(file)), cwd=CHECKOUT, stderr=subprocess.PIPE
    )
    eventually(lambda: sum(1 for _ in streams(launched)) > 3, "some of it is taken", within=60)
    begun.send_signal(signal.SIGKILL)
    begun.communicate()
    assert (tmp_path / "year.jsonl.import").exists()

    again = run(launched, "import", str(file))

    assert again.returncode == 1, again.stderr
    assert f"{len(behind)} refused" in again.stdout
    errors = tmp_path / "year.errors.jsonl"
    refused = [json.loads(line) for line in errors.read_text(encoding="utf-8").splitlines()]
    assert {each["case"] for each in refused} == {case}
    assert len(refused) == len(behind)
    assert "rationale" in refused[0][WHY]
    assert all("earlier step of this case" in each[WHY] for each in refused[1:])
    assert not (tmp_path / "year.jsonl.import").exists()

    refused[0]["body"]["rationale"] = "Enough is known of this family to decide it."
    errors.write_text("".join(f"{json.dumps(each)}\n" for each in refused), encoding="utf-8")
    corrected = run(launched, "import", str(errors))

    assert corrected.returncode == 0, corrected.stdout + corrected.stderr
    assert f"{len(behind)} taken" in corrected.stdout
    assert not (tmp_path / "year.errors.errors.jsonl").exists()

    eventually(
        lambda: run(launched, "verify").returncode == 0, "audit holds every event", within=90
    )
    _check(launched, lines)
    _check_again(launched, file, errors)


STEP_OF = {
    "referral.received": "receive",
    "referral.child-matched": "match",
    "referral.threshold-decided": "decide",
    "referral.referrer-informed": "tell",
    "strategy.meeting-called": "call-meeting",
    "strategy.lead-acknowledged": "acknowledge",
    "strategy.meeting-held": "record-meeting",
    "strategy.case-allocated": "allocate",
    "strategy.visit-attempted": "attempt",
    "strategy.child-seen": "see",
}


def _check_again(launched: Launched, file: Path, errors: Path) -> None:
    """The whole file once more changes nothing, and overwrites no error file."""
    before = sorted(each[-1].hash for each in streams(launched))
    in_the_way = run(launched, "import", str(file))
    errors.rename(errors.with_name("corrected.jsonl"))
    whole = run(launched, "import", str(file))

    assert (in_the_way.returncode, whole.returncode) == (2, 1)
    assert "rename it" in in_the_way.stderr
    assert "0 taken, " in whole.stdout
    assert sorted(each[-1].hash for each in streams(launched)) == before


def _check(launched: Launched, lines: list[dict[str, Any]]) -> None:
    """Every step of the file is one event, in its case and order, and nothing else is there."""
    told = Counter((line["case"], line["step"]) for line in lines)
    written: Counter[tuple[str, str]] = Counter()
    for stream in streams(launched):
        previous = None
        for event in stream:
            assert event.is_intact()
            assert event.follows(previous)
            assert event.imported_by == OPERATOR
            assert event.happened_at < event.time
            previous = event
            if event.type in STEP_OF:
                written[event.subject, STEP_OF[event.type]] += 1
    assert written == told
