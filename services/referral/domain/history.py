"""A referral that is entered by import: what was entered before, and what a step may follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from services.referral.domain.commands import Command, DecideThreshold, InformReferrer
from services.referral.domain.referral import Referral
from shared.changes import Change
from shared.history import as_it_happened, require_next

OF_THE_DECISION = (
    *("outcome", "threshold_level", "guidance_version", "child_protection_concerns"),
    "danger_passed_detail",
)


def is_entered(state: Referral | None, command: Command, *, by: str, at: datetime) -> bool:
    """Was this very step entered before? The commands of the hub have no submission id: the same
    words by the same person at the same time are the same step."""
    if state is None:
        return False
    if isinstance(command, DecideThreshold) and (made := state.decision):
        same = all(getattr(made, each) == getattr(command, each) for each in OF_THE_DECISION)
        words = (command.rationale.strip(), command.feedback.strip())
        return (
            same
            and (made.rationale, made.feedback) == words
            and (made.decided_by, made.decided_at) == (by, at)
        )
    if isinstance(command, InformReferrer) and (told := state.informing):
        return (told.informed_by, told.informed_at, told.what_was_said, told.recorded_by) == (
            command.informed_by,
            command.informed_at,
            command.what_was_said.strip(),
            by,
        )
    return False


def entered(before: Referral | None, change: Change[Referral], *, at: datetime) -> Change[Referral]:
    """Return the change as a step of an imported history. Raises what forbids it as such."""
    if before is not None:
        require_next(at, imported=before.imported, earlier=_steps_of(before))
    imported = replace(change.state, imported=True)
    return as_it_happened(Change(imported, change.facts), at)


def _steps_of(state: Referral) -> Iterator[datetime]:
    yield state.received_at
    yield from (each.confirmed_at for each in state.matches)
    if state.decision:
        yield state.decision.decided_at
    if state.informing:
        yield state.informing.informed_at
