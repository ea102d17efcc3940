"""The embedded system loses nothing, whatever is killed, and is stopped and started cleanly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pymongo import MongoClient

from shared.ids import new_submission_id
from shared.mash.accounts import SignIn, read_sign_ins
from shared.mash.children import CHECKOUT
from shared.mash.client import System
from shared.mash.demo.morning import read_morning
from shared.mash.demo.people import Person
from shared.mash.folder import DataFolder, read_json
from tests.support.nodes import free_port
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(240)

STARTS_WITHIN = 90
MANAGER = "m.rowan-demo"
POLICE = "partner.police-demo"
DECISION = {
    "outcome": "information-and-advice",
    "threshold_level": 1,
    "child_protection_concerns": False,
    "rationale": "A parking dispute between adults, the child safe with her grandmother.",
    "guidance_version": "2024-09",
    "feedback": "Information was sent to the family.",
}


@dataclass
class Launched:
    """A launcher that a test starts, kills and starts again over the same folder."""

    folder: DataFolder
    port: int
    process: subprocess.Popen[bytes] | None = None
    told: Path = field(init=False)

    def __post_init__(self) -> None:
        self.told = self.folder.root / "told.txt"

    def command(self) -> list[str]:
        words = ["-m", "shared.mash.cli", "up", "--port", str(self.port)]
        return [sys.executable, *words, "--data", str(self.folder.root)]

    def start(self) -> None:
        with self.told.open("ab") as told:
            self.process = subprocess.Popen(
                self.command(), cwd=CHECKOUT, stdout=told, stderr=told, stdin=subprocess.DEVNULL
            )
        eventually(self._has_started, "the system to start", within=STARTS_WITHIN)

    def _has_started(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            pytest.fail(f"The launcher ended:\n{self.told.read_text()}")
        return bool(read_json(self.folder.running)["pid"] == self.process.pid)

    def pids(self) -> list[int]:
        found = [int(each.read_text()) for each in self.folder.run.glob("*.pid")]
        return [pid for pid in found if is_alive(pid)]

    def kill(self, *, everything: bool) -> None:
        assert self.process is not None
        for pid in [*(self.pids() if everything else []), self.process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(120)

    def person(self, sign_in: str) -> Person:
        url = f"http://127.0.0.1:{self.port}"
        return Person(url=url, sign_in=by_id(read_sign_ins(self.folder), sign_in))

    def system(self) -> System:
        here = read_json(self.folder.running)
        return System(url=here["url"], token=here["token"])


@pytest.fixture
def launched(tmp_path: Path) -> Iterator[Launched]:
    made = Launched(folder=DataFolder.at(tmp_path / "var"), port=free_port())
    made.start()
    yield made
    made.stop()


def by_id(sign_ins: tuple[SignIn, ...], wanted: str) -> SignIn:
    return next(each for each in sign_ins if each.id == wanted)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def send(launched: Launched) -> str:
    answers = dict(read_morning().contacts["pebble"].answers)
    # Long ago, so that the machine's clock may be anywhere.
    answers |= {"asked_when": "2025-01-06T19:10:00+00:00", "happened_on": "2025-01-06"}
    body = {"submission_id": new_submission_id(), **answers}
    told: dict[str, Any] = launched.person(POLICE).call("/referral/api/referrals", body)
    return str(told["reference"])


def decide(launched: Launched, ref: str) -> None:
    launched.person(MANAGER).call(f"/referral/api/referrals/{ref}/decision", DECISION)


def types_in_the_line(launched: Launched, ref: str) -> list[str]:
    line = launched.system().get(f"/audit/api/cases/{ref}")
    return [each["type"] for each in line["entries"] if each["service"] == "referral"]


@pytest.mark.parametrize("everything", [False, True], ids=["launcher", "every-process"])
def test_what_was_acknowledged_before_a_kill_is_in_the_timeline_after_the_next_start(
    launched: Launched, everything: bool
) -> None:
    ref = send(launched)
    decide(launched, ref)

    launched.kill(everything=everything)
    launched.start()

    wanted = ["referral.received", "referral.threshold-decided"]
    eventually(
        lambda: types_in_the_line(launched, ref) == wanted, "both events in the line", within=60
    )
    assert launched.system().get("/audit/api/verify")["sound"]


def test_a_web_process_that_outlives_its_killed_launcher_does_not_keep_the_address(
    launched: Launched,
) -> None:
    # Frozen, it cannot hear that its launcher is gone.
    os.kill(int((launched.folder.run / "web.pid").read_text()), signal.SIGSTOP)

    launched.kill(everything=False)
    launched.start()

    assert send(launched)


def test_a_launcher_that_is_killed_takes_its_children_with_it(launched: Launched) -> None:
    pids = launched.pids()
    assert len(pids) == 6, "a database, the web process, three workers, who keeps the anchor book"

    launched.kill(everything=False)

    eventually(lambda: not any(is_alive(pid) for pid in pids), "the children to end")


def test_the_end_of_a_history_cut_off_is_found_by_the_anchor_book(launched: Launched) -> None:
    ref = send(launched)
    eventually(lambda: types_in_the_line(launched, ref), "the event in the line", within=60)
    place, key = launched.folder.anchors, ("--key", str(launched.folder.anchors / "anchor.key"))
    assert mash(launched, "sign", str(place / "book"), *key).returncode == 0
    public = ("--public-key", str(place / "anchor.pub"))
    sound = mash(launched, "check", str(place / "book"), *public)
    assert (sound.returncode, sound.stdout.split()[-1]) == (0, "sound"), sound.stderr

    socket = quote(str(launched.folder.run / "mongod.sock"), safe="")
    with MongoClient[dict[str, Any]](f"mongodb://{socket}/") as client:
        client["golden_thread_audit"]["entries"].delete_one({"_id": f"referral:{ref}#1"})
    amiss = mash(launched, "check", str(place / "book"), *public)

    assert amiss.returncode == 1
    assert f"referral:{ref}#1 is gone" in amiss.stdout


def mash(launched: Launched, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shared.mash.cli", "anchors", *words]
    command += ["--data", str(launched.folder.root)]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_a_worker_that_is_killed_comes_back_and_hears_what_it_missed(launched: Launched) -> None:
    worker = launched.folder.run / "audit-worker.pid"
    killed = int(worker.read_text())
    os.kill(killed, signal.SIGKILL)

    ref = send(launched)

    eventually(lambda: int(worker.read_text()) != killed, "the worker to come back")
    eventually(
        lambda: types_in_the_line(launched, ref) == ["referral.received"],
        "the event in the line",
        within=60,
    )


def test_a_second_start_over_a_running_one_is_refused_in_one_line(launched: Launched) -> None:
    second = subprocess.run(
        launched.command(), cwd=CHECKOUT, capture_output=True, text=True, check=False
    )

    assert second.returncode == 2
    assert "already running" in second.stderr
    assert send(launched)


def test_a_stop_leaves_no_process_and_no_claim_to_be_running(launched: Launched) -> None:
    pids = launched.pids()

    launched.stop()

    assert not any(is_alive(pid) for pid in pids)
    assert not launched.folder.running.exists()
    assert list(launched.folder.run.glob("*.pid")) == []
