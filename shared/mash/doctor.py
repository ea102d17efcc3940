"""What this machine has and lacks for the embedded system, each lack with its remedy."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from typing import Final

from shared.clock import SystemClock
from shared.mash.children import CannotStart
from shared.mash.client import Refused, running_system
from shared.mash.embedded import USUAL_PORT, is_free
from shared.mash.folder import DataFolder
from shared.mash.mongod import find_mongod
from shared.mash.roster import service_names
from shared.practice import TimeLimits, load_time_limits
from shared.working_days import london_day

ENOUGH_BYTES: Final = 2 * 1024**3
NEEDED: Final = ("flask", "kombu", "mongoengine", "waitress", "govuk_frontend_jinja")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at. `remedy` is empty when it is well."""

    what: str
    found: str
    remedy: str = ""


def examine(folder: DataFolder) -> tuple[Finding, ...]:
    """Look at everything the embedded system needs."""
    return tuple(_findings(folder))


def _findings(folder: DataFolder) -> Iterator[Finding]:
    old = sys.version_info < (3, 11)
    remedy = "Install Python 3.11 or newer" if old else ""
    yield Finding(what="Python", found=platform.python_version(), remedy=remedy)
    missing = [name for name in NEEDED if find_spec(name) is None]
    remedy = "Run: make demo, which installs them" if missing else ""
    found = f"missing: {', '.join(missing)}" if missing else "all there"
    yield Finding(what="Packages", found=found, remedy=remedy)
    yield _database()
    free = shutil.disk_usage(folder.root).free
    remedy = "Free 2 GB, or choose another place with MASH_DATA" if free < ENOUGH_BYTES else ""
    yield Finding(what="Disk", found=f"{free / 1024**3:.1f} GB free", remedy=remedy)
    taken = not is_free(USUAL_PORT)
    words = "taken: the next free one will be used" if taken else "free"
    yield Finding(what=f"Port {USUAL_PORT}", found=words)
    yield _bank_holidays(load_time_limits(), london_day(SystemClock().now()))
    running = "running" if folder.running.exists() else "not running"
    yield Finding(what="System", found=f"{running}, data in {folder.root}")
    if folder.running.exists():
        yield from _alarms(folder)


def _alarms(folder: DataFolder) -> Iterator[Finding]:
    """Ask the running system what is wrong with it."""
    for name in service_names():
        try:
            alarms = running_system(folder, None, None).get(f"/{name}/api/operations")["alarms"]
        except Refused as fault:
            yield Finding(what=f"Alarms of {name}", found="not known", remedy=str(fault))
            continue
        titles = "; ".join(each["title"] for each in alarms)
        remedies = " ".join(each["remedy"] for each in alarms)
        yield Finding(what=f"Alarms of {name}", found=titles or "none", remedy=remedies)


def _bank_holidays(limits: TimeLimits, today: date) -> Finding:
    calendar = limits.bank_holidays_only
    known = calendar.knows_a_year_after(today)
    return Finding(
        what="Bank holidays",
        found=f"known to the end of {calendar.last_known_year}",
        remedy="" if known else "Install a release that knows the next twelve months",
    )


def _database() -> Finding:
    try:
        return Finding(what="Database", found=str(find_mongod()))
    except CannotStart as lack:
        return Finding(what="Database", found="none", remedy=str(lack))
