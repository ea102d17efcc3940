"""The gate of the web server: what comes when too many wait is marked and handed on."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import pytest
import waitress

from shared.serving import MOST_WAITING, TURN, Gate, serve
from shared.web.busy import BUSY


@pytest.mark.parametrize(
    ("waiting", "busy"), [(0, False), (MOST_WAITING, False), (MOST_WAITING + 1, True)]
)
def test_a_request_is_marked_when_too_many_wait(waiting: int, busy: bool) -> None:
    seen: list[dict[str, Any]] = []

    def application(environ: dict[str, Any], _: Any) -> Iterable[bytes]:
        seen.append(environ)
        return [b"answer"]

    answered = Gate(application, lambda: waiting)({}, lambda *_: lambda _: None)

    assert list(answered) == [b"answer"]
    assert [each[BUSY] for each in seen] == [busy]


def test_a_server_gives_every_thread_its_turn_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that reads a few times waits for its turn as often, beside whatever else computes."""
    turns: list[float] = []

    class Server:
        def run(self) -> None:
            turns.append(sys.getswitchinterval())

    monkeypatch.setattr(waitress, "create_server", lambda *_, **__: Server())
    usual = sys.getswitchinterval()
    try:
        serve(lambda *_: [], host="127.0.0.1", port=0, threads=1)
    finally:
        sys.setswitchinterval(usual)

    assert turns == [pytest.approx(TURN)]
    assert usual > TURN
