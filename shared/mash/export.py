"""Taking events out: each as it was sealed, so that anybody can recompute its hash."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from rich.console import Console
from rich.progress import Progress

from shared.events.envelope import canonical
from shared.mash.client import Refused, System
from shared.mash.folder import PRIVATE

PATH: Final = "/audit/api/events"


def export_events(system: System, file: Path, *, err: Console) -> int:
    """Write every event the auditor holds into a new file, a line each. Returns how many.

    The lines are the canonical JSON that the hash was taken over, `hash` included. The file bears
    its name only when it is whole. Raises Refused when there is such a file already.
    """
    if file.exists():
        raise Refused(f"{file} exists already. Name another file: nothing is overwritten")
    part = file.with_name(f"{file.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    except OSError as fault:
        raise Refused(f"{file} cannot be written: {fault.strerror}") from None
    try:
        with os.fdopen(descriptor, "wb") as out:
            written = _write(system, out, err=err)
        # A link, not a rename: it fails where somebody else made the file meanwhile.
        os.link(part, file)
    except FileExistsError:
        raise Refused(f"{file} exists by now. Name another file: nothing is overwritten") from None
    finally:
        part.unlink()
    return written


def _write(system: System, out: BinaryIO, *, err: Console) -> int:
    written = 0
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("events", total=None)
        for page in _pages(system):
            out.writelines(canonical(event) + b"\n" for event in page["events"])
            written += len(page["events"])
            progress.update(task, total=max(page["total"], written), completed=written)
    out.flush()
    os.fsync(out.fileno())
    return written


def events_of(system: System) -> Iterator[Mapping[str, Any]]:
    """Yield every event the auditor holds, as it was sealed. Raises Refused."""
    for page in _pages(system):
        yield from page["events"]


def _pages(system: System) -> Iterator[dict[str, Any]]:
    page = system.get(PATH)
    yield page
    while page["more"]:
        page = system.get(PATH, after=page["next"])
        yield page
