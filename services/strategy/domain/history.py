"""A case whose referral was entered by import: what its next step may follow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from services.strategy.domain.case import Case
from shared.history import require_next


def require_step(case: Case, *, at: datetime) -> None:
    """A step by import continues an imported case, and not before its steps so far."""
    require_next(at, imported=case.imported, earlier=_steps_of(case))


def _steps_of(case: Case) -> Iterator[datetime | None]:
    yield case.received_at
    yield case.decided_at
    for meeting in case.meetings:
        yield from (meeting.called_at, meeting.lead.assigned_at, meeting.lead.acknowledged_at)
        yield meeting.record.held_at if meeting.record else None
    yield case.allocation.allocated_at if case.allocation else None
    for child in case.children:
        yield from (each.attempted_at for each in child.attempts)
        yield from (each.seen_at for each in child.visits)
