"""Steps of imported histories, many in one bulk, each judged as of the time at which it happened.

A reservation of a manager's time is for cases that compete for it. Time that is over is reserved
for nobody; a meeting that is still to come is reserved as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from services.strategy.documents import Reservation
from services.strategy.domain import allocation, history, lead, meeting, record, visits
from services.strategy.domain.assignment import Load
from services.strategy.domain.broken import CaseNotHeardOf
from services.strategy.domain.case import Case
from services.strategy.domain.commands import (
    AcknowledgeLead,
    AllocateCase,
    CallMeeting,
    DeclineLead,
    OverrideLead,
    RecordChildSeen,
    RecordMeetingHeld,
    RecordVisitAttempted,
)
from services.strategy.domain.directory import Slot
from services.strategy.domain.stages import Step, take
from services.strategy.domain.submissions import already, once
from services.strategy.handlers.desk import Desk
from services.strategy.handlers.leads import (
    choose_and_reserve,
    next_lead,
    release_what_is_not_led,
    slot_of,
)
from services.strategy.handlers.work import team_of
from shared.events.codes import Role
from shared.events.seal import stream_of
from shared.history import as_it_happened
from shared.orders import Entry, StandsFor
from shared.store import Act, Actor, Change, Done, Root
from shared.working_days import london_day


def enter_history(entries: Sequence[Entry], *, desk: Desk) -> list[Done[Case] | Exception]:
    """Enter steps. Returns what became of each, as `Roots.act_many` tells it; CaseNotHeardOf for a
    case whose decision is still on its way here."""
    bulk = _Bulk(desk)
    try:
        return desk.cases.act_many([bulk.act(entry) for entry in entries])
    finally:
        bulk.give_back()


class _Bulk:
    """One bulk: what everybody carries is asked once a day of meetings, not once a meeting."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._directory = desk.directory()
        self._over = replace(desk, slots=_NothingTaken(), load=self._load)
        self._loads: dict[date, Load] = {}
        self._reserved: set[tuple[str, str, int]] = set()

    def act(self, entry: Entry) -> Act[Case]:
        """Return what carries out one step."""

        def decide(root: Root[Case], now: datetime) -> Change[Case] | None:
            case, command = root.state, entry.command
            if case is None:
                raise CaseNotHeardOf(root.heard.get(stream_of("/referral", root.ref), 0))
            if already(case, command):
                return None
            history.require_step(case, at=entry.at)
            by = _who(case, entry)
            change = once(case, command, lambda: self._judged(case, command, by, entry.at, now))
            return change and as_it_happened(change, entry.at)

        def by(root: Root[Case]) -> Actor:
            return _who(root.state, entry) if root.state else entry.by

        return Act(ref=entry.ref, decide=decide, by=by, entered_by=entry.entered_by)

    def give_back(self) -> None:
        """Give back the time of whoever does not lead after all."""
        for manager, ref, number in self._reserved:
            release_what_is_not_led(manager, ref, number, desk=self._desk)

    def _judged(
        self, case: Case, command: object, by: Actor, at: datetime, now: datetime
    ) -> Change[Case]:
        directory = self._directory
        match command:
            case CallMeeting() | DeclineLead() | OverrideLead():
                return self._led(case, command, by, at, now)
            case AcknowledgeLead():
                return lead.acknowledge(case, by=by, at=at)
            case RecordMeetingHeld():
                if held := case.open_meeting:
                    desk = self._desk_for(slot_of(held), now)
                    self._note(desk, case.ref, held.number, held.lead.person)
                return record.record_held(case, command, directory=directory, by=by, at=at)
            case AllocateCase():
                take(case, Step.ALLOCATE)
                team = team_of(case, desk=self._desk, by=by)
                return allocation.allocate(
                    case, command, team=team, directory=directory, by=by, at=at
                )
            case RecordVisitAttempted():
                return visits.record_attempt(case, command, directory=directory, by=by, at=at)
            case RecordChildSeen():
                return visits.record_seen(case, command, directory=directory, by=by, at=at)
        raise TypeError(f"{type(command).__name__} is no command of this service")

    def _led(
        self,
        case: Case,
        command: CallMeeting | DeclineLead | OverrideLead,
        by: Actor,
        at: datetime,
        now: datetime,
    ) -> Change[Case]:
        """Decide on who leads, on the time reserved for it where that is still to come."""
        directory = self._directory
        if isinstance(command, CallMeeting):
            meeting.check_call(case, command, at=at)
            slot = Slot.from_start(command.starts_at, directory.meeting_minutes)
            desk, number = self._desk_for(slot, now), len(case.meetings) + 1
            choice = choose_and_reserve(case, slot, number, desk=desk, at=at)
            self._note(desk, case.ref, number, choice.lead)
            return meeting.call(case, command, choice=choice, directory=directory, by=by, at=at)
        if isinstance(command, DeclineLead):
            take(case, Step.CHANGE_LEAD)
            held = lead.check_decline(case, by=by)
            desk = self._desk_for(slot_of(held), now)
            choice = next_lead(case, held, desk=desk, at=at)
            self._note(desk, case.ref, held.number, held.lead.person, choice.lead)
            return lead.decline(case, command, choice=choice, directory=directory, by=by, at=at)
        return self._overridden(case, command, at, now)

    def _overridden(
        self, case: Case, command: OverrideLead, at: datetime, now: datetime
    ) -> Change[Case]:
        held = lead.check_override(case, command, directory=self._directory)
        desk, slot = self._desk_for(slot_of(held), now), slot_of(held)
        free = desk.slots.reserve(command.lead, slot, case=case.ref, meeting=held.number, at=at)
        self._note(desk, case.ref, held.number, held.lead.person, command.lead)
        return lead.override(case, command, directory=self._directory, clash=not free, at=at)

    def _desk_for(self, slot: Slot, now: datetime) -> Desk:
        return self._over if slot.ends_at <= now else self._desk

    def _note(self, desk: Desk, ref: str, number: int, *managers: str) -> None:
        if desk is self._desk:
            self._reserved |= {(manager, ref, number) for manager in managers}

    def _load(self, case: Case, slot: Slot) -> Load:
        day = london_day(slot.starts_at)
        if day not in self._loads:
            self._loads[day] = self._desk.load(case, slot)
        return self._loads[day]


def _who(case: Case, entry: Entry) -> Actor:
    """Whoever did it; where the system itself chose them, the case knows better."""
    if entry.stands_for is StandsFor.LEAD and case.meetings:
        return Actor(case.meetings[-1].lead.person, Role.TEAM_MANAGER)
    if entry.stands_for is StandsFor.SOCIAL_WORKER and case.allocation:
        return Actor(case.allocation.social_worker, Role.SOCIAL_WORKER)
    return entry.by


class _NothingTaken:
    """The reservations of time that is over: there are none."""

    def reserve(self, manager: str, slot: Slot, *, case: str, meeting: int, at: datetime) -> bool:
        """Nobody competes for it."""
        return True

    def release(self, manager: str, *, case: str, meeting: int, keep: Slot | None = None) -> None:
        """There is nothing to give back."""

    def busy(self, slot: Slot, *, except_case: str) -> frozenset[str]:
        """Nobody is busy then any more."""
        return frozenset()

    def taken_before(self, at: datetime) -> Iterable[Reservation]:
        """Nothing is taken."""
        return ()
