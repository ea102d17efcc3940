"""The worklist while much waits: what it reads, that nothing is lost by it, and its pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from services.strategy.domain.case import Case
from services.strategy.domain.commands import CallMeeting, OverrideLead
from services.strategy.handlers.leads import call_meeting, override_lead
from services.strategy.pages import worklists
from services.strategy.queries import cases
from services.strategy.queries.office import Office
from services.strategy.queries.worklist import worklist
from shared.events.codes import Agency, MeetingMode, Role
from shared.events.facts import ChildOnCase
from shared.store import Actor
from tests.conftest import MakeSettings
from tests.integration.strategy_world import (
    DECIDER,
    FIRST,
    HEAD,
    MASH,
    NOW,
    SMETHWICK,
    WEST,
    WEST_OTHER,
    World,
)

MANAGERS = (WEST, WEST_OTHER, SMETHWICK, HEAD)


@pytest.fixture
def world(make_settings: MakeSettings) -> World:
    return World(make_settings())


def ref(number: int) -> str:
    return f"MASH-TEST0-{number:05}"


def call(world: World, number: int) -> None:
    command = CallMeeting(
        ref=ref(number),
        submission_id=f"call-{number:04}",
        starts_at=NOW + timedelta(hours=1),
        mode=MeetingMode.VIDEO,
        invited=(Agency.SOCIAL_CARE, Agency.POLICE, Agency.HEALTH),
    )
    call_meeting(command, desk=world.desk, by=DECIDER)


def everything_there_is(world: World) -> None:
    """Cases of each kind that decides whose they are."""
    world.decided(ref(1), area="B70")
    world.decided(ref(2), area="B66")
    world.decided(ref(3), area="not-known")
    world.decided(ref(4), area="B70")
    call(world, 4)
    world.decided(ref(5), area="B66", earlier_cases=(ref(4), ref(1)))
    world.decided(ref(6), area="B70", earlier_cases=(ref(2),))
    world.decided(ref(7), area="B66")
    call(world, 7)
    elsewhere = OverrideLead(
        ref=ref(7), submission_id="override-0001", lead=WEST, reason="Knows the family."
    )
    override_lead(elsewhere, desk=world.desk, by=DECIDER)


def office_of(world: World) -> Office:
    office: Office = world.app.extensions["strategy.office"]
    return office


def test_a_worklist_lacks_nothing_that_is_its_persons(world: World) -> None:
    """What is not read must be other teams' for certain: the rule itself is asked of every case."""
    everything_there_is(world)
    office = office_of(world)

    for person in (*MANAGERS, "tm-in-no-directory"):
        asked = office.worklist_of(Actor(person, Role.TEAM_MANAGER))
        every = person == HEAD
        codes = [team.code for team in office.directory.teams] if every else ()
        assert asked == worklist(
            cases.waiting(),
            person=person,
            teams=frozenset(codes or office.directory.teams_of(person)),
            directory=office.directory,
            limits=office.limits,
        ), person


def test_a_worklist_does_not_read_what_is_other_teams_for_certain(world: World) -> None:
    everything_there_is(world)
    directory = office_of(world).directory

    def read(person: str) -> set[str]:
        teams = directory.teams_of(person)
        return {case.ref for case in cases.waiting_for(person, teams, directory)}

    assert ref(1) in read(WEST)
    assert ref(1) not in read(SMETHWICK)
    assert ref(4) not in read(SMETHWICK)
    assert read("tm-in-no-directory") == {ref(3), ref(5), ref(6)}


def test_a_worklist_reads_as_often_for_many_cases_as_for_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each read a thread waits for its turn, and beside an import that takes a while: a read
    for each case that waits once made a page of seconds."""
    asked: list[Mapping[str, Any]] = []
    find = cases.find

    def counted(query: Mapping[str, Any]) -> Iterator[Case]:
        asked.append(query)
        return find(query)

    monkeypatch.setattr(cases, "find", counted)
    world.decided(ref(0))
    for number in range(1, 8):
        world.decided(ref(number), area="B66", earlier_cases=(ref(number - 1),))

    for person in (Actor(WEST, Role.TEAM_MANAGER), Actor(MASH, Role.MASH_MANAGER)):
        asked.clear()
        office_of(world).worklist_of(person)
        assert len(asked) == 2, "what waits, and the earlier cases of all of it"


def test_a_part_that_is_long_has_pages_and_nothing_is_lost_between_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklists, "LINES", 2)
    for number in range(5):
        world.decided(ref(number), children=(ChildOnCase(child=FIRST),))
    browser = world.browser(MASH)

    first = browser.get("/strategy/worklist")
    second = browser.get("/strategy/worklist?to_call=2")
    third = browser.get("/strategy/worklist?to_call=3")

    pages = (first, second, third)
    calls = [[each for each in page.links if each.startswith("Call the")] for page in pages]
    shown = [[each.rpartition(" ")[2] for each in links] for links in calls]
    assert shown == [[ref(0), ref(1)], [ref(2), ref(3)], [ref(4)]]
    assert "Showing 3 to 4 of 5, the most pressing first" in second.text
    before, after = (f"{way} pressing: Strategy meetings to call" for way in ("More", "Less"))
    assert first.links[after] == "?to_call=2#to-call"
    assert second.links[after] == "?to_call=3#to-call"
    assert third.links[before] == "?to_call=2#to-call"
    assert after not in third.links
    assert before not in first.links


@pytest.mark.parametrize("number", ["0", "-3", "999", "soon", ""])
def test_a_page_that_there_is_none_of_is_the_next_there_is(world: World, number: str) -> None:
    world.decided(ref(1))

    assert ref(1) in world.browser(WEST).get(f"/strategy/worklist?to_call={number}").text
