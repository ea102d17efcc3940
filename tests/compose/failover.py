"""Kills parts of the cluster one after another while people work, and has the judge look at it.

cluster-test.sh runs it:  failover.py people FOLDER, then failover.py run ADDRESS PROJECT WORK
The certificate to trust is in REQUESTS_CA_BUNDLE. Ends with 1 if anything is not as it must be.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import requests
from rich.console import Console
from rich.table import Table

from tests.chaos.campaign import Watch
from tests.chaos.checker import judge
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load, doors_of
from tests.chaos.verdicts import Verdict
from tests.compose.cluster import Cluster, Containers, Part, Targets
from tests.support.system import token_of, write_people
from tests.support.waiting import eventually

AT_WORK_WITHIN = 240.0
QUIET_WITHIN = 300.0

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
def run(address: str, project: str, work: Path, *, seed: int, clients: int, meanwhile: int) -> None:
    """Let people work, kill, heal, judge."""
    cluster = Cluster(address, work / "server" / "services")
    cluster.wait_until_ready()
    say("every service is ready")
    with contextlib.closing(Ledger(work / "ledger")) as ledger:
        with Load(cluster, ledger, seed=seed, clients=clients) as load:
            wait_for_work(load, meanwhile)
            killed = list(kill_each(Targets(Containers(project=project)), load, meanwhile))
        out.print(table_of(killed))
        say("all is healed; waiting until audit holds everything")
        eventually(lambda: is_quiet(address), "audit holds everything", within=QUIET_WITHIN)
        verdict = judge(doors_of(cluster), ledger.folder, now=cluster.clock.now)
    tell(verdict, load, killed)


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


def tell(verdict: Verdict, load: Load, killed: list[Killed]) -> None:
    """Print the judgement; exit 1 unless the line held."""
    for name, figure in verdict.counts.items():
        out.print(f"{name.replace('_', ' '):>20} {figure}")
    longest = max(each.longest_pause for each in killed)
    out.print(f"longest wait {load.longest_wait:.1f} s; longest pause of all {longest:.1f} s")
    wrong = [*map(str, verdict.violations), *load.faults]
    wrong += [f"nothing was in flight: {each.part}" for each in killed if not each.in_flight]
    for each in wrong[:40]:
        out.print(each, style="red", markup=False)
    sys.exit(bool(wrong))


def table_of(killed: Iterable[Killed]) -> Table:
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
