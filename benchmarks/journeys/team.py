"""The steps of the team, through the schemas and handlers of the strategy service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from benchmarks.journeys.gathering import Gathering
from benchmarks.journeys.told import Told, actor
from services.strategy.app import NAME
from services.strategy.documents import DATABASE, CaseDocument, MongoSlots
from services.strategy.domain.broken import CaseNotOpened
from services.strategy.domain.case import Case
from services.strategy.handlers import leads, work
from services.strategy.handlers.desk import Desk
from services.strategy.queries import cases
from services.strategy.queries.directory import DirectoryFile
from services.strategy.queries.loads import load_for
from services.strategy.schemas import commands as bodies
from shared.clock import Clock
from shared.database import connect
from shared.mash.generate.steps import StandsFor, StepName
from shared.mongo_records import MongoRecords
from shared.restored import Mark
from shared.settings import Settings

WAYS: Final[Mapping[StepName, tuple[Any, Callable[..., object]]]] = {
    StepName.CALL_MEETING: (bodies.CallMeetingIn, leads.call_meeting),
    StepName.ACKNOWLEDGE: (bodies.AcknowledgeLeadIn, leads.acknowledge_lead),
    StepName.RECORD_MEETING: (bodies.RecordMeetingIn, work.record_meeting),
    StepName.ALLOCATE: (bodies.AllocateIn, work.allocate_case),
    StepName.ATTEMPT: (bodies.AttemptIn, work.record_attempt),
    StepName.SEE: (bodies.SeenIn, work.record_child_seen),
}


def reads(step: Told) -> Sequence[str]:
    """Return the case that a step reads."""
    return (step.case,)


def hands(settings: Settings, clock: Clock) -> tuple[Gathering[Case], Callable[[Told], object]]:
    """Return the cases and what carries out a step on them."""
    database = connect(DATABASE, settings)
    roots = Gathering(MongoRecords(CaseDocument), Case, source=f"/{NAME}", clock=clock)
    roots.refuse = Mark(database).refuse
    slots, directory = MongoSlots(), DirectoryFile(settings.directory_file)
    desk = Desk(
        cases=roots,
        slots=slots,
        directory=directory.current,
        load=partial(load_for, slots=slots),
        earlier=cases.earlier_cases,
    )

    def carry_out(step: Told) -> object:
        schema, handle = WAYS[step.name]
        command = bodies.command_from(schema(), step.body, ref=step.case, **step.where)
        return handle(command, desk=desk, by=actor(_who(step, roots.load(step.case).state)))

    return roots, carry_out


def _who(step: Told, case: Case | None) -> str:
    """Return who acts: the person the system itself has chosen, where it is one."""
    if case is None:
        raise CaseNotOpened
    if step.stands_for is StandsFor.LEAD and case.meetings:
        return case.meetings[-1].lead.person
    if step.stands_for is StandsFor.SOCIAL_WORKER and case.allocation:
        return case.allocation.social_worker
    return step.by
