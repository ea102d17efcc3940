"""How far an import came, beside its file; and the error file that a person corrects."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from shared.mash.client import Refused
from shared.mash.folder import PRIVATE
from shared.mash.importing.columns import WHY
from shared.mash.importing.reading import Line, header_of, is_csv, lines_of

BEGINNING: Final = 4096


@dataclass(slots=True, kw_only=True)
class Progress:
    """What is known of an import that was begun: enough to go on after a kill."""

    offset: int = 0
    number: int = 0
    settled: list[int] = field(default_factory=list)
    """Lines beyond that place that are settled already."""
    errors: int = 0
    """Bytes of the error file that belong to it."""
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def progress_of(file: Path) -> Path:
    """Return where it is kept how far the import of a file came."""
    return file.with_name(f"{file.name}.import")


class Keeper:
    """The progress file of one import. It is there only while the import is not finished."""

    def __init__(self, file: Path) -> None:
        self.path = progress_of(file)
        self._which = _fingerprint(file)

    def read(self) -> Progress | None:
        """Return how far it came, or None when it was not begun. Raises Refused."""
        if not self.path.exists():
            return None
        try:
            told = json.loads(self.path.read_text(encoding="utf-8"))
            which = told.pop("file")
            progress = Progress(**told)
        except (OSError, ValueError, TypeError, KeyError):
            raise Refused(f"{self.path} cannot be read. {self._anew()}") from None
        if which != self._which:
            raise Refused(
                f"The file was changed since its import was begun. {self._anew()}; or send what "
                "was refused from the error file"
            )
        return progress

    def write(self, progress: Progress) -> None:
        """Keep how far it came: whole, or as it was."""
        told = {name: getattr(progress, name) for name in Progress.__slots__}
        fresh = self.path.with_name(f"{self.path.name}.new")
        with _private(fresh, "w") as out:
            json.dump({"file": self._which, **told}, out)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self.path)

    def done(self) -> None:
        """Forget it: everything is settled."""
        self.path.unlink(missing_ok=True)

    def _anew(self) -> str:
        return f"Remove {self.path.name} to begin anew: what was taken is not taken twice"


class ErrorFile:
    """What was refused, in the format of the file itself, with the reason."""

    def __init__(self, file: Path) -> None:
        self.path = file.with_name(f"{file.stem}.errors{file.suffix}")
        self._header = _header(file) if is_csv(file) else None
        self._out: IO[str] | None = None

    def require_none(self) -> None:
        """Raise Refused where one of an earlier import lies: nothing is overwritten."""
        if self.path.exists():
            raise Refused(
                f"{self.path} exists already. Correct and send that file, or rename it, first"
            )

    def open(self, *, size: int) -> set[str]:
        """Take it up where it was `size` bytes long. Returns the cases that it holds."""
        self._out = _private(self.path, "a")
        self._out.truncate(size)
        held = {line.case for line in lines_of(self.path) if line.case} if size else set()
        if size == 0 and self._header:
            self._row(dict(zip(self._header, self._header, strict=True)))
        return held

    def add(self, line: Line, reason: str) -> None:
        """Write a refused line."""
        reason = f"Line {line.number}. {reason}"
        if self._header:
            self._row({**line.raw, WHY: reason})
        else:
            self._write(json.dumps({**line.raw, WHY: reason}, ensure_ascii=False) + "\n")

    def keep(self) -> int:
        """Return how many bytes of it are safe on disk."""
        out = self._opened()
        out.flush()
        os.fsync(out.fileno())
        return os.fstat(out.fileno()).st_size

    def close(self, *, empty: bool) -> None:
        """Close it; one that holds nothing is taken away."""
        self._opened().close()
        if empty:
            self.path.unlink(missing_ok=True)

    def _row(self, cells: Mapping[str, Any]) -> None:
        out = csv.writer(self._opened(), lineterminator="\n")
        out.writerow([cells.get(name, "") for name in self._header or ()])

    def _write(self, text: str) -> None:
        self._opened().write(text)

    def _opened(self) -> IO[str]:
        if self._out is None:
            raise RuntimeError("the error file is not open")
        return self._out


def _header(file: Path) -> list[str]:
    names = [each for each in header_of(file) if each != WHY]
    return [*names, WHY]


def _private(path: Path, how: str) -> IO[str]:
    flags = os.O_CREAT | os.O_RDWR | (os.O_APPEND if how == "a" else os.O_TRUNC)
    try:
        return os.fdopen(os.open(path, flags, PRIVATE), how, encoding="utf-8", newline="")
    except OSError as fault:
        raise Refused(f"{path} cannot be written: {fault.strerror}") from None


def _fingerprint(file: Path) -> str:
    with file.open("rb") as opened:
        beginning = hashlib.sha256(opened.read(BEGINNING)).hexdigest()
    return f"{file.stat().st_size}-{beginning[:32]}"
