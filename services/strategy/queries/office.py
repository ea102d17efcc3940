"""What the views read with, and who may read which case."""

from __future__ import annotations

from dataclasses import dataclass

from services.strategy.domain.broken import CaseNotOpened
from services.strategy.domain.case import Case
from services.strategy.domain.directory import Directory
from services.strategy.queries import cases, worklist
from services.strategy.queries.directory import DirectoryFile
from shared.clock import Clock
from shared.events.codes import Role
from shared.practice.limits import TimeLimits
from shared.store import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The reading half of the service, wired in `app.py`."""

    directory_file: DirectoryFile
    limits: TimeLimits
    clock: Clock

    @property
    def directory(self) -> Directory:
        """The team directory in force."""
        return self.directory_file.current()

    def case_for(self, ref: str, *, by: Actor) -> Case:
        """Return a case that this person may read; otherwise the answer is "no such case".

        A social worker reads their own cases, and any case that nobody carries yet: immediate
        protection comes first.
        """
        case = cases.case_of(ref)
        if case is None or not _may_read(case, by):
            raise CaseNotOpened
        return case

    def worklist_of(self, by: Actor) -> worklist.Worklist:
        """Return what waits for this person; a MASH manager sees every team."""
        directory = self.directory
        every = by.role is not Role.TEAM_MANAGER or by.id == directory.head_of_service
        codes = [team.code for team in directory.teams] if every else directory.teams_of(by.id)
        return worklist.worklist(
            cases.waiting() if every else cases.waiting_for(by.id, codes, directory),
            person=by.id,
            teams=frozenset(codes),
            directory=directory,
            limits=self.limits,
        )

    def visits_of(self, by: Actor) -> tuple[worklist.Item, ...]:
        """Return the children of this social worker's cases."""
        return worklist.visits_of(cases.allocated_to(by.id), self.limits)


def _may_read(case: Case, by: Actor) -> bool:
    if by.role is not Role.SOCIAL_WORKER or case.allocation is None:
        return True
    return case.allocation.social_worker == by.id
