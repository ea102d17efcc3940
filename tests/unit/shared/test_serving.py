"""The gate of the web server: what comes when too many wait is marked and handed on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from shared.serving import MOST_WAITING, Gate
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
