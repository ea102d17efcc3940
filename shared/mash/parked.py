"""`mash parked`: what could not be handled, by cause and explained, and what is done about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console

from shared.mash.client import System
from shared.mash.reports import wall_time


def parked_at(system: System, services: Iterable[str]) -> dict[str, Any]:
    """Return what each service has parked, with the causes and their explanations."""
    return {name: system.get(f"/{name}/api/parked") for name in services}


def replay(system: System, services: Iterable[str], chosen: Mapping[str, str | None]) -> int:
    """Try parked events again: all, or those of a stream, a cause or a key. Returns how many."""
    body = {name: value for name, value in chosen.items() if value}
    answers = [system.post(f"/{name}/api/parked/replay", body) for name in services]
    return sum(int(each["replayed"]) for each in answers)


def set_aside(system: System, service: str, *, key: str, reason: str) -> None:
    """Put away for ever, with a reason, what no service wrote."""
    system.post(f"/{service}/api/parked/set-aside", {"key": key, "reason": reason})


def show(out: Console, found: Mapping[str, Mapping[str, Any]]) -> None:
    """Show what each service has parked: the cause, what it means, what to do, then each event."""
    for service, held in found.items():
        out.print(f"{service}: {len(held['parked'])} parked", highlight=False)
        for cause in held["causes"]:
            of_it = [each for each in held["parked"] if each["cause"] == cause["cause"]]
            _show_cause(out, cause, of_it)


def _show_cause(
    out: Console, cause: Mapping[str, Any], events: Sequence[Mapping[str, Any]]
) -> None:
    lines = [f"  {cause['cause']} ({cause['count']}): {cause['what']}"]
    lines += [f"    What to do: {cause['to_do']}"]
    for each in events:
        place = f"{each['stream']} {each['sequence']}" if each["stream"] else "no event of ours"
        lines += [f"    {place} {each['type']}, since {wall_time(each['held_at'])}"]
        lines += [f"      {each['reason']}"]
        if each["may_be_set_aside"]:
            lines += [f"      --set-aside '{each['key']}'"]
    for line in lines:
        out.print(line, highlight=False, soft_wrap=True, markup=False)
