"""Web: referrals sent through the form and the API, on waitress and on two other servers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Final

import requests

from benchmarks.callers import ask_all, form, post
from benchmarks.children import running, wait_for
from benchmarks.figures import Metric, percentile
from benchmarks.harness import Contender, Measurement, NotMeasured, must_be
from benchmarks.machine import ROOT
from benchmarks.parts import Bench
from benchmarks.queues import purge
from services.referral.app import build
from services.referral.documents import ReferralDocument
from shared.clock import SystemClock
from shared.database import collection_of
from shared.ids import new_submission_id
from shared.mash.demo.forms import as_typed, read_page
from shared.messaging.topology import declare
from shared.plumbing import plumb
from shared.run import THREADS
from tests.builders import a_referral, without
from tests.support.nodes import free_port
from tests.support.processes import Process
from tests.support.system import password_of, token_of

NAME: Final = "web"
CALLERS: Final = 16
SENDER: Final = "school-demo"
FULL: Final = "/referral/referrals/new/full"
OURS: Final = "waitress"
OTHERS: Final = ("gunicorn", "granian")
DOORS: Final = {"form": 303, "JSON": 201}
"""The doors, and what each answers when a referral was received."""


def _metrics(door: str) -> list[Metric]:
    times = [Metric(f"{door} {part}", "ms", more_is_better=False) for part in ("p50", "p99")]
    return [Metric(f"{door} rate", "requests/s"), *times]


@contextmanager
def prepare(bench: Bench) -> Iterator[Measurement]:
    """Start the three servers: one process and as many threads each, on the same store."""
    bench.clear()
    plumb(build(bench.settings(), SystemClock())).ensure_indexes()
    declare(bench.amqp_url, "audit", ("/referral",))
    environment = bench.environment(MASH_MODE="embedded")
    with ExitStack() as stack:
        contenders = []
        for server in (OURS, *OTHERS):
            missing = None if server == OURS else bench.peers.missing("servers")
            if missing:
                contenders.append(Contender(name=server, missing=missing))
                continue
            port = free_port()
            process = stack.enter_context(
                running(
                    f"web-{server}",
                    _command(server, port),
                    {**environment, **_path_of(server, bench), "PORT": str(port)},
                    bench.folder,
                )
            )
            wait_for(partial(_is_ready, port), f"{server} answers", process)
            contenders.append(
                Contender(
                    name=server,
                    once=partial(_both_doors, bench, port, bench.pick(600, 40), process),
                )
            )
        yield Measurement(
            name=NAME,
            about=f"{bench.pick(600, 40)} referrals at each door, from {CALLERS} callers at once; "
            f"one process of {THREADS} threads each, the relay beside it",
            metrics=[metric for door in DOORS for metric in _metrics(door)],
            contenders=contenders,
        )
    purge(bench, "audit.events")


def _command(server: str, port: int) -> list[str]:
    python = [sys.executable, "-m"]
    at = f"127.0.0.1:{port}"
    threads = str(THREADS)
    return {
        "waitress": [*python, "services.referral", "web"],
        "gunicorn": [
            *(*python, "gunicorn", "--bind", at, "--workers", "1", "--worker-class", "gthread"),
            *("--threads", threads, "--log-level", "error", "benchmarks.application:make()"),
        ],
        "granian": [
            *(*python, "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
            *("--port", str(port), "--workers", "1", "--blocking-threads", threads),
            *("--no-ws", "--log-level", "error", "--factory", "benchmarks.application:make"),
        ],
    }[server]


def _path_of(server: str, bench: Bench) -> dict[str, str]:
    if server == OURS:
        return {}
    return {"PYTHONPATH": os.pathsep.join([str(ROOT), str(bench.peers.folder("servers"))])}


def _is_ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/referral/readyz", timeout=20).ok
    except requests.ConnectionError:
        return False


def _both_doors(bench: Bench, port: int, count: int, process: Process) -> Mapping[str, float]:
    purge(bench, "audit.events")
    stored = collection_of(ReferralDocument)
    figures: dict[str, float] = {}
    for door, wanted in DOORS.items():
        made = _forms(port, count) if door == "form" else _calls(count)
        before = stored.count_documents({})
        answers = ask_all(port, made, CALLERS)
        if answers.statuses != {wanted: count}:
            raise NotMeasured(f"{door}: answers by status {answers.statuses}")
        must_be(stored.count_documents({}) - before, count, "referrals stored")
        figures |= {
            f"{door} rate": count / answers.took,
            f"{door} p50": percentile(answers.seconds, 0.5) * 1000,
            f"{door} p99": percentile(answers.seconds, 0.99) * 1000,
        }
    unpublished = {"unpublished_since": {"$exists": True}}
    wait_for(lambda: stored.find_one(unpublished, {"_id": 1}) is None, "all has left", process)
    return figures


def _calls(count: int) -> list[bytes]:
    token = token_of(SENDER)
    return [
        post(
            "/referral/api/referrals",
            json.dumps(a_referral()).encode(),
            "application/json",
            Authorization=f"Bearer {token}",
        )
        for _ in range(count)
    ]


def _forms(port: int, count: int) -> list[bytes]:
    """Sign in as a browser does, open the form, and fill it in so many times."""
    at = f"http://127.0.0.1:{port}"
    browser = requests.Session()
    sign_in = read_page("", browser.get(f"{at}/referral/sign-in", timeout=60).text)
    who = [("name", SENDER), ("password", password_of(SENDER))]
    filled = sign_in.form_with("name", "password").filled(who)
    browser.post(f"{at}/referral/sign-in", data=filled, timeout=60).raise_for_status()
    opened = read_page("", browser.get(f"{at}{FULL}", timeout=60).text).form_with("worry_text")
    answers: Mapping[str, Any] = without(a_referral(), "submission_id", "urgent")
    typed = [
        each for each in opened.filled(as_typed(answers, opened)) if each[0] != "submission_id"
    ]
    cookie = "; ".join(f"{each.name}={each.value}" for each in browser.cookies)
    return [
        post(
            FULL,
            form([*typed, ("submission_id", new_submission_id())]),
            "application/x-www-form-urlencoded",
            Cookie=cookie,
        )
        for _ in range(count)
    ]
