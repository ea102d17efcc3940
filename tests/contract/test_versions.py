"""Every version of an event says what the clocks read: the timeline reads events as sealed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from shared.events.codes import Clock
from shared.events.registry import REGISTRY
from shared.practice import Trigger, load_time_limits


def triggers() -> Iterator[Trigger]:
    limits = load_time_limits()
    for clock in Clock:
        for limit in limits.of(clock):
            yield from (limit.starts_on, limit.stops_on, *limit.cancelled_on)


def test_what_a_clock_reads_is_in_every_version_of_its_event() -> None:
    for trigger in triggers():
        named = {*trigger.when, *({trigger.anchored_on} - {None})}
        for (event_type, version), fact in REGISTRY.items():
            if event_type == trigger.event:
                there = {each.name for each in fields(fact)}
                assert named <= there, f"{event_type} version {version} lost {named - there}"
