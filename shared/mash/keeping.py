"""`mash backup` and `mash restore`: keeping what must not be lost, and bringing it back."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
from pymongo.errors import PyMongoError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from shared.mash import backup, reports, restore
from shared.mash.children import CannotStart, stop_all
from shared.mash.client import running_system
from shared.mash.embedded import only_launcher
from shared.mash.folder import DataFolder, read_json
from shared.mash.manifest import Manifest, Tell, services_in_order
from shared.mash.mongod import mongod, wait_until_it_answers
from shared.mash.options import BAD_NEWS, ERR, OUT, data_option, system_options
from shared.mash.roster import service_names

WARNING: Final = (
    "It holds everything that is known of the children and their families, in plain form: keep it "
    "encrypted and as closely guarded as the system itself."
)
NEXT: Final = (
    "The services stay closed until they have healed, which they do by themselves when they are "
    "started. Then: mash heal, which says what is missing, and mash verify."
)


@click.command("backup")
@click.argument("to", type=click.Path(file_okay=False, path_type=Path))
@click.option("--mongo-url", envvar="MONGO_URL", help="The MongoDB server (MONGO_URL).")
@data_option
def backup_command(to: Path, mongo_url: str | None, data: Path) -> None:
    """Write a back-up of every service into a new folder, while they run or not, and check it."""
    folder = DataFolder.at(data)
    settings = () if mongo_url else folder.settings
    with _database(folder, mongo_url) as url, _progress() as tell:
        manifest = backup.take(to, url, tell=tell, settings=settings)
    OUT.print(f"Back-up in {to}, read again and whole: {_counted(manifest)}", soft_wrap=True)
    OUT.print(WARNING, soft_wrap=True)


@click.command("restore")
@click.argument("source", type=click.Path(file_okay=False, exists=True, path_type=Path))
@click.option(
    "--service",
    "services",
    multiple=True,
    type=click.Choice(service_names()),
    help="Restore this service alone; may be given again.",
)
@click.option("--replace", is_flag=True, help="Throw away what the databases hold now.")
@click.option("--mongo-url", envvar="MONGO_URL", help="The MongoDB server (MONGO_URL).")
@data_option
def restore_command(
    source: Path, services: Sequence[str], replace: bool, mongo_url: str | None, data: Path
) -> None:
    """Bring back a back-up, whole or single services of it. What is restored must be stopped."""
    folder = DataFolder.at(data)
    chosen = services or services_in_order()
    with _database(folder, mongo_url, stopped=True) as url, _progress() as tell:
        manifest = restore.fill(source, url, chosen, replace=replace, tell=tell)
    if not mongo_url:
        _bring_back_the_rest(source, folder, manifest, whole=len(chosen) == len(service_names()))
    OUT.print(f"Restored {', '.join(chosen)} as of {manifest.began_at}", highlight=False)
    OUT.print(NEXT, soft_wrap=True)


@click.command("heal")
@system_options
@click.option("--again", is_flag=True, help="Ask the others again for what they hold by now.")
@click.option("--settled", help="The key of a line that somebody has entered again.")
@click.option("--json", "as_json", is_flag=True, help="Print it for a machine.")
@click.argument("service", required=False, type=click.Choice(service_names()))
def heal_command(
    data: Path,
    url: str | None,
    token: str | None,
    again: bool,
    settled: str | None,
    as_json: bool,
    service: str | None,
) -> None:
    """Say what came back to restored services, and what somebody has to enter again.

    Ends with 1 while a service is closed, or while anything is left to be entered or made good.
    """
    system = running_system(DataFolder.at(data), url, token)
    if settled:
        of = settled.split(":", 1)[0]
        system.post(f"/{of}/api/healing/settled", {"key": settled})
    chosen = [service] if service else service_names()
    for name in chosen if again else ():
        system.post(f"/{name}/api/healing", {})
    found = {name: system.get(f"/{name}/api/healing") for name in chosen}
    if as_json:
        click.echo(json.dumps(found, indent=2))
    for name, told in () if as_json else found.items():
        reports.healing(OUT, name, told)
    if any(
        told["phase"] != "open" or told["wounds"] or told["enter_again"] for told in found.values()
    ):
        sys.exit(BAD_NEWS)


def _is_well(told: Mapping[str, Any]) -> bool:
    return told["phase"] == "open" and not told["wounds"] and not told["enter_again"]


COMMANDS: Final = (backup_command, restore_command, heal_command)


def _bring_back_the_rest(
    source: Path, folder: DataFolder, manifest: Manifest, *, whole: bool
) -> None:
    left = restore.lay_settings(source, folder.root, manifest)
    for name in left:
        OUT.print(f"{folder.root / name} was there and is left as it is", soft_wrap=True)
    if whole:
        # Nobody is to hear what is not in the back-up: what is in it comes from the feeds.
        shutil.rmtree(folder.broker)
        DataFolder.at(folder.root)


@contextmanager
def _database(folder: DataFolder, mongo_url: str | None, *, stopped: bool = False) -> Iterator[str]:
    """The database that was named, or that of the data folder: the running one or one started."""
    try:
        if mongo_url:
            yield mongo_url
        elif stopped or not _is_running(folder):
            with only_launcher(folder), _started(folder) as url:
                yield url
        else:
            yield read_json(folder.running)["mongo_url"]
    except PyMongoError as fault:
        raise CannotStart(f"The database failed: {type(fault).__name__}") from None


def _is_running(folder: DataFolder) -> bool:
    try:
        with only_launcher(folder):
            return False
    except CannotStart:
        return True


@contextmanager
def _started(folder: DataFolder) -> Iterator[str]:
    child, url = mongod(folder)
    child.start()
    try:
        wait_until_it_answers(child, url)
        yield url
    finally:
        stop_all([child])


@contextmanager
def _progress() -> Iterator[Tell]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=ERR) as shown:

        def tell(what: str, most: int) -> Callable[[int], None]:
            task = shown.add_task(what, total=most)
            return lambda done: shown.update(task, completed=done)

        yield tell


def _counted(manifest: Manifest) -> str:
    told = [
        f"{service} {sum(each.documents for each in manifest.of(service))}"
        for service in services_in_order()
    ]
    return f"{manifest.documents} documents ({', '.join(told)})"
