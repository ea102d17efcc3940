"""The demonstration's morning is what an English hub sees, and nobody in it is real."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pytest

from services.referral.schemas import ReferralIn
from shared.clock import london
from shared.events.codes import ReferralSource
from shared.ids import new_submission_id
from shared.mash.demo.morning import Contact, Morning, read_morning, with_offsets

DRAMA_NUMBER = re.compile(r"0121 496 0\d{3}")
HEALTH = ("3A", "3B", "3C", "3D", "3E", "3F")
MORNING = read_morning()


@pytest.fixture
def morning() -> Morning:
    return read_morning()


def share(morning: Morning, *sources: str) -> float:
    found = Counter(each.answers.get("referral_source") for each in morning.contacts.values())
    return sum(found[source] for source in sources) / len(morning.contacts)


def texts(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str):
                yield key, inner
            else:
                yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def test_at_least_forty_contacts_come_in_from_the_usual_mix(morning: Morning) -> None:
    assert len(morning.contacts) >= 40
    assert 0.25 <= share(morning, "6") <= 0.35, "police"
    assert 0.15 <= share(morning, "2A") <= 0.25, "schools"
    assert 0.10 <= share(morning, *HEALTH) <= 0.20, "health"


def test_every_source_is_a_code_of_the_census(morning: Morning) -> None:
    codes = {each.answers.get("referral_source", "10") for each in morning.contacts.values()}

    assert codes <= {source.value for source in ReferralSource}
    assert len(codes) >= 15


@pytest.mark.parametrize("contact", MORNING.contacts.values(), ids=MORNING.contacts)
def test_every_contact_is_one_that_the_form_accepts_at_its_time(contact: Contact) -> None:
    body = {"submission_id": new_submission_id(), **with_offsets(contact.answers)}

    loaded = ReferralIn(now=contact.at.astimezone(UTC)).load(body)

    assert loaded["report"].children


def test_every_child_has_an_invented_name(morning: Morning) -> None:
    names = [
        child["last_name"]
        for each in morning.contacts.values()
        for child in each.answers["children"]
        if "last_name" in child
    ]

    assert names
    assert all(name.endswith("-Demo") for name in names)


def test_every_telephone_number_is_one_kept_for_drama(morning: Morning) -> None:
    numbers = [
        text
        for each in morning.contacts.values()
        for key, text in texts(dict(each.answers))
        if key == "ref_phone"
    ]

    assert numbers
    assert all(DRAMA_NUMBER.fullmatch(number) for number in numbers)


def test_contacts_come_late_in_the_afternoon_and_at_night(morning: Morning) -> None:
    times = {london(each.at).strftime("%H:%M") for each in morning.contacts.values()}

    assert {"16:50", "23:30"} <= times


def test_the_hard_kinds_of_contact_are_all_there(morning: Morning) -> None:
    contacts = list(morning.contacts.values())
    children = [child for each in contacts for child in each.answers["children"]]
    concerns = {concern for each in contacts for concern in each.answers["categories"]}

    assert any(len(each.answers["children"]) > 1 for each in contacts), "siblings"
    assert any(not child["born"] for child in children), "an unborn child"
    assert any("injury_description" in each.answers for each in contacts), "an alleged injury"
    assert {"child-criminal-exploitation", "child-sexual-exploitation"} <= concerns
    assert any(each.answers.get("not_asked_reason") for each in contacts), "no consent, and why"
    assert any(each.answers.get("anonymous") for each in contacts), "a member of the public"
    assert any(each.answers.get("urgent") for each in contacts), "the urgent short form"
    assert sum("match" in each.story for each in contacts) >= 2, "a repeat and an open case"


def test_things_go_wrong_on_purpose(morning: Morning) -> None:
    meetings = [each.story.get("meeting", {}) for each in morning.contacts.values()]
    breaks = Counter[str]()
    for each in morning.contacts.values():
        breaks.update(each.breaks)

    assert any(meeting.get("silent_lead") for meeting in meetings)
    assert any(meeting.get("absent") for meeting in meetings)
    assert set(breaks) == {"decision", "child-seen"}
    assert any(each.twice for each in morning.contacts.values())
