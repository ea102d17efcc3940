"""Reservations of managers' time and the marks of feeds, in memory and in MongoDB."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.strategy.documents import Slots
from services.strategy.domain.directory import Slot
from shared.messaging.feed import FeedMarks

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CASE, OTHER = "MASH-00000-00001", "MASH-00000-00002"


def slot(minutes: int, length: int = 60) -> Slot:
    """A slot that begins so many minutes after noon."""
    begins = NOON + timedelta(minutes=minutes)
    return Slot(starts_at=begins, ends_at=begins + timedelta(minutes=length))


def reserve(slots: Slots, minutes: int, case: str = CASE, at: datetime = NOON) -> bool:
    """Reserve an hour of the one manager."""
    return slots.reserve("m", slot(minutes), case=case, meeting=1, at=at)


def test_time_is_taken_once_and_again_by_the_same_meeting(slots: Slots) -> None:
    assert reserve(slots, 0)
    assert reserve(slots, 0)
    assert not reserve(slots, 0, OTHER)
    assert slots.reserve("n", slot(0), case=OTHER, meeting=1, at=NOON)


def test_of_two_that_overlap_the_second_takes_nothing(slots: Slots) -> None:
    assert reserve(slots, 45)

    assert not reserve(slots, 0, OTHER)

    assert slots.busy(slot(0, 45), except_case=CASE) == frozenset()
    assert slots.busy(slot(0), except_case=OTHER) == {"m"}


def test_time_is_given_back_except_what_is_kept(slots: Slots) -> None:
    reserve(slots, 0)
    slots.release("m", case=CASE, meeting=2)
    slots.release("m", case=OTHER, meeting=1)
    assert not reserve(slots, 0, OTHER)

    slots.release("m", case=CASE, meeting=1, keep=slot(30, 30))
    assert slots.busy(slot(0, 30), except_case=OTHER) == frozenset()
    assert slots.busy(slot(30), except_case=OTHER) == {"m"}

    slots.release("m", case=CASE, meeting=1)
    assert reserve(slots, 0, OTHER)


def test_old_reservations_are_told_once_a_meeting(slots: Slots) -> None:
    reserve(slots, 0)
    reserve(slots, 120, OTHER, at=NOON + timedelta(minutes=9))

    (old,) = slots.taken_before(NOON + timedelta(minutes=1))

    assert (old.manager, old.case, old.meeting, old.taken_at) == ("m", CASE, 1, NOON)


def test_a_mark_of_a_feed_only_rises(marks: FeedMarks) -> None:
    assert marks.compared_until("/referral") is None

    marks.raise_to("/referral", NOON)
    marks.raise_to("/referral", NOON - timedelta(minutes=1))

    assert marks.compared_until("/referral") == NOON
    assert marks.compared_until("/strategy") is None
