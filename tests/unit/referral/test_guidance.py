"""The version of the threshold guidance in force."""

from __future__ import annotations

from datetime import date

import pytest

from services.referral.domain.errors import GuidanceVersionIsNotKnown
from services.referral.domain.guidance import Guidance, in_force, require_version

ISSUES = tuple(
    Guidance(version=version, in_force_from=day, title=version, levels=("1", "2", "3", "4"))
    for version, day in (("2024-09", date(2024, 9, 1)), ("2026-04", date(2026, 4, 1)))
)


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2020, 1, 1), "2024-09"),
        (date(2026, 3, 31), "2024-09"),
        (date(2026, 4, 1), "2026-04"),
    ],
)
def test_the_newest_issue_that_has_begun_is_in_force(day: date, version: str) -> None:
    assert in_force(ISSUES, day).version == version


def test_a_version_that_was_never_issued_is_refused() -> None:
    with pytest.raises(GuidanceVersionIsNotKnown):
        require_version(ISSUES, "2025-01")
