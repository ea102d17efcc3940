"""A bulk is sent until it is answered: what is no answer, what is one, and when to give up; and how
many are on their way."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from shared.mash.client import Refused, System
from shared.mash.importing import window
from shared.mash.importing.reading import Line
from shared.mash.importing.run import AT_ONCE, SERVICES, Import
from shared.mash.importing.sending import Sender, Stopped
from tests.support.imports import steps
from tests.support.nodes import free_port

Answer = tuple[int, Any, dict[str, str]]


class Door(ThreadingHTTPServer):
    """Answers as a test says, one after another; remembers what it was sent."""

    daemon_threads = True
    answers: Iterator[Answer]
    sent: list[Any]


class _Handler(BaseHTTPRequestHandler):
    server: Door

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(length))
        self.server.sent.append(body)
        status, told, headers = next(self.server.answers)
        told = told(body) if callable(told) else told
        words = json.dumps([{"n": each["n"]} for each in body] if told is None else told).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(words))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(words)

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


@contextmanager
def a_door(*answers: Answer) -> Iterator[tuple[Door, Callable[..., Sender]]]:
    door = Door(("127.0.0.1", 0), _Handler)
    door.answers, door.sent = iter(answers), []
    serving = threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()

    def sender(**how: Any) -> Sender:
        url = f"http://127.0.0.1:{door.server_port}"
        return Sender(system=System(url=url, token="t"), **{"stop": threading.Event(), **how})

    try:
        yield door, sender
    finally:
        door.shutdown()
        serving.join()
        door.server_close()


def bulk(count: int = 1) -> list[Line]:
    return [
        Line(number=n, start=0, end=1, raw={}, case="A", service="referral", order={"n": n})
        for n in range(count)
    ]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_not_now_is_no_answer_and_the_same_bulk_is_sent_again(status: int) -> None:
    with a_door((status, {}, {"Retry-After": "0"}), (200, None, {})) as (door, make):
        sender = make()

        assert sender.send("referral", bulk()) == [{"n": 0}]
        sender.close()

    assert door.sent == [[{"n": 0}], [{"n": 0}]]


def test_a_bulk_that_is_too_large_is_sent_in_halves_and_answered_in_order() -> None:
    too_large = (413, {"detail": "too long"}, {})
    with a_door(too_large, (200, None, {}), (200, None, {})) as (door, make):
        sender = make()

        assert [each["n"] for each in sender.send("referral", bulk(5))] == [0, 1, 2, 3, 4]
        sender.close()

    assert [len(each) for each in door.sent] == [5, 2, 3]


@pytest.mark.parametrize("status", [400, 401, 403, 413, 422])
def test_a_closed_door_ends_it_with_the_systems_own_words(status: int) -> None:
    with a_door((status, {"detail": "Your role does not include this."}, {})) as (_, make):
        sender = make()
        with pytest.raises(Refused, match="Your role does not include this"):
            sender.send("referral", bulk())
        sender.close()


def test_two_bulks_are_on_their_way_to_a_service_each_with_cases_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "HEARS_WITHIN", 0.0)
    monkeypatch.setattr(window, "BULK", 20)
    lines = [step.line() for step in steps(120)]
    file = tmp_path / "year.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    two, cases, together = threading.Event(), list[set[str]](), list[int]()
    clashes: list[set[str]] = []

    def taken(body: list[dict[str, Any]]) -> list[dict[str, Any]]:
        own = {each["case"] for each in body}
        clashes.extend(filter(None, (own & other for other in cases)))
        cases.append(own)
        together.append(len(cases))
        if len(cases) > 1:
            two.set()
        two.wait(timeout=30)
        cases.remove(own)
        return [{"result": "taken", "events": 1} for _ in body]

    with a_door(*repeat((200, taken, {}), 200)) as (door, _):
        system = System(url=f"http://127.0.0.1:{door.server_port}", token="t")
        standing = Import(file=file, system=system, tell=lambda _: None).run()

    assert standing.counts == {"taken": len(lines)}
    assert 2 <= max(together) <= AT_ONCE * len(SERVICES)
    assert not clashes
    sent = [each for body in door.sent for each in body]
    by_case: dict[str, list[str]] = {}
    for each in sent:
        by_case.setdefault(each["case"], []).append(each["at"])
    assert len(sent) == len(lines)
    assert all(times == sorted(times) for times in by_case.values())


def test_nobody_waits_for_ever_for_a_system_that_is_away() -> None:
    system = System(url=f"http://127.0.0.1:{free_port()}", token="t")
    sender = Sender(system=system, stop=threading.Event(), patience=0)

    with pytest.raises(Refused, match="did not answer"):
        sender.send("referral", bulk())
    sender.close()


def test_whoever_stops_it_does_not_wait_for_an_answer() -> None:
    stop = threading.Event()
    stop.set()

    with pytest.raises(Stopped):
        Sender(system=System(url="http://127.0.0.1:9", token="t"), stop=stop).send("a", bulk())
