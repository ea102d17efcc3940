"""The same submission is one request: again gives the first answer, changed is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from services.strategy.domain.broken import SubmissionReused
from services.strategy.domain.case import Case
from services.strategy.domain.commands import Command
from shared.changes import Change


def fingerprint(command: Command) -> str:
    """Return what tells two bodies apart, without keeping the words themselves."""
    fields = (getattr(command, name) for name in sorted(_field_names(command)))
    text = repr((type(command).__name__, tuple(_comparable(value) for value in fields)))
    return hashlib.sha256(text.encode()).hexdigest()


def once(
    case: Case | None, command: Command, decide: Callable[[], Change[Case]]
) -> Change[Case] | None:
    """Return what `decide` answers the first time, and nothing to do for the same submission again.

    Source: DECISIONS 10, "the same submission is one referral"; the same id with another body is a
    conflict.
    """
    if already(case, command):
        return None
    change = decide()
    submissions = {**change.state.submissions, command.submission_id: fingerprint(command)}
    return replace(change, state=replace(change.state, submissions=submissions))


def already(case: Case | None, command: Command) -> bool:
    """Was this very submission acted on? Raises SubmissionReused for the id with another body."""
    known = case.submissions.get(command.submission_id) if case else None
    if known is not None and known != fingerprint(command):
        raise SubmissionReused
    return known is not None


def _field_names(command: Command) -> list[str]:
    return list(command.__dataclass_fields__)


def _comparable(value: object) -> object:
    """A time is the same time in any zone; a code is the same code as its text."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value
