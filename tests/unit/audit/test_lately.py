"""What is remembered of entries, and what is asked of the archive all the same."""

from __future__ import annotations

from services.audit.domain.announcing import Announcements
from services.audit.handlers.lately import Lately
from services.audit.handlers.oversight import Oversight, entries_of
from shared.clock import SystemClock
from shared.events.envelope import Envelope
from shared.practice import load_time_limits
from shared.store import Roots
from tests.models.store import Entries, MemoryArchive, MemoryRecords
from tests.unit.audit.lines import CASE, a_kept_line

LINE = a_kept_line()


def test_the_longest_unused_are_forgotten() -> None:
    lately = Lately(most=3)
    lately.remember(LINE[:3])
    lately.remember(LINE[:1])

    lately.remember(LINE[3:4])

    keys = [each.key for each in LINE]
    assert lately.known(keys) == {LINE[place].key: LINE[place] for place in (0, 2, 3)}


def test_what_somebody_else_kept_is_read_and_the_rest_is_not_read_again() -> None:
    read: list[str] = []

    class Watched(MemoryArchive):
        def entries_at(self, keys: list[str]) -> list[Envelope]:  # type: ignore[override]
            read.extend(keys)
            return super().entries_at(keys)

    archive, clock = Watched(Entries()), SystemClock()
    records = MemoryRecords({})
    oversight = Oversight(
        archive=archive,
        announcements=Roots(records, Announcements, source="/audit", clock=clock),
        limits=load_time_limits(),
        clock=clock,
        feed=None,
    )
    archive.insert_entries(LINE[:2])
    oversight.lately.remember(LINE[:2])
    archive.insert_entries(LINE[2:4])

    assert entries_of([CASE], oversight) == {CASE: LINE[:4]}
    assert entries_of([CASE, "MASH-NONE0-00000"], oversight) == {
        CASE: LINE[:4],
        "MASH-NONE0-00000": [],
    }
    assert read == [each.key for each in LINE[2:4]]
