"""Who leads: commands that take a manager's time, for which cases compete.

The time is reserved first, then the one write is made, then what is no longer needed is given back
(DECISIONS 1: one root, one effect). What a crash leaves between the steps, a job gives back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from services.strategy.domain import lead, meeting
from services.strategy.domain.assignment import Choice, Question, choose_lead
from services.strategy.domain.case import Case, Meeting
from services.strategy.domain.commands import (
    AcknowledgeLead,
    CallMeeting,
    DeclineLead,
    OverrideLead,
)
from services.strategy.domain.directory import Slot
from services.strategy.domain.stages import Step, take
from services.strategy.domain.submissions import already
from services.strategy.handlers.desk import Desk, act
from shared.events.codes import AssignmentRule, Role
from shared.store import Actor, Change, Root

SYSTEM = Actor("strategy", Role.SERVICE)
ABANDONED_AFTER = timedelta(minutes=5)
"""A reservation this old whose meeting does not know it was left behind by a crash."""


def call_meeting(command: CallMeeting, *, desk: Desk, by: Actor) -> Root[Case]:
    """Call a meeting and assign its lead in the same write."""
    root, at, directory = desk.cases.load(command.ref), desk.cases.clock.now(), desk.directory()
    if already(root.state, command):
        return root
    case = meeting.check_call(root.state, command, at=at)
    slot = Slot.from_start(command.starts_at, directory.meeting_minutes)
    number = len(case.meetings) + 1
    choice = choose_and_reserve(case, slot, number, desk=desk, at=at)

    def decide(state: Case | None, at: datetime) -> Change[Case]:
        return meeting.call(state, command, choice=choice, directory=directory, by=by, at=at)

    try:
        return act(command, decide, desk=desk, by=by)
    finally:
        release_what_is_not_led(choice.lead, command.ref, number, desk=desk)


def acknowledge_lead(command: AcknowledgeLead, *, desk: Desk, by: Actor) -> Root[Case]:
    """The lead says: mine."""
    return act(command, lambda state, at: lead.acknowledge(state, by=by, at=at), desk=desk, by=by)


def decline_lead(command: DeclineLead, *, desk: Desk, by: Actor) -> Root[Case]:
    """The lead cannot lead: the next in order is assigned in the same write."""
    root, at, directory = desk.cases.load(command.ref), desk.cases.clock.now(), desk.directory()
    if already(root.state, command):
        return root
    case, _ = take(root.state, Step.CHANGE_LEAD)
    held = lead.check_decline(case, by=by)
    choice = next_lead(case, held, desk=desk, at=at)

    def decide(state: Case | None, at: datetime) -> Change[Case]:
        return lead.decline(state, command, choice=choice, directory=directory, by=by, at=at)

    return _hand_over(
        command.ref,
        held,
        choice.lead,
        desk=desk,
        carry_out=lambda: act(command, decide, desk=desk, by=by),
    )


def override_lead(command: OverrideLead, *, desk: Desk, by: Actor) -> Root[Case]:
    """A manager names another lead, with a reason; a clash does not stop it, it is written down."""
    root, at, directory = desk.cases.load(command.ref), desk.cases.clock.now(), desk.directory()
    if already(root.state, command):
        return root
    held = lead.check_override(root.state, command, directory=directory)
    free = desk.slots.reserve(
        command.lead, slot_of(held), case=command.ref, meeting=held.number, at=at
    )

    def decide(state: Case | None, at: datetime) -> Change[Case]:
        return lead.override(state, command, directory=directory, clash=not free, at=at)

    return _hand_over(
        command.ref,
        held,
        command.lead,
        desk=desk,
        carry_out=lambda: act(command, decide, desk=desk, by=by),
    )


def escalate_unacknowledged(ref: str, *, desk: Desk) -> None:
    """Hand a meeting whose lead let the set minutes pass to the next in order, once."""
    case, at = desk.cases.load(ref).state, desk.cases.clock.now()
    if case is None or not lead.is_unacknowledged(case, at=at):
        return
    held, directory = case.meetings[-1], desk.directory()
    choice = next_lead(case, held, desk=desk, at=at)

    def decide(state: Case | None, at: datetime) -> Change[Case] | None:
        return lead.escalate(
            state, unanswered=held.lead.person, choice=choice, directory=directory, at=at
        )

    _hand_over(
        ref, held, choice.lead, desk=desk, carry_out=lambda: desk.cases.act(ref, decide, by=SYSTEM)
    )


def tidy_reservations(*, desk: Desk) -> None:
    """Give back time that a crash left reserved for a meeting that does not know it."""
    for each in desk.slots.taken_before(desk.cases.clock.now() - ABANDONED_AFTER):
        release_what_is_not_led(each.manager, each.case, each.meeting, desk=desk)


def reserve_what_is_led(ref: str, *, desk: Desk) -> None:
    """Take the time of whoever leads a case's open meeting, as its calling did.

    Nothing changes where it is reserved already. After a restore it is not: the cases are what is
    kept, and reservations are made again from them.
    """
    case = desk.cases.load(ref).state
    if waiting := case.open_meeting if case else None:
        at = desk.cases.clock.now()
        desk.slots.reserve(
            waiting.lead.person, slot_of(waiting), case=ref, meeting=waiting.number, at=at
        )


def release_what_is_not_led(manager: str, ref: str, number: int, *, desk: Desk) -> None:
    """Give back a manager's time, except for this meeting while it waits and they lead it."""
    case = desk.cases.load(ref).state
    waiting = case.open_meeting if case else None
    leads = waiting is not None and (waiting.number, waiting.lead.person) == (number, manager)
    keep = slot_of(waiting) if waiting and leads else None
    desk.slots.release(manager, case=ref, meeting=number, keep=keep)


def next_lead(case: Case, held: Meeting, *, desk: Desk, at: datetime) -> Choice:
    """Choose and reserve whoever leads a meeting instead of its lead and those before."""
    passed = frozenset({*held.passed_over, held.lead.person})
    return choose_and_reserve(
        case, slot_of(held), held.number, desk=desk, at=at, passed_over=passed
    )


def choose_and_reserve(
    case: Case,
    slot: Slot,
    number: int,
    *,
    desk: Desk,
    at: datetime,
    passed_over: frozenset[str] = frozenset(),
) -> Choice:
    """Choose, reserve, and choose again with the clash known when another case was faster.

    Everybody can be lost once only, so it ends; the head of service leads without a free slot.
    """
    question = Question(
        case=case,
        earlier=desk.earlier(case),
        directory=desk.directory(),
        load=desk.load(case, slot),
        slot=slot,
        now=at,
        passed_over=passed_over,
    )
    while True:
        choice = choose_lead(question)
        won = desk.slots.reserve(choice.lead, slot, case=case.ref, meeting=number, at=at)
        if won or choice.rule is AssignmentRule.HEAD_OF_SERVICE:
            return choice
        busy = question.load.busy | {choice.lead}
        question = replace(question, load=replace(question.load, busy=busy))


def _hand_over(
    ref: str, held: Meeting, new_lead: str, *, desk: Desk, carry_out: Callable[[], Root[Case]]
) -> Root[Case]:
    """Make the write, then give back the time of whoever does not lead after it."""
    try:
        return carry_out()
    finally:
        for manager in {held.lead.person, new_lead}:
            release_what_is_not_led(manager, ref, held.number, desk=desk)


def slot_of(held: Meeting) -> Slot:
    """Return the time that a meeting takes."""
    return Slot(starts_at=held.starts_at, ends_at=held.ends_at)
