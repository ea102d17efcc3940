"""kill -9 between any two steps: the line is whole all the same, and nothing happens twice."""

from __future__ import annotations

import pytest

from shared.faults import Point
from tests.journeys.lines import check_line
from tests.support.system import System
from tests.support.walk import WHOLE_LINE, Walk

CONSUMING = {
    *(Point.CONSUMER_BEFORE_HANDLING, Point.CONSUMER_AFTER_HANDLING),
    Point.AUDIT_AFTER_APPEND,
}
HOLDING = {Point.HELD_AFTER_HOLDING, Point.HELD_BEFORE_RELEASE}
"""No step of a walk without faults: the campaign comes by there."""
PLACES = [
    (role, point)
    for role in ("web", "work")
    for point in Point
    # A web process hears nothing: it never comes to these points.
    if point not in HOLDING and (role == "work" or point not in CONSUMING)
]


@pytest.mark.parametrize(("role", "point"), PLACES, ids=str)
def test_a_process_killed_between_two_steps_loses_nothing_and_doubles_nothing(
    system: System, role: str, point: Point
) -> None:
    lives = system.restart(role, CRASH_AT=point.value)

    ref = Walk(system).whole()

    check_line(system, ref, WHOLE_LINE)
    assert system.killed_since(lives), f"no {role} process was killed {point}: nothing was tested"
