"""What audit keeps and can be asked, in memory and in MongoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.audit.domain.archive import Archive, Link
from services.audit.domain.projection import CaseProjection, project
from shared.events.envelope import Envelope
from shared.practice import load_time_limits
from tests.unit.audit.lines import CASE, a_kept_line

LINE = a_kept_line()
LIMITS = load_time_limits()
STRATEGY = f"strategy:{CASE}"


def projection(entries: int, ref: str = CASE) -> CaseProjection:
    """What so many entries of the line add up to."""
    return replace(project(ref, LINE[:entries], LIMITS), ref=ref)


def keep(archive: Archive, *events: Envelope) -> None:
    """Insert entries."""
    for each in events:
        archive.insert_entries([each])


def test_a_place_of_a_stream_is_taken_once(archive: Archive) -> None:
    assert archive.insert_entries([LINE[0]]) == [True]
    assert archive.insert_entries([LINE[0]]) == [False]
    assert archive.insert_entries([replace(LINE[0], actor="somebody-else")]) == [False]

    assert archive.entry_at(LINE[0].stream, 1) == LINE[0]
    assert archive.hash_at(LINE[0].stream, 1) == LINE[0].hash
    assert archive.entry_at(LINE[0].stream, 2) is None


def test_of_several_entries_those_are_kept_whose_place_is_free(archive: Archive) -> None:
    keep(archive, LINE[1])

    assert archive.insert_entries([*LINE[:3]]) == [True, False, True]
    assert archive.insert_entries([]) == []


def test_links_tell_the_hashes_of_what_is_held(archive: Archive) -> None:
    keep(archive, LINE[0])
    held, missing = LINE[0], LINE[1]

    links = archive.links_at([held.key, missing.key])

    assert links == {held.key: Link(held.previous_hash, held.hash)}


def test_a_stream_is_held_up_to_its_first_hole(archive: Archive) -> None:
    first, second, third, fourth = LINE[2:6]
    assert archive.head_of(STRATEGY) == 0
    keep(archive, first, second, fourth)
    assert archive.head_of(STRATEGY) == 2

    keep(archive, third)
    assert archive.head_of(STRATEGY) == 4


def test_the_entries_of_a_case_are_all_of_its_streams(archive: Archive) -> None:
    keep(archive, *LINE)

    assert sorted(archive.entries_of_case(CASE), key=lambda each: each.key) == sorted(
        LINE, key=lambda each: each.key
    )
    assert archive.entries_of_case("MASH-00000-00000") == []
    several = archive.entries_of_cases([CASE, "MASH-00000-00000"])
    assert {ref: len(entries) for ref, entries in several.items()} == {
        CASE: len(LINE),
        "MASH-00000-00000": 0,
    }
    assert archive.streams_held("/strategy") == 1
    assert archive.streams_held("/audit") == 0


def test_what_a_projection_has_read_is_told_entry_by_entry(archive: Archive) -> None:
    stream = [each for each in LINE if each.stream == STRATEGY]
    held = [stream[0], stream[2]]
    archive.insert_entries(held)
    assert archive.have_been_read(held) == [False, False], "nothing is noted of the case"

    archive.put_cases([project(CASE, held, LIMITS)])
    archive.insert_entries([stream[1], stream[3]])

    assert archive.have_been_read(stream[:4]) == [True, False, True, False]


def test_raw_entries_come_stream_by_stream_and_in_order(archive: Archive) -> None:
    keep(archive, *reversed(LINE))

    rows = list(archive.raw_entries())

    places = [(row["stream"], row["sequence"]) for row in rows]
    assert places == sorted(places)
    assert [row["_id"] for row in rows] == [f"{stream}#{number}" for stream, number in places]
    assert {row["event"]["id"] for row in rows} == {each.id for each in LINE}


def test_a_projection_is_replaced_only_by_one_that_read_more(archive: Archive) -> None:
    archive.put_cases([projection(3)])
    archive.put_cases([projection(2), replace(projection(3), ref="MASH-OTHER-00000")])
    archive.put_cases([replace(projection(3), children=())])
    assert archive.case_at(CASE) == projection(3)
    assert archive.case_at("MASH-OTHER-00000")

    archive.put_cases([projection(4)])
    assert archive.case_at(CASE) == projection(4)
    archive.drop_case(CASE)
    assert archive.case_at(CASE) is None


def test_the_cases_due_come_the_longest_waiting_first(archive: Archive) -> None:
    now = projection(1).next_tick
    assert now
    for minutes, ref in (
        (5, "MASH-LATER-00000"),
        (-5, "MASH-FIRST-00000"),
        (-1, "MASH-THENX-00000"),
    ):
        archive.put_cases(
            [replace(projection(1), ref=ref, next_tick=now + timedelta(minutes=minutes))]
        )
    archive.put_cases([replace(projection(1), ref="MASH-NEVER-00000", next_tick=None)])

    assert list(archive.cases_due(now)) == ["MASH-FIRST-00000", "MASH-THENX-00000"]


def test_a_case_is_behind_until_its_projection_has_read_every_entry(archive: Archive) -> None:
    keep(archive, *LINE[:2])
    assert list(archive.cases_behind()) == [CASE]
    assert list(archive.all_cases()) == [CASE]

    archive.put_cases([projection(1)])
    assert list(archive.cases_behind()) == [CASE]

    archive.put_cases([projection(2)])
    assert list(archive.cases_behind()) == []
