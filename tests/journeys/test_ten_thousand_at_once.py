"""Ten thousand referrals sent at the same moment: each is stored, or told when to come back."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.builders import a_referral
from tests.journeys.lines import settle
from tests.support.crowd import GONE, Answered, post, send_at_once
from tests.support.doors import Caller
from tests.support.system import System, token_of

pytestmark = pytest.mark.timeout(1200)

CROWD = 10_000
COME_BACK = 100
"""How many of those who were refused send again, as they were told to."""
MOST_MEMORY = 768 * 1024
"""Kilobytes for the web process, ten thousand open requests and all."""
PATH = "/referral/api/referrals"


def test_ten_thousand_open_requests_are_stored_or_told_when_to_come_back(system: System) -> None:
    before = stored(system)
    bodies = [a_referral() for _ in range(CROWD)]
    requests = [post(PATH, body, token=token_of("school-demo")) for body in bodies]

    answers = send_at_once(system.ports["referral"], requests)

    told = Counter(answer.status for answer in answers)
    print(summary(answers, peak_memory(system, "referral-web")))  # noqa: T201 - the figures
    assert set(told) <= {201, 429, GONE}, told
    assert told[GONE] < CROWD // 4, "void: most of them were not open at once"
    assert told[201] > 0, "the server took nothing at all"
    assert told[429] > 0, "void: it was never too busy"
    refused = [n for n, answer in enumerate(answers) if answer.status == 429]
    assert all(int(answers[n].headers["retry-after"]) > 0 for n in refused)
    assert all(answers[n].json()["title"] == "Too busy at this moment" for n in refused)
    assert stored(system) - before == told[201], "what was refused left something, or a 201 did not"
    assert peak_memory(system, "referral-web") < MOST_MEMORY

    sender = Caller(system, "school-demo")
    accepted = [answer.json()["reference"] for answer in answers if answer.status == 201]
    accepted += [sender.post(PATH, bodies[n]).json()["reference"] for n in refused[:COME_BACK]]
    assert len(set(accepted)) == len(accepted)
    settle(system, within=600)  # more than a thousand referrals, on however busy a machine
    assert on_the_timeline(system) >= set(accepted)


def on_the_timeline(system: System) -> set[str]:
    """Return every case whose referral audit holds."""
    with system.database("audit") as database:
        return set(database["entries"].distinct("case", {"type": "referral.received"}))


def stored(system: System) -> int:
    """Count the referrals in the store."""
    with system.database("referral") as database:
        return int(database["referrals"].count_documents({"version": {"$gt": 0}}))


def peak_memory(system: System, name: str) -> int:
    """Return the most memory that a process ever held, in kilobytes."""
    running = system.processes[name].running
    assert running is not None
    status = Path(f"/proc/{running.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def summary(answers: list[Answered], memory: int) -> str:
    """What happened, in a line."""
    told = Counter(answer.status for answer in answers)
    waits = sorted(answer.seconds for answer in answers)
    return (
        f"{CROWD} at once: {dict(told)}; half were answered within {waits[len(waits) // 2]:.1f} s, "
        f"all within {waits[-1]:.1f} s; peak memory {memory // 1024} MB"
    )
