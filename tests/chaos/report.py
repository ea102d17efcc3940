"""What came of a campaign: the figures, whether they count, and the one table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table

from tests.chaos.plan import Fault, Kind
from tests.chaos.verdicts import Kind as Wrong
from tests.chaos.verdicts import Verdict

CAUSES_RETRIES = ("event held for another try", "broker away", "store away")
SHOWN_AT_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of one fault: was it caused, and how many requests waited at that moment."""

    fault: Fault
    done: bool
    hit: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A campaign, told. Seconds are of the machine's clock."""

    seed: int
    done: tuple[Done, ...]
    verdict: Verdict
    said: Mapping[str, int]
    """How often the services said certain words."""
    left: tuple[str, ...]
    """What had not arrived when the judge was called."""
    faults_of_load: tuple[str, ...]
    """What should not have happened to a client."""
    finished: int
    unanswered: int
    longest_wait: float
    longest_pause: float
    seconds: float

    @property
    def sound(self) -> bool:
        """Did the line hold, for everybody?"""
        return self.verdict.sound and not self.faults_of_load and not self.unmended

    @property
    def unmended(self) -> tuple[str, ...]:
        """What the system did not put right by itself after a fault."""
        return tuple(each.note for each in self.done if each.done and each.note)

    @property
    def void(self) -> tuple[str, ...]:
        """Why the run proves nothing; empty when it reached its faults."""
        kills = [each for each in self.done if each.fault.kind is Kind.KILL]
        reasons = [
            f"never happened: {kind}"
            for kind in sorted({each.fault.kind for each in self.done})
            if not any(each.done for each in self.done if each.fault.kind is kind)
        ]
        if kills and not any(each.done and each.hit for each in kills):
            reasons.append("no process was killed while somebody waited for an answer")
        if not self.said.get("ALREADY_HANDLED"):
            reasons.append("no event was ever delivered twice")
        if not any(self.said.get(words) for words in CAUSES_RETRIES):
            reasons.append("nothing ever had to be tried again")
        if not self.unanswered:
            reasons.append("no request ever went without an answer")
        if not self.finished:
            reasons.append("no case went the whole way")
        return tuple(reasons)

    @property
    def exit_code(self) -> int:
        """0: sound; 1: something is wrong; 3: sound, but it proves nothing."""
        if not self.sound:
            return 1
        return 3 if self.void else 0

    def to_json(self) -> dict[str, Any]:
        """Return everything the table says, and what it has no room for."""
        return {
            "seed": self.seed,
            "faults": [
                {**each.fault.to_json(), "done": each.done, "hit": each.hit, "note": each.note}
                for each in self.done
            ],
            "counts": dict(self.verdict.counts),
            "violations": [str(each) for each in self.verdict.violations],
            "said": dict(self.said),
            "left": list(self.left),
            "faults_of_load": list(self.faults_of_load),
            "finished": self.finished,
            "unanswered": self.unanswered,
            "longest_wait": round(self.longest_wait, 3),
            "longest_pause": round(self.longest_pause, 3),
            "seconds": round(self.seconds, 1),
            "void": list(self.void),
            "exit_code": self.exit_code,
        }

    def write(self, path: Path) -> None:
        """Write it to a file."""
        path.write_text(json.dumps(self.to_json(), indent=1) + "\n")


def table_of(report: Report) -> Group:
    """Return the one table, and below it whatever is wrong."""
    table = Table(title=f"Campaign {report.seed}", title_justify="left", show_edge=False)
    for name, side in (("", "left"), ("planned", "right"), ("done", "right"), ("hit", "right")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for kind in Kind:
        mine = [each for each in report.done if each.fault.kind is kind]
        if mine:
            done = [each for each in mine if each.done]
            hits = sum(each.hit > 0 for each in done)
            table.add_row(kind.value, str(len(mine)), str(len(done)), str(hits))
    table.add_section()
    every = [each for each in report.done if each.done]
    hits = sum(each.hit > 0 for each in every)
    table.add_row("faults", str(len(report.done)), str(len(every)), str(hits))
    table.add_section()
    for words, figure in figures_of(report).items():
        table.add_row(words, "", figure, "")
    return Group(table, *_wrong(report))


def figures_of(report: Report) -> dict[str, str]:
    """Return the figures below the faults, in the words of the table."""
    counts = report.verdict.counts
    figures = {
        name: str(counts.get(name, "not counted"))
        for name in ("attempted", "acknowledged", "refused", "cases", "events")
    }
    figures |= {kind.value.replace("-", " "): str(counts.get(kind.value, 0)) for kind in Wrong}
    return {
        **figures,
        "requests without an answer": str(report.unanswered),
        "delivered again": str(report.said.get("ALREADY_HANDLED", 0)),
        "held for another try": str(report.said.get("event held for another try", 0)),
        "longest wait of a user": f"{report.longest_wait:.1f} s",
        "longest time without work": f"{report.longest_pause:.1f} s",
        "length": f"{report.seconds / 60:.1f} min",
    }


def _wrong(report: Report) -> list[str]:
    violations = [str(each) for each in report.verdict.violations]
    lines = [*violations[:SHOWN_AT_MOST], *report.faults_of_load[:SHOWN_AT_MOST]]
    if len(violations) > SHOWN_AT_MOST:
        lines.append(f"… and {len(violations) - SHOWN_AT_MOST} more")
    lines += [f"still on its way: {each}" for each in report.left[:SHOWN_AT_MOST]]
    lines += [f"not mended: {each}" for each in report.unmended]
    lines += [
        f"not caused: {each.fault.kind}: {each.note}"
        for each in report.done
        if not each.done and each.note
    ]
    return [*lines, *(f"void: {each}" for each in report.void)]
