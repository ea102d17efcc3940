"""The same submission is one request."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from services.strategy.domain.broken import SubmissionReused
from services.strategy.domain.case import Case
from services.strategy.domain.submissions import fingerprint, once
from services.strategy.domain.visits import record_attempt, record_seen
from shared.store import Change
from tests.unit.strategy.world import LEAD, NOW, a_case, a_directory, a_seen, an_attempt


def see(case: Case, **but: object) -> Change[Case] | None:
    command = a_seen(**but)
    return once(
        case,
        command,
        lambda: record_seen(case, command, directory=a_directory(), by=LEAD, at=NOW),
    )


def test_the_same_form_sent_twice_is_one_visit() -> None:
    first = see(a_case())

    assert first is not None
    assert see(first.state) is None


def test_the_same_id_with_another_body_is_refused() -> None:
    first = see(a_case())

    assert first is not None
    with pytest.raises(SubmissionReused):
        see(first.state, childs_views="Fictional: something else")


def test_the_same_id_under_another_command_is_refused() -> None:
    first = see(a_case())
    assert first is not None
    command = an_attempt(submission_id="seen-1")

    with pytest.raises(SubmissionReused):
        once(
            first.state,
            command,
            lambda: record_attempt(first.state, command, directory=a_directory(), by=LEAD, at=NOW),
        )


def test_the_same_instant_written_in_another_zone_is_the_same_body() -> None:
    command = a_seen()
    moved = a_seen(seen_at=command.seen_at.astimezone(timezone(timedelta(hours=1))))

    assert fingerprint(command) == fingerprint(moved)


def test_the_words_themselves_are_not_kept_as_the_mark() -> None:
    first = see(a_case())

    assert first is not None
    assert "Fictional" not in repr(first.state.submissions)
