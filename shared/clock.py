"""The only place that asks what time it is: always aware, always UTC, in whole milliseconds.

Whole milliseconds, because that is what the database keeps: a time read back equals the time
written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class Clock(Protocol):
    """Tells the time. A parameter everywhere else."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC, in whole milliseconds."""
        ...


def whole_milliseconds(at: datetime) -> datetime:
    """Return `at` in UTC without its microseconds. Raises ValueError for a naive time."""
    if at.tzinfo is None:
        raise ValueError("a time without its zone: use an aware datetime, in UTC")
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time."""
        return whole_milliseconds(datetime.now(UTC))


@dataclass
class DemoClock:
    """A clock that a demonstration sets: `{"at": …, "set": …}`, both ISO times, in a small file.

    It runs on from `at` at the usual pace since the real time `set`. Every process of the embedded
    system reads the same file, so all of them agree. No other mode accepts it (`Settings`).
    """

    path: Path
    _seen: tuple[int, int] = field(default=(0, 0), init=False)
    _ahead: timedelta = field(default=timedelta(0), init=False)

    def now(self) -> datetime:
        """Return the demonstration's time."""
        stat = self.path.stat()
        if (stamp := (stat.st_mtime_ns, stat.st_ino)) != self._seen:
            setting = json.loads(self.path.read_text())
            self._ahead = datetime.fromisoformat(setting["at"]) - datetime.fromisoformat(
                setting["set"]
            )
            self._seen = stamp
        return whole_milliseconds(datetime.now(UTC) + self._ahead)

    def move_to(self, at: datetime) -> None:
        """Set the clock, for every process that reads the file."""
        setting = {"at": at.isoformat(), "set": datetime.now(UTC).isoformat()}
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(setting))
        fresh.replace(self.path)


def london(at: datetime) -> datetime:
    """Return the same instant on the clock on the wall in England."""
    return at.astimezone(LONDON)


def wall_clock(at: datetime) -> str:
    """Return `16:50`; in the hour that comes twice in October, `01:30 BST` or `01:30 GMT`."""
    local = london(at)
    comes_twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return f"{local:%H:%M} {local:%Z}" if comes_twice else f"{local:%H:%M}"
