"""The demonstration: a morning at a hub, sent through the real forms and interfaces, then checked.

The hub has a past: invented referrals of the weeks before, which the importer enters first. Nothing
here reaches past the doors that people and programs have: pages, APIs, and `kill -9`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from rich.console import Console

from shared.mash import reports
from shared.mash.client import Refused
from shared.mash.demo import expectations, past, show
from shared.mash.demo.day import Step, steps_of
from shared.mash.demo.morning import Morning, Past, read_morning
from shared.mash.demo.people import Person, Turned
from shared.mash.demo.staff import Hub
from shared.mash.demo.stage import Stage, stage
from shared.mash.demo.waiting import NeverCame
from shared.mash.folder import DataFolder, read_json
from shared.mash.generate import Step as PastStep
from shared.mash.importing.run import Standing

WEEKS_BEFORE: Final = "weeks-before.jsonl"
"""The generator's file, kept in the folder of the demonstration."""
LATER: Final = timedelta(minutes=20)
KILLED_ON_THE_WAY: Final = {0.35: "strategy-worker", 0.5: "audit-worker", 0.65: "referral-worker"}
"""Which process is killed how far into the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The weeks before: what was sent, and what the importer says of it."""

    steps: tuple[PastStep, ...]
    standing: Standing


def run(folder: DataFolder, *, port: int | None, out: Console, err: Console) -> bool:
    """Play the morning on a fresh system; return whether every expectation holds."""
    morning = read_morning()
    begins = next(iter(morning.contacts.values())).at - LATER
    err.print("Starting the system (a database, three services, four processes)", highlight=False)
    with stage(folder, begins=begins, port=port) as here:
        err.print(f"It is at {here.system.url}/", highlight=False)
        hub = _hub(here, morning)
        try:
            entered = _play(steps_of(morning, hub), morning, here, err)
        except (Turned, NeverCame, Refused) as fault:
            out.print(f"The demonstration stopped: {fault}", soft_wrap=True, highlight=False)
            return False
        fine = _look_back(morning, entered, here, out)
    _how_to_look(folder, out)
    return fine


def _hub(here: Stage, morning: Morning) -> Hub:
    people = {each.id: Person(url=here.system.url, sign_in=each) for each in here.sign_ins}
    teams = read_json(here.folder.directory)["teams"]
    return Hub(
        people=people,
        team_managers={team["code"]: team["managers"][0] for team in teams},
        guidance_version=morning.guidance_version,
    )


def _play(steps: list[Step], morning: Morning, here: Stage, err: Console) -> Entered:
    numbered = list(enumerate(steps))
    known_before = sum(step.at < morning.past.entered_at for step in steps)
    with show.progress(err, len(steps)) as note:
        _take(numbered[:known_before], len(steps), here, note)
        entered = _enter_the_past(morning.past, here, note, err)
        _take(numbered[known_before:], len(steps), here, note)
    here.move_clock_to(steps[-1].at + LATER)
    return entered


def _take(numbered: list[tuple[int, Step]], total: int, here: Stage, note: show.Showing) -> None:
    kills = {int(total * share): name for share, name in KILLED_ON_THE_WAY.items()}
    for number, step in numbered:
        note(step)
        here.move_clock_to(step.at)
        step.act()
        if number in kills:
            here.kill(kills[number])


def _enter_the_past(told: Past, here: Stage, note: show.Showing, err: Console) -> Entered:
    here.move_clock_to(told.entered_at)
    steps = past.steps_of(told)
    tell = partial(note.entering, steps=len(steps))
    standing = past.enter(steps, here.folder.root / WEEKS_BEFORE, here.system, tell)
    show.the_weeks_before(err, told, standing)
    return Entered(steps=steps, standing=standing)


def _look_back(morning: Morning, entered: Entered, here: Stage, out: Console) -> bool:
    contacts, system = morning.contacts.values(), here.system
    before = past.referrals_of(entered.steps).values()
    lines = expectations.settled_lines(contacts, system)
    lines_before = expectations.settled_lines(before, system)
    show.who_sent(out, contacts)
    if morning.named.key in lines:
        show.the_named_line(out, morning.named, lines[morning.named.key])
    show.promises(out, expectations.clocks_of(contacts, system))
    show.promises_of_the_past(out, expectations.clocks_of(before, system))
    show.went_wrong(out, contacts, KILLED_ON_THE_WAY.values())
    out.print("\n[bold]Verification[/bold]")
    reports.verification(out, system.get("/audit/api/verify"))
    found = [
        *expectations.expectations(morning, lines, system),
        *expectations.of_the_past(before, len(entered.steps), entered.standing, lines_before),
    ]
    return show.verdicts(out, found)


def _how_to_look(folder: DataFolder, out: Console) -> None:
    command = f'make up ARGS="--data {folder.root}"'
    out.print("\nThe system is stopped; all of it is kept. To look round in it:")
    out.print(command, highlight=False, soft_wrap=True)
