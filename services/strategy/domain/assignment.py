"""Who leads: a pure choice from case, directory, rota, load and time, with its reasons in words.

The order is: the team already working with the child or a sibling; the team whose patch holds the
address; among its managers on duty the least loaded; the named deputy; the neighbouring team; the
head of service. Somebody always leads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.strategy.domain.case import Case
from services.strategy.domain.directory import ANYBODY_AREA, Directory, Person, Slot, Team
from shared.events.codes import AssignmentRule

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerLoad:
    """What a team manager carries today."""

    meetings_today: int = 0
    children_awaiting: int = 0
    last_assigned_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What everybody carries, and who is taken in the slot in question."""

    managers: Mapping[str, ManagerLoad] = field(default_factory=dict)
    team_caseload: Mapping[str, int] = field(default_factory=dict)
    busy: frozenset[str] = frozenset()
    """Managers who already lead a meeting in the slot."""

    def of(self, manager: str) -> ManagerLoad:
        """Return the load of one manager."""
        return self.managers.get(manager, ManagerLoad())


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCase:
    """A confirmed earlier case of a child or a sibling, and who has or had it here."""

    ref: str
    team: str
    social_worker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything the choice depends on."""

    case: Case
    earlier: tuple[EarlierCase, ...] = ()
    directory: Directory
    load: Load
    slot: Slot
    now: datetime
    passed_over: frozenset[str] = frozenset()
    """Who led this meeting before and may not be chosen again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Who leads, by which step of the order, and why in words."""

    lead: str
    team: str
    rule: AssignmentRule
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """The team that receives a case, and why."""

    team: Team | None
    rule: AssignmentRule
    reason: str


def receiving_team(case: Case, earlier: tuple[EarlierCase, ...], directory: Directory) -> Receiving:
    """Return the team already working with the child, else the team whose patch holds the address.

    Source: the letter (the meeting is led by the team manager who receives the work);
    local policy (DECISIONS 18).
    """
    for known in earlier:
        if team := directory.team(known.team):
            return Receiving(
                team=team,
                rule=AssignmentRule.CONTINUITY,
                reason=f"The {team.name} team already works with the family, on {known.ref}.",
            )
    if team := directory.patch_team(case.area):
        return Receiving(
            team=team,
            rule=AssignmentRule.PATCH,
            reason=f"The patch of the {team.name} team holds {case.area}.",
        )
    where = "is not known" if case.area == ANYBODY_AREA else f"({case.area}) is in no team's patch"
    return Receiving(
        team=None,
        rule=AssignmentRule.NEIGHBOURING_TEAM,
        reason=f"The area {where}, so every team was considered.",
    )


def choose_lead(question: Question) -> Choice:
    """Return who leads the meeting, always somebody, and why.

    Source: local policy (DECISIONS 18), steps 1 to 6. Nobody on leave is chosen,
    except the head of service when nobody else is left.
    """
    receiving = receiving_team(question.case, question.earlier, question.directory)
    reasons = [receiving.reason]
    for team, rule, people in _steps(question, receiving):
        fit = [person for person in people if not _why_not(person, question)]
        reasons += [
            f"{person.id}: {why}." for person in people if (why := _why_not(person, question))
        ]
        if fit:
            lead = min(fit, key=lambda person: _order(person.id, team.code, question.load))
            reasons += _why(lead, len(fit), rule, team, question.load)
            return Choice(lead=lead.id, team=team.code, rule=rule, reasons=_tidy(reasons))
    return _head_of_service(question, receiving.team, reasons)


def _steps(
    question: Question, receiving: Receiving
) -> Iterator[tuple[Team, AssignmentRule, tuple[Person, ...]]]:
    directory = question.directory
    if home := receiving.team:
        yield home, receiving.rule, _people(home.managers, directory)
        yield home, AssignmentRule.DEPUTY, _people(home.deputies.values(), directory)
    for team in _neighbours(question, home):
        neighbour = AssignmentRule.NEIGHBOURING_TEAM
        yield team, neighbour, _people(team.managers, directory)
        yield team, neighbour, _people(team.deputies.values(), directory)


def _neighbours(question: Question, home: Team | None) -> list[Team]:
    """The neighbours in the order the directory gives; without a home, every team, least first."""
    directory, caseload = question.directory, question.load.team_caseload
    if home is None:
        return sorted(directory.teams, key=lambda team: (caseload.get(team.code, 0), team.code))
    codes = list(home.neighbours)
    patch = directory.patch_team(question.case.area)
    if patch and patch.code != home.code:
        codes = [patch.code, *(code for code in codes if code != patch.code)]
    return [team for code in codes if (team := directory.team(code))]


def _people(ids: Collection[str], directory: Directory) -> tuple[Person, ...]:
    unique = dict.fromkeys(ids)
    return tuple(person for each in unique if (person := directory.person(each)))


def _why_not(person: Person, question: Question) -> str | None:
    if person.id in question.passed_over:
        return "has already led this meeting or declined it"
    if person.on_leave(question.now) or person.on_leave(question.slot.starts_at):
        return "is on leave"
    if not person.on_duty(question.slot.starts_at):
        return "is not on duty at that time"
    if person.id in question.load.busy:
        return "leads another meeting at that time"
    return None


def _order(manager: str, team: str, load: Load) -> tuple[int, int, int, datetime, str]:
    """Lowest load first (meetings led today, children awaiting allocation, team caseload), then
    longest since last assigned, then reference, so that the choice is always the same."""
    own = load.of(manager)
    return (
        own.meetings_today,
        own.children_awaiting,
        load.team_caseload.get(team, 0),
        own.last_assigned_at or NEVER,
        manager,
    )


def _why(lead: Person, count: int, rule: AssignmentRule, team: Team, load: Load) -> list[str]:
    own = load.of(lead.id)
    steps = {
        AssignmentRule.DEPUTY: f"No manager of the {team.name} team is free: the deputy leads.",
        AssignmentRule.NEIGHBOURING_TEAM: f"The {team.name} team is the next with a manager free.",
    }
    carries = ", ".join(
        (
            _count(own.meetings_today, "meeting led", "meetings led") + " today",
            _count(own.children_awaiting, "child", "children") + " awaiting allocation",
            _count(load.team_caseload.get(team.code, 0), "case", "cases") + " in the team",
        )
    )
    compared = "the only one free" if count == 1 else f"the least loaded of {count} free"
    chosen = f"{lead.id} is on duty and {compared}: {carries}."
    return [*([steps[rule]] if rule in steps else []), chosen]


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _head_of_service(question: Question, home: Team | None, reasons: list[str]) -> Choice:
    team = home or _neighbours(question, None)[0]
    reasons.append("No manager, deputy or neighbouring team is free: the head of service leads.")
    head = question.directory.person(question.directory.head_of_service)
    if head and (why := _why_not(head, question)):
        reasons.append(f"The head of service {why}: name another lead at once if need be.")
    return Choice(
        lead=question.directory.head_of_service,
        team=team.code,
        rule=AssignmentRule.HEAD_OF_SERVICE,
        reasons=_tidy(reasons),
    )


def _tidy(reasons: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason[:LONGEST_REASON] for reason in reasons))
