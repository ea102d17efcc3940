"""What several commands of `mash` share: where they print, and the options that name a system."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from rich.console import Console

from shared.mash.roster import service_names

BAD_NEWS: Final = 1
OUT: Final = Console()
ERR: Final = Console(stderr=True, highlight=False)

Command = TypeVar("Command", bound=Callable[..., Any])


def data_option(command: Command) -> Command:
    """Add the option that says which data folder is meant."""
    option = click.option(
        "--data",
        envvar="MASH_DATA",
        default="var",
        show_default=True,
        type=click.Path(file_okay=False, path_type=Path),
        help="The data folder (MASH_DATA).",
    )
    return option(command)


def system_options(command: Command) -> Command:
    """Add the options that say which running system is meant."""
    url = click.option("--url", envvar="MASH_URL", help="Address of the system (MASH_URL).")
    token = click.option("--token", envvar="MASH_TOKEN", help="A person's token (MASH_TOKEN).")
    return data_option(url(token(command)))


def service_argument(command: Command) -> Command:
    """Add the argument that names a service."""
    return click.argument("service", type=click.Choice(service_names()))(command)
