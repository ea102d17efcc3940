"""Named points at which a test kills the process, so that "killed here" is tested by doing it.

Nothing happens unless `arm` was called, which only the embedded mode does, for the setting
CRASH_AT.
"""

from __future__ import annotations

import os
import signal
from enum import StrEnum


class Point(StrEnum):
    """Where a process may be killed."""

    BEFORE_COMMIT = "before-commit"
    AFTER_COMMIT = "after-commit"
    RELAY_BEFORE_PUBLISH = "relay-before-publish"
    RELAY_AFTER_PUBLISH = "relay-after-publish"
    RELAY_AFTER_CONFIRM = "relay-after-confirm"
    CONSUMER_BEFORE_HANDLING = "consumer-before-handling"
    CONSUMER_AFTER_HANDLING = "consumer-after-handling"
    HELD_AFTER_HOLDING = "held-after-holding"
    HELD_BEFORE_RELEASE = "held-before-release"
    AUDIT_AFTER_APPEND = "audit-after-append"


_armed: set[Point] = set()


def arm(point: Point) -> None:
    """Kill this process, as kill -9 does, when it reaches `point`."""
    _armed.add(point)


def reached(point: Point) -> None:
    """Say that the process is at `point`."""
    if point in _armed:
        os.kill(os.getpid(), signal.SIGKILL)
