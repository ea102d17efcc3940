"""What a write to a record does, and what can be read of it, in memory and in MongoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from shared.events.envelope import GENESIS
from shared.records import Record, Records, RecordWrite

REF, OTHER, THIRD = "MASH-00000-00001", "MASH-00000-00002", "MASH-00000-00003"
STREAM = f"referral:{REF}"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ATTEMPTS = count(1)


def growth(version: int, ref: str = REF, *, by: int = 1, at: datetime = NOON) -> RecordWrite:
    """A write that adds events to a record of this version."""
    events = [_event(ref, version + n + 1) for n in range(by)]
    return RecordWrite(
        ref=ref,
        condition={"version": version},
        setting={"version": version + by, "state": {"value": version + by}},
        events=events,
        at=at,
    )


def hearing(version: int, before: int | None, sequence: int) -> RecordWrite:
    """A write that only notes an event as heard."""
    return RecordWrite(
        ref=REF,
        condition={"version": version, f"heard.{STREAM}": before},
        setting={"version": version, f"heard.{STREAM}": sequence},
        at=NOON,
    )


def _event(ref: str, sequence: int) -> dict[str, Any]:
    # The id is a new one for each attempt, as a sealed event's is.
    return {
        "id": f"{ref}#{sequence}@{next(ATTEMPTS)}",
        "sequence": sequence,
        "hash": f"h{sequence}",
    }


def test_a_record_that_is_not_there_has_no_version(records: Records) -> None:
    assert records.find([REF])[0] == Record()


def test_the_first_write_makes_the_record(records: Records) -> None:
    assert records.write([growth(0, by=2)]) == [True]

    assert records.find([REF])[0] == Record(version=2, state={"value": 2}, heard={}, tail_hash="h2")


def test_the_first_write_is_made_once(records: Records) -> None:
    assert records.write([growth(0)]) == [True]
    assert records.write([growth(0)]) == [False]

    assert len(records.events(REF, after=0, most=10)) == 1


def test_a_write_to_a_record_that_grew_meanwhile_changes_nothing(records: Records) -> None:
    records.write([growth(0)])
    records.write([growth(1)])

    assert records.write([growth(1)]) == [False]

    assert records.find([REF])[0].version == 2
    assert [each["sequence"] for each in records.events(REF, after=0, most=10)] == [1, 2]


def test_a_record_that_is_gone_is_not_made_again_from_its_middle(records: Records) -> None:
    assert records.write([growth(3)]) == [False]

    assert records.find([REF])[0] == Record()


def test_hearing_alone_notes_the_place_and_leaves_the_rest(records: Records) -> None:
    assert records.write([hearing(0, None, 1)]) == [True]

    assert records.find([REF])[0] == Record(heard={STREAM: 1}, tail_hash=GENESIS)
    assert records.oldest_unpublished() is None
    assert list(records.pending(10)) == []
    assert records.tails(since=NOON - timedelta(days=1), after_ref="", most=10) == []


def test_an_event_is_noted_once(records: Records) -> None:
    records.write([hearing(0, None, 1)])

    assert records.write([hearing(0, None, 1)]) == [False]
    assert records.write([hearing(0, 1, 2)]) == [True]
    assert records.write([hearing(0, 1, 2)]) == [False]


def test_a_record_that_only_heard_may_grow_later(records: Records) -> None:
    records.write([hearing(0, None, 1)])

    assert records.write([growth(0)]) == [True]
    assert records.find([REF])[0].heard == {STREAM: 1}


def test_of_many_writes_each_is_told_by_itself(records: Records) -> None:
    records.write([growth(0, OTHER)])

    made = records.write([growth(0, REF), growth(0, OTHER), growth(0, THIRD)])

    assert made == [True, False, True]
    assert [each.version for each in records.find([REF, OTHER, THIRD])] == [1, 1, 1]


def test_of_many_who_write_at_once_one_wins(records: Records) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: records.write([growth(0)]), range(16)))

    assert made.count([True]) == 1
    assert records.find([REF])[0].version == 1


def test_what_is_unpublished_is_told_in_order_the_longest_waiting_first(records: Records) -> None:
    records.write([growth(0, OTHER, at=NOON + timedelta(seconds=1))])
    records.write([growth(0, REF, by=2)])
    records.write([growth(2, REF, at=NOON + timedelta(seconds=9))])

    pending = [(each.ref, [e["sequence"] for e in each.events]) for each in records.pending(10)]

    assert pending == [(REF, [1, 2, 3]), (OTHER, [1])]
    assert records.oldest_unpublished() == NOON
    assert [each.ref for each in records.pending(1)] == [REF]


def test_the_marker_only_rises_and_tells_the_rest(records: Records) -> None:
    records.write([growth(0, by=3)])
    records.raise_markers({REF: 2})
    records.raise_markers({REF: 1})

    (pending,) = records.pending(10)
    assert [each["sequence"] for each in pending.events] == [3]
    assert records.oldest_unpublished() == NOON

    records.raise_markers({REF: 3})
    assert list(records.pending(10)) == []
    assert records.oldest_unpublished() is None


def test_a_marker_that_is_raised_already_and_was_passed_by_more_changes_nothing(
    records: Records,
) -> None:
    records.write([growth(0, by=3), growth(0, OTHER)])
    records.raise_markers({REF: 2})

    records.raise_markers({REF: 1, OTHER: 1})

    (pending,) = records.pending(10)
    assert (pending.ref, [each["sequence"] for each in pending.events]) == (REF, [3])


def test_what_grew_while_it_was_published_stays_unpublished(records: Records) -> None:
    records.write([growth(0)])
    records.write([growth(1)])

    records.raise_markers({REF: 1})

    (pending,) = records.pending(10)
    assert [each["sequence"] for each in pending.events] == [2]


def test_markers_of_many_rise_at_once(records: Records) -> None:
    records.write([growth(0, REF), growth(0, OTHER, by=2)])

    records.raise_markers({REF: 1, OTHER: 1})

    assert [(each.ref, len(each.events)) for each in records.pending(10)] == [(OTHER, 1)]


def test_events_are_read_from_a_place_on_and_no_more_than_asked(records: Records) -> None:
    records.write([growth(0, by=5)])

    assert [each["sequence"] for each in records.events(REF, after=1, most=3)] == [2, 3, 4]
    assert records.events(REF, after=5, most=3) == []
    assert records.events(OTHER, after=0, most=3) == []


def test_tails_are_told_by_time_and_paged_through_one_moment(records: Records) -> None:
    late = NOON + timedelta(minutes=1)
    records.write([growth(0, OTHER), growth(0, REF, by=2), growth(0, THIRD, at=late)])

    first = records.tails(since=NOON, after_ref="", most=1)
    rest = records.tails(since=first[0].changed_at, after_ref=first[0].ref, most=5)

    told = [(each.ref, each.version, each.hash, each.changed_at) for each in [*first, *rest]]
    assert told == [(REF, 2, "h2", NOON), (OTHER, 1, "h1", NOON), (THIRD, 1, "h1", late)]
    assert records.tails(since=late + timedelta(milliseconds=1), after_ref="", most=5) == []
