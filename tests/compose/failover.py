"""Kills every part of the cluster once, one after another, while people work; then causes faults
by chance, several at once, as `make chaos` does on one machine; and has the judge look at it all.

cluster-test.sh runs it:  failover.py people FOLDER, then failover.py run ADDRESS PROJECT WORK
The certificate to trust is in REQUESTS_CA_BUNDLE. Ends with 1 if anything is not as it must be.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import requests
from rich.console import Console
from rich.table import Table

from tests.chaos.campaign import SAID, Watch, cause
from tests.chaos.checker import judge
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load, doors_of
from tests.chaos.plan import CLUSTER_SHARES, plan
from tests.chaos.report import Report, table_of
from tests.compose.cluster import Cluster, Containers, Part, Targets, logs_of
from tests.compose.faults import ACTS, ContainerWorld
from tests.support.system import token_of, write_people
from tests.support.waiting import eventually

AT_WORK_WITHIN = 240.0
QUIET_WITHIN = 300.0
GAP = 2.0
"""Mean seconds between two faults: each container needs some to be back."""
BAD = 400
"""An answer below it would have said: done."""

out = Console(soft_wrap=True, highlight=False, width=100)


@dataclass(frozen=True, kw_only=True)
class Killed:
    """What a kill came to."""

    part: str
    in_flight: int
    """Requests that waited for an answer at that moment."""
    meanwhile: int
    """Commands done while the part was away."""
    longest_pause: float
    """Seconds in which nobody got anything done."""


@click.group()
def main() -> None:
    """Fail the cluster over."""


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def people(folder: Path) -> None:
    """Write accounts and teams of invented people, whose sign-ins the load knows."""
    write_people(folder)
    for each in folder.glob("*.json"):
        each.chmod(0o644)


@main.command()
@click.argument("address")
@click.argument("project")
@click.argument("work", type=click.Path(exists=True, path_type=Path))
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--clients", type=int, default=6, show_default=True)
@click.option(
    "--meanwhile",
    type=int,
    default=30,
    show_default=True,
    help="Commands that must be done while a part is away: the others carry the work.",
)
@click.option(
    "--faults",
    type=int,
    default=60,
    show_default=True,
    envvar="CHAOS_FAULTS",
    help="Faults by chance, after every part was killed once.",
)
def run(
    address: str,
    project: str,
    work: Path,
    *,
    seed: int,
    clients: int,
    meanwhile: int,
    faults: int,
) -> None:
    """Let people work, kill, cause faults, heal, judge."""
    began = time.monotonic()
    containers = Containers(project=project)
    cluster = Cluster(address, work / "server" / "services")
    cluster.wait_until_ready()
    say("every service is ready")
    with contextlib.closing(Ledger(work / "ledger")) as ledger:
        with Load(cluster, ledger, seed=seed, clients=clients) as load:
            wait_for_work(load, meanwhile)
            killed = list(kill_each(Targets(containers), load, meanwhile))
            out.print(table_of_kills(killed))
            world = ContainerWorld(containers=containers, address=address, ledger=ledger)
            planned = plan(seed, faults, kinds=tuple(ACTS), gap=GAP, shares=CLUSTER_SHARES)
            with Watch(load) as watch:
                done = cause(world, load, planned, ACTS, say=say)
        say("all is healed; waiting until audit holds everything")
        cluster.wait_until_ready()
        eventually(lambda: is_quiet(address), "audit holds everything", within=QUIET_WITHIN)
        verdict = judge(doors_of(cluster), ledger.folder, now=cluster.clock.now)
    report = Report(
        seed=seed,
        done=tuple(done),
        verdict=verdict,
        said=said(containers),
        left=(),
        faults_of_load=tuple(load.faults),
        finished=load.finished,
        unanswered=load.unanswered,
        longest_wait=load.longest_wait,
        longest_pause=max([watch.longest, *(each.longest_pause for each in killed)]),
        seconds=time.monotonic() - began,
    )
    tell(report, killed, world.minority)


def kill_each(parts: Iterable[Part], load: Load, least: int) -> Iterator[Killed]:
    """Kill each part under load; let `least` commands be done without it; start it again."""
    for part in parts:
        with Watch(load) as watch:
            before, in_flight = load.acknowledged, load.in_flight
            part.kill()
            wait_for_work(load, least)
            meanwhile = load.acknowledged - before
            part.start()
        say(f"{part.name}: killed and back; longest pause {watch.longest:.1f} s")
        yield Killed(
            part=part.name,
            in_flight=in_flight,
            meanwhile=meanwhile,
            longest_pause=watch.longest,
        )


def wait_for_work(load: Load, more: int) -> None:
    """Return when so many more commands were done."""
    least = load.acknowledged + more
    eventually(lambda: load.acknowledged >= least, "people get on", within=AT_WORK_WITHIN)


def is_quiet(address: str) -> bool:
    """Does audit hold all that the services wrote, and verify? As `mash verify` asks."""
    headers = {"Authorization": f"Bearer {token_of('officer-demo')}"}
    verdict = requests.get(f"{address}/audit/api/verify", headers=headers, timeout=120).json()
    return verdict["sound"] and not verdict["missing"] and not verdict["not_compared"]


def said(containers: Containers) -> Counter[str]:
    """Return how often each of some words stands in the logs of the services."""
    counted = Counter[str]()
    for container in containers.every():
        for line in logs_of(container):
            counted.update(word for word in SAID if word in line)
    return counted


def tell(report: Report, killed: list[Killed], minority: list[int]) -> None:
    """Print the table; exit 1 unless the line held, 3 if it proves nothing."""
    out.print(table_of(report))
    wrong = [f"nothing was in flight: {each.part}" for each in killed if not each.in_flight]
    if any(0 < status < BAD for status in minority):
        wrong.append(f"somebody cut off with the old primary was answered: {minority}")
    if minority:
        out.print(f"cut off with the old primary, a client was answered {minority}", markup=False)
    for each in wrong:
        out.print(each, style="red", markup=False)
    sys.exit(1 if wrong else report.exit_code)


def table_of_kills(killed: Iterable[Killed]) -> Table:
    """Return the kills as a table."""
    table = Table("killed", "in flight", "done meanwhile", "longest pause")
    for each in killed:
        table.add_row(
            each.part, str(each.in_flight), str(each.meanwhile), f"{each.longest_pause:.1f} s"
        )
    return table


def say(what: str) -> None:
    """Tell how far it is."""
    out.print(f"[{time.strftime('%H:%M:%S')}] {what}", markup=False)


if __name__ == "__main__":
    main()
