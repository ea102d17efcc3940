"""Does the line of every case, as it is shown, say what the events say? Line, page, lists."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.chaos.checker.book import Event, moment
from tests.chaos.checker.promises import happened
from tests.chaos.checker.reading import Doors, Reader
from tests.chaos.verdicts import Kind, Violation

Shown = Mapping[str, Any]
STANDING_WORDS = {
    "running": "Running",
    "at-risk": "At risk",
    "breached": "Not done in time",
    "met": "Done in time",
    "met-late": "Done late",
    "cancelled": "No longer due",
}


def read_line(reader: Reader, ref: str) -> Shown | None:
    """Return the line of a case as the auditor's API tells it."""
    line: Shown | None = reader.json(reader.doors.auditor, f"/audit/api/cases/{ref}")
    return line


def judge_line(ref: str, events: Sequence[Event], line: Shown | None) -> Iterator[Violation]:
    """Compare a line with the events of its case: all of them, once, in order, unchanged."""
    if line is None:
        yield _wrong(ref, "the auditor is shown no line of this case", kind=Kind.LOST)
        return
    if not line["complete"] or line["holes"] or line["faults"]:
        words = [each["words"] for each in (*line["holes"], *line["faults"])]
        yield _wrong(ref, f"the line is not complete: {words}")
    wanted = [_key(event) for event in sorted(events, key=_place)]
    found = [entry["key"] for entry in line["entries"]]
    if sorted(found) != sorted(wanted):
        missing, more = set(wanted) - set(found), set(found) - set(wanted)
        yield _wrong(ref, f"the line lacks {sorted(missing)} and has {sorted(more)} beyond")
    elif found != wanted:
        yield _wrong(ref, "the line is not in the order in which things happened")
    known = {_key(event): event for event in events}
    for entry in line["entries"]:
        if entry["key"] in known:
            yield from _judge_entry(entry, known[entry["key"]])


def _judge_entry(entry: Shown, event: Event) -> Iterator[Violation]:
    says = {
        "type": event["type"],
        "case": event["subject"],
        "service": event["source"].removeprefix("/"),
        "who": event["actor"],
        "role": event["actorrole"],
    }
    wrong = [name for name, value in says.items() if entry[name] != value]
    times = {"at": happened(event), "recorded_at": moment(event["time"])}
    wrong += [name for name, value in times.items() if moment(entry[name]) != value]
    if wrong:
        yield _wrong(entry["key"], f"the line differs from the event in {', '.join(wrong)}")


def judge_pages(
    doors: Doors, lines: Mapping[str, Shown], *, most: int, chance: random.Random
) -> Iterator[Violation]:
    """Open the timeline pages of a sample: they must say what the API says, in its order."""
    reader = Reader(doors)
    for ref in chance.sample(sorted(lines), min(most, len(lines))):
        text = text_of(reader.page(doors.auditor, f"/audit/cases/{ref}"))
        # The line may have grown since: what stands on it is read again beside its page.
        yield from judge_page(ref, text, read_line(reader, ref) or lines[ref])


def judge_page(ref: str, text: str, line: Shown) -> Iterator[Violation]:
    """Compare the text of a timeline page with the line."""
    if f"Timeline of case {ref}" not in text:
        yield _wrong(ref, "the page is not that of the case")
    if ("Chain verified" in text) != line["complete"]:
        yield _wrong(ref, "the page does not say whether the line is complete")
    count = len(line["entries"])
    if f"{count} event{'s' if count != 1 else ''}." not in text:
        yield _wrong(ref, f"the page does not show {count} events")
    place = text.find(f"{count} event")
    # What oversight says is worded by the promise and how it stands: judged below.
    for entry in (each for each in line["entries"] if each["service"] != "audit"):
        place = text.find(entry["words"], max(place, 0))
        if place < 0:
            yield _wrong(ref, f"the page lacks {entry['words']!r}, or has it elsewhere")
    yield from _judge_standing(ref, text, line)


def _judge_standing(ref: str, text: str, line: Shown) -> Iterator[Violation]:
    for clock in line["clocks"]:
        if STANDING_WORDS[clock["state"]] not in text:
            yield _wrong(ref, f"the page does not say that {clock['clock']} is {clock['state']}")


def text_of(page: str) -> str:
    """Return what a person reads on a page, without what could be chosen there."""
    main = page.partition("<main")[2].partition("</main>")[0]
    main = re.sub(r"<select\b.*?</select>", " ", main, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", main)).split())


def _key(event: Event) -> str:
    return f"{event['stream']}#{event['sequence']}"


def _place(event: Event) -> tuple[Any, ...]:
    return happened(event), moment(event["time"]), event["stream"], event["sequence"]


def _wrong(where: str, words: str, *, kind: Kind = Kind.SHOWN_WRONG) -> Violation:
    return Violation(kind=kind, where=where, words=words)
