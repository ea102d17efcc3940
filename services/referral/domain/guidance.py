"""Which version of the threshold guidance is in force on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.referral.domain.errors import GuidanceVersionIsNotKnown


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """One issue of the threshold guidance."""

    version: str
    in_force_from: date
    title: str
    levels: tuple[str, ...]
    """What levels 1 to 4 mean, in the words of this issue."""


def in_force(issues: Sequence[Guidance], day: date) -> Guidance:
    """Return the newest issue in force on the day, or the first ever where the day is before it."""
    begun = [issue for issue in issues if issue.in_force_from <= day]
    if not begun:
        return min(issues, key=lambda issue: issue.in_force_from)
    return max(begun, key=lambda issue: issue.in_force_from)


def require_version(issues: Sequence[Guidance], version: str) -> None:
    """A decision names an issue that exists (the letter: threshold guidance revised, reissued)."""
    if version not in {issue.version for issue in issues}:
        known = ", ".join(issue.version for issue in issues)
        raise GuidanceVersionIsNotKnown(
            f"Select a version of the threshold guidance: {known}.", field="guidance_version"
        )
