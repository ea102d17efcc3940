"""The commands of the measured year: in bulk, by the services' own handlers, one write each."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.harness import NotMeasured
from benchmarks.journeys.carry import carrier_of
from benchmarks.journeys.doors import Fate, ProcessDoor
from benchmarks.journeys.lines import Line, plan_of, read_lines, write_lines
from benchmarks.journeys.told import Told, told_from
from services.referral.documents import ReferralDocument
from shared.database import collection_of
from shared.events.envelope import Envelope
from shared.mash.generate.steps import StepName
from tests.conftest import MakeSettings, environment


@pytest.fixture
def lines(tmp_path: Path) -> list[Line]:
    write_lines(tmp_path / "lines", plan_of(8, seed=20240331))
    return list(read_lines(tmp_path / "lines"))


def steps_of(lines: list[Line], service: str) -> list[Told]:
    return [told_from(json.loads(line.text)) for line in lines if line.service == service]


def test_steps_in_bulk_are_written_at_their_times_as_whole_streams(
    lines: list[Line], make_settings: MakeSettings
) -> None:
    steps = steps_of(lines, "referral")

    answers = carrier_of("referral", make_settings()).take(steps)

    assert {answer.fate for answer in answers} == {Fate.TAKEN}, answers
    stored = list(collection_of(ReferralDocument).find({}))
    assert len(stored) == 8
    for row in stored:
        stream = [Envelope.from_wire(wire) for wire in row["events"]]
        assert all(event.is_intact() for event in stream)
        assert all(later.follows(event) for event, later in pairwise(stream))
        own = {step.at for step in steps if step.case == row["_id"]}
        assert {event.time for event in stream} == own


def test_the_same_steps_again_change_nothing(
    lines: list[Line], make_settings: MakeSettings
) -> None:
    carrier = carrier_of("referral", make_settings())
    steps = steps_of(lines, "referral")
    carrier.take(steps)
    versions = {row["_id"]: row["version"] for row in collection_of(ReferralDocument).find({})}

    again = carrier.take(steps)

    received = [
        answer.fate
        for step, answer in zip(steps, again, strict=True)
        if step.name is StepName.RECEIVE
    ]
    assert set(received) == {Fate.TAKEN}
    found = {row["_id"]: row["version"] for row in collection_of(ReferralDocument).find({})}
    assert found == versions


def test_the_team_says_not_yet_of_a_case_it_has_not_heard_of(
    lines: list[Line], make_settings: MakeSettings
) -> None:
    steps = steps_of(lines, "strategy")

    answers = carrier_of("strategy", make_settings()).take(steps)

    assert steps
    assert {answer.fate for answer in answers} == {Fate.NOT_YET}


def test_a_door_answers_for_each_line_and_ends_when_nobody_sends(
    lines: list[Line], tmp_path: Path, clean_mongo_url: str
) -> None:
    first = [line for line in lines if line.service == "referral"][:3]
    door = ProcessDoor("referral", environment(tmp_path, clean_mongo_url), tmp_path)

    answers = [door.send(first), door.send(first[:1])]
    door.close()

    assert [[answer.fate for answer in each] for each in answers] == [
        [Fate.TAKEN] * 3,
        [Fate.TAKEN],
    ]
    assert door.process.returncode == 0


def test_a_door_that_cannot_open_says_why(lines: list[Line], tmp_path: Path) -> None:
    door = ProcessDoor("referral", {}, tmp_path)

    with pytest.raises(NotMeasured, match="commands of referral ended"):
        door.send(lines[:1])
    door.close()
