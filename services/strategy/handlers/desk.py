"""What every handler works with, and the one way in which a command is carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.strategy.documents import Slots
from services.strategy.domain.assignment import EarlierCase, Load
from services.strategy.domain.case import Case
from services.strategy.domain.commands import Command
from services.strategy.domain.directory import Directory, Slot
from services.strategy.domain.submissions import once
from shared.store import Actor, Change, Root, Roots


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the handlers work with, wired in `app.py`."""

    cases: Roots[Case]
    slots: Slots
    directory: Callable[[], Directory]
    load: Callable[[Case, Slot], Load]
    earlier: Callable[[Case], tuple[EarlierCase, ...]]


def act(
    command: Command,
    decide: Callable[[Case | None, datetime], Change[Case]],
    *,
    desk: Desk,
    by: Actor,
) -> Root[Case]:
    """Carry out a command once, however often the same submission comes."""
    return desk.cases.act(
        command.ref,
        lambda state, at: once(state, command, lambda: decide(state, at)),
        by=by,
    )
