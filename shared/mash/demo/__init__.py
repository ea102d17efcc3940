"""The demonstration: a morning at a hub, sent through the real forms and interfaces, then checked.

Nothing here reaches past the doors that people and programs have: pages, APIs, and `kill -9`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from rich.console import Console

from shared.mash import reports
from shared.mash.demo import expectations, show
from shared.mash.demo.day import Step, steps_of
from shared.mash.demo.morning import Morning, read_morning
from shared.mash.demo.people import Person, Turned
from shared.mash.demo.staff import Hub
from shared.mash.demo.stage import Stage, stage
from shared.mash.demo.waiting import NeverCame
from shared.mash.folder import DataFolder, read_json

LATER: Final = timedelta(minutes=20)
KILLED_ON_THE_WAY: Final = {0.35: "strategy-worker", 0.5: "audit-worker", 0.65: "referral-worker"}
"""Which process is killed how far into the day."""


def run(folder: DataFolder, *, port: int | None, out: Console, err: Console) -> bool:
    """Play the morning on a fresh system; return whether every expectation holds."""
    morning = read_morning()
    begins = next(iter(morning.contacts.values())).at - LATER
    err.print("Starting the system (a database, three services, four processes)", highlight=False)
    with stage(folder, begins=begins, port=port) as here:
        err.print(f"It is at {here.system.url}/", highlight=False)
        hub = _hub(here, morning)
        try:
            _play(steps_of(morning, hub), here, err)
        except (Turned, NeverCame) as fault:
            out.print(f"The demonstration stopped: {fault}", soft_wrap=True, highlight=False)
            return False
        fine = _look_back(morning, here, out)
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


def _play(steps: list[Step], here: Stage, err: Console) -> None:
    kills = {int(len(steps) * share): name for share, name in KILLED_ON_THE_WAY.items()}
    with show.progress(err, len(steps)) as note:
        for number, step in enumerate(steps):
            note(step)
            here.move_clock_to(step.at)
            step.act()
            if number in kills:
                here.kill(kills[number])
    here.move_clock_to(steps[-1].at + LATER)


def _look_back(morning: Morning, here: Stage, out: Console) -> bool:
    lines = expectations.settled_lines(morning, here.system)
    clocks: list[Mapping[str, Any]] = expectations.settled_clocks(here.system)
    show.who_sent(out, morning.contacts.values())
    if morning.named.key in lines:
        show.the_named_line(out, morning.named, lines[morning.named.key])
    show.promises(out, clocks)
    show.went_wrong(out, morning.contacts.values(), KILLED_ON_THE_WAY.values())
    out.print("\n[bold]Verification[/bold]")
    reports.verification(out, here.system.get("/audit/api/verify"))
    return show.verdicts(out, list(expectations.expectations(morning, lines, here.system)))


def _how_to_look(folder: DataFolder, out: Console) -> None:
    command = f'make up ARGS="--data {folder.root}"'
    out.print("\nThe system is stopped; this morning is kept. To look round in it:")
    out.print(command, highlight=False, soft_wrap=True)
