"""The order of the demonstration: every step of every contact, by the clock on the wall."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.mash.demo import referrers, staff
from shared.mash.demo.morning import Contact, Morning, at_london
from shared.mash.demo.staff import Hub

UNTIL_ACKNOWLEDGED: Final = timedelta(minutes=3)
UNTIL_ESCALATED: Final = timedelta(minutes=17)
A_MEETING_TAKES: Final = timedelta(minutes=40)
BEFORE_ALLOCATING: Final = timedelta(minutes=5)
A_VISIT_TAKES: Final = timedelta(minutes=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing somebody does at one time."""

    at: datetime
    words: str
    contact: Contact
    act: Callable[[], object]


def steps_of(morning: Morning, hub: Hub) -> list[Step]:
    """Return every step in the order of the day; at the same minute, in the order of the file."""
    planned = [
        step for each in morning.contacts.values() for step in _of_contact(each, morning, hub)
    ]
    return sorted(planned, key=lambda step: step.at)


def _of_contact(contact: Contact, morning: Morning, hub: Hub) -> Iterator[Step]:
    def step(at: datetime, words: str, act: Callable[[], object]) -> Step:
        return Step(at=at, words=words, contact=contact, act=act)

    story = contact.story
    sender = hub[contact.sign_in]
    yield step(contact.at, "received", lambda: referrers.send(contact, sender))
    if found := story.get("match"):
        known = morning.contacts[found["known"]]
        yield step(at_london(found["at"]), "matched", lambda: staff.match(contact, known, hub))
    decided_at = at_london(story["decide"]["at"])
    yield step(decided_at, "decided", lambda: staff.decide(contact, hub))
    if told := story.get("tell"):
        yield step(at_london(told), "referrer told", lambda: staff.tell(contact, hub))
    yield from _of_meeting(contact, hub)
    if allocated := story.get("allocate"):
        at = at_london(allocated)
        yield step(at, "allocated", lambda: staff.allocate(contact, hub))
    yield from _of_visits(contact, hub)


def _of_meeting(contact: Contact, hub: Hub) -> Iterator[Step]:
    meeting = contact.story.get("meeting")
    if not meeting:
        return
    called_at, starts_at = at_london(meeting["call"]), at_london(meeting["starts"])
    recorded_at = min(
        starts_at + A_MEETING_TAKES, at_london(contact.story["allocate"]) - BEFORE_ALLOCATING
    )
    parts: list[tuple[datetime, str, Callable[[Contact, Hub], None]]] = [
        (called_at, "meeting called", staff.call_meeting),
    ]
    acknowledged_at = called_at + UNTIL_ACKNOWLEDGED
    if meeting.get("silent_lead"):
        parts.append((called_at + UNTIL_ESCALATED, "lead escalated", staff.wait_for_escalation))
        acknowledged_at = called_at + UNTIL_ESCALATED + UNTIL_ACKNOWLEDGED
    parts.append((acknowledged_at, "lead acknowledged", staff.acknowledge))
    parts.append((recorded_at, "meeting held", staff.hold))
    for at, words, act in parts:
        yield Step(at=at, words=words, contact=contact, act=_bound(act, contact, hub))


def _bound(act: Callable[[Contact, Hub], None], contact: Contact, hub: Hub) -> Callable[[], None]:
    return lambda: act(contact, hub)


def _of_visits(contact: Contact, hub: Hub) -> Iterator[Step]:
    for planned in contact.story.get("visits", ()):
        at = at_london(planned["at"]) + A_VISIT_TAKES
        words = "nobody at home" if "attempt" in planned else "child seen"
        for number in planned["children"]:

            def act(planned: dict[str, object] = planned, number: int = number) -> None:
                staff.visit(contact, planned, number, hub)

            yield Step(at=at, words=words, contact=contact, act=act)
