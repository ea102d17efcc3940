"""`mash`: the command line of Golden Thread. Results on stdout, progress on stderr.

It ends with 0 when all is well, 1 when the answer is bad news (a broken chain, a missed
expectation) and 2 when the question could not be put at all.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Final

import click

from shared.mash import doctor, embedded, keeping, parked, reports
from shared.mash.anchor_commands import anchors
from shared.mash.anchors import BadBook
from shared.mash.children import CannotStart
from shared.mash.client import Refused, System, running_system
from shared.mash.export import export_events
from shared.mash.folder import DataFolder
from shared.mash.generating import generate_command
from shared.mash.import_command import import_command
from shared.mash.options import BAD_NEWS, ERR, OUT, data_option, service_argument, system_options
from shared.mash.roster import service_names


class Mash(click.Group):
    """Turns what can go wrong into one plain line and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (CannotStart, Refused, BadBook) as fault:
            raise click.UsageError(str(fault)) from None


PORTS: Final = click.IntRange(1, 65535)


@click.group(cls=Mash, commands=[*keeping.COMMANDS, anchors, generate_command, import_command])
def main() -> None:
    """Golden Thread: every referral traced from a worry about a child to the child seen."""
    _reach_this_machine_directly()


@main.command()
@data_option
@click.option("--port", envvar="PORT", type=PORTS, help="Port to listen on (PORT).")
@click.option("--mongo-url", envvar="MONGO_URL", help="A MongoDB server to use (MONGO_URL).")
def up(data: Path, port: int | None, mongo_url: str | None) -> None:
    """Start everything on this machine and keep it running until Ctrl-C."""
    folder = DataFolder.at(data)
    wishes = embedded.Wishes(port=port, mongo_url=mongo_url)
    embedded.run(folder, wishes, tell=ERR.print, welcome=lambda *what: reports.welcome(OUT, *what))


@main.command()
@data_option
def down(data: Path) -> None:
    """Stop what `mash up` started."""
    ERR.print(embedded.ask_to_stop(DataFolder.at(data)))


@main.command()
@service_argument
def serve(service: str) -> None:
    """Serve the pages and the API of one service (settings from the environment)."""
    _become(service, "web")


@main.command()
@service_argument
def work(service: str) -> None:
    """Hear events, publish what is unpublished and keep the clocks of one service."""
    _become(service, "work")


@main.command()
@service_argument
def indexes(service: str) -> None:
    """Lay the indexes of one service's database."""
    _become(service, "indexes")


@main.command()
@system_options
@click.argument("reference")
@click.option("--json", "as_json", is_flag=True, help="Print it for a machine.")
def trace(data: Path, url: str | None, token: str | None, reference: str, as_json: bool) -> None:
    """Print the line of a case or a child: what happened, when, by whom, how long it took."""
    reference = reference.strip().upper()
    kind = "children" if reference.startswith("CH-") else "cases"
    case = _system(data, url, token).get(f"/audit/api/{kind}/{reference}")
    _print_json(case) if as_json else reports.traced_line(OUT, case)


@main.command()
@system_options
@click.option("--json", "as_json", is_flag=True, help="Print it for a machine.")
def verify(data: Path, url: str | None, token: str | None, as_json: bool) -> None:
    """Recompute every chain and compare it with what each service holds. Ends with 1 if not."""
    verdict = _system(data, url, token).get("/audit/api/verify")
    _print_json(verdict) if as_json else reports.verification(OUT, verdict)
    if not verdict["sound"]:
        sys.exit(BAD_NEWS)


@main.command("parked")
@system_options
@click.argument("service", required=False, type=click.Choice(service_names()))
@click.option("--replay", is_flag=True, help="Try them again: all, or those that are chosen.")
@click.option("--stream", help="Only those of one stream, such as referral:MASH-7K3M9-Q2FX4.")
@click.option("--cause", help="Only those of one cause, such as handler-failed.")
@click.option("--set-aside", "key", help="Put one away that no service wrote, by its key.")
@click.option("--reason", help="Why it is set aside. Kept for ever with your name.")
@click.option("--json", "as_json", is_flag=True, help="Print it for a machine.")
def show_parked(
    data: Path,
    url: str | None,
    token: str | None,
    service: str | None,
    *,
    replay: bool,
    stream: str | None,
    cause: str | None,
    key: str | None,
    reason: str | None,
    as_json: bool,
) -> None:
    """List what could not be handled and waits for a person, by cause. Ends with 1 if anything."""
    system, services = _system(data, url, token), [service] if service else service_names()
    if key:
        if not service or not reason:
            raise click.UsageError("Name the service and a --reason to set something aside")
        parked.set_aside(system, service, key=key, reason=reason)
        OUT.print("Set aside, with your name and the reason")
        return
    if replay:
        count = parked.replay(system, services, {"stream": stream, "cause": cause})
        OUT.print(f"{count} parked events will be tried again now")
        return
    found = parked.parked_at(system, services)
    _print_json(found) if as_json else parked.show(OUT, found)
    if any(each["parked"] for each in found.values()):
        sys.exit(BAD_NEWS)


@main.group()
def export() -> None:
    """Take out of the system what others may want to check."""


@export.command("events")
@system_options
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def exported_events(data: Path, url: str | None, token: str | None, file: Path) -> None:
    """Write every event as it was sealed into FILE, one JSON object a line. Never overwrites."""
    written = export_events(_system(data, url, token), file, err=ERR)
    OUT.print(f"{written} events in {file}", highlight=False, soft_wrap=True)


@main.command("doctor")
@data_option
def examine(data: Path) -> None:
    """Say what this machine has and lacks for the embedded system. Ends with 1 if anything."""
    if not reports.findings(OUT, doctor.examine(DataFolder.at(data))):
        sys.exit(BAD_NEWS)


@main.command()
@click.option(
    "--to", default="docs", show_default=True, type=click.Path(file_okay=False, path_type=Path)
)
def docs(to: Path) -> None:
    """Write the descriptions of the events and of each service's HTTP interface."""
    from shared.mash import documents  # noqa: PLC0415  builds every application

    for path in documents.write(to):
        OUT.print(str(path), highlight=False)


@main.command()
@click.option("--port", envvar="PORT", type=PORTS, help="Port to listen on (PORT).")
@data_option
def demo(data: Path, port: int | None) -> None:
    """Send a realistic morning through the real forms and interfaces, then check every promise."""
    from shared.mash.demo import run  # noqa: PLC0415  only this command needs it

    if not run(DataFolder.at(data / "demo"), port=port, out=OUT, err=ERR):
        sys.exit(BAD_NEWS)


def _reach_this_machine_directly() -> None:
    """Keep what is said between processes of this machine away from an office's web proxy."""
    environ = os.environ  # noqa: TID251  the children inherit it, too
    named = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    for name in ("no_proxy", "NO_PROXY"):
        environ[name] = ",".join(filter(None, (named, "127.0.0.1", "localhost")))


def _system(data: Path, url: str | None, token: str | None) -> System:
    return running_system(DataFolder.at(data), url, token)


def _become(service: str, what: str) -> None:
    os.execv(sys.executable, [sys.executable, "-m", f"services.{service}", what])


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, default=str))


if __name__ == "__main__":
    main()
