"""Waiting for a condition with a deadline: the only way a test waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], what: str, *, within: float = 20) -> T:
    """Return the first true answer of `condition`; fail with `what` after `within` seconds.

    An exception counts as "not yet" and is told if it never passes.
    """
    deadline = time.monotonic() + within
    fault: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if answer := condition():
                return answer
            fault = None
        except Exception as raised:
            fault = raised
        time.sleep(0.02)  # noqa: TID251 - the one place that paces a wait
    last = f" ({fault})" if fault else ""
    raise AssertionError(f"not within {within:g} seconds: {what}{last}") from fault
