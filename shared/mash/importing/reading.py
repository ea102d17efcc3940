"""A file of steps, line after line: JSON Lines or CSV, never held as a whole."""

from __future__ import annotations

import csv
import json
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from shared.mash.client import Refused
from shared.mash.importing.columns import (
    IGNORED,
    NAMES,
    WHY,
    BadLine,
    body_from,
    leans_on,
    order_from,
    service_of,
)

LONGEST_LINE: Final = 1024 * 1024
"""Bytes. What is longer is no step of anybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line as it was read: an order to send, or what is wrong with it."""

    number: int
    start: int
    end: int
    """Where it begins and ends in the file, in bytes."""
    raw: Mapping[str, Any]
    """As it stands in the file: what an error file gives back."""
    case: str | None = None
    service: str = ""
    order: Mapping[str, Any] | None = None
    leans_on: str | None = None
    """Another case of which this step speaks."""
    fault: str = ""
    size: int = 0


def is_csv(file: Path) -> bool:
    """Is it read as CSV? By its name; everything else is JSON Lines."""
    return file.suffix.lower() == ".csv"


def header_of(file: Path) -> list[str]:
    """Return the columns of a CSV file. Raises Refused when it lacks one that every line needs."""
    with file.open("rb") as opened:
        header = next(csv.reader(_texts(opened, 0, _At())), [])
    names = [each.strip() for each in header]
    missing = {"step", "at", "by"} - set(names)
    if not {"case", "council_ref"} & set(names):
        missing.add("case (or council_ref)")
    if missing:
        raise Refused(f"{file.name}: the first line must name the columns. Add {_and(missing)}")
    if twice := {each for each in names if names.count(each) > 1}:
        raise Refused(f"{file.name}: the first line names {_and(twice)} twice. Rename one")
    return names


def lines_of(file: Path, *, offset: int = 0, number: int = 0) -> Iterator[Line]:
    """Yield the lines from a place on; `number` is that of the last line before it.

    Raises Refused for what cannot be read at all.
    """
    header = header_of(file) if is_csv(file) else None
    with file.open("rb") as opened:
        at = _At(place=offset, number=number)
        opened.seek(offset)
        texts = _texts(opened, offset, at)
        if header is None:
            yield from (
                _from_json(text, number, start, end)
                for text, number, start, end in _each(texts, at)
            )
            return
        rows = csv.reader(texts)
        if offset == 0:
            next(rows)
        yield from _from_csv(rows, header, at, file)


@dataclass(slots=True)
class _At:
    place: int = 0
    number: int = 0


def _texts(opened: BinaryIO, offset: int, at: _At) -> Iterator[str]:
    """Yield texts with their line ends, noting how far the file has been read."""
    first = offset == 0
    while data := opened.readline(LONGEST_LINE + 1):
        at.place += len(data)
        at.number += 1
        if len(data) > LONGEST_LINE:
            raise Refused(f"Line {at.number} is longer than {LONGEST_LINE} bytes. Shorten it")
        try:
            yield data.removeprefix(BOM_UTF8 if first else b"").decode()
        except UnicodeDecodeError:
            raise Refused(f"Line {at.number} is not UTF-8. Save the file as UTF-8") from None
        first = False


def _each(texts: Iterator[str], at: _At) -> Iterator[tuple[str, int, int, int]]:
    start = at.place
    for text in texts:
        if text.strip():
            yield text, at.number, start, at.place
        start = at.place


def _from_json(text: str, number: int, start: int, end: int) -> Line:
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        fault = "This is no JSON object. Write one object a line"
        return Line(
            number=number, start=start, end=end, raw={"text": text.rstrip("\r\n")}, fault=fault
        )
    raw = {name: value for name, value in given.items() if name != WHY}
    return _line(raw, raw, number=number, start=start, end=end)


def _from_csv(
    rows: Iterator[Sequence[str]], header: Sequence[str], at: _At, file: Path
) -> Iterator[Line]:
    while True:
        start, number = at.place, at.number + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise Refused(f"{file.name}, line {at.number}: {error}. Quote the cell") from None
        if not any(each.strip() for each in cells):
            continue
        raw = dict(zip(header, cells, strict=False))
        where: dict[str, Any] = {"number": number, "start": start, "end": at.place}
        if len(cells) > len(header):
            fault = "There are more cells than columns. Quote the cells that hold commas"
            yield Line(raw=raw, fault=fault, **where)
            continue
        given: dict[str, Any] = {name: raw.get(name, "").strip() for name in NAMES}
        other = {n: cell for n, cell in raw.items() if n not in NAMES | IGNORED}
        yield _line(raw, given, other, **where)


def _line(
    raw: Mapping[str, Any],
    given: Mapping[str, Any],
    other: Mapping[str, str] | None = None,
    *,
    number: int,
    start: int,
    end: int,
) -> Line:
    where: dict[str, Any] = {"number": number, "start": start, "end": end}
    try:
        order = order_from(given if other is None else {**given, "body": body_from(other)})
    except BadLine as fault:
        named = given.get("case")
        case = named if isinstance(named, str) and named else None
        return Line(raw=raw, case=case, fault=str(fault), **where)
    return Line(
        raw=raw,
        case=order["case"],
        service=service_of(order),
        order=order,
        leans_on=leans_on(order),
        size=end - start,
        **where,
    )


def _and(names: set[str]) -> str:
    return " and ".join(sorted(names))
