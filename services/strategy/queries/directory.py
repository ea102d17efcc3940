"""The directory file in use: read again when it changes, kept when the new one is faulty."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from threading import Lock
from typing import Any

from services.strategy.domain.directory import Directory
from services.strategy.schemas.directory import BadDirectory, directory_from

log = logging.getLogger(__name__)


class DirectoryFile:
    """The last good directory, and what is wrong with the file now, if anything.

    Raises BadDirectory when the very first file cannot be used: there is nothing to fall back on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._stamp = _stamp(path)
        self._directory = directory_from(_parsed(path))
        self.faults: tuple[str, ...] = ()

    def current(self) -> Directory:
        """Return the directory in force, after reading the file again if it has changed."""
        if _stamp(self._path) != self._stamp:
            self.reload()
        return self._directory

    def reload(self) -> tuple[str, ...]:
        """Read the file again and return its faults; with faults the last good one stays."""
        with self._lock:
            self._stamp = _stamp(self._path)
            try:
                self._directory = directory_from(_parsed(self._path))
                self.faults = ()
                log.info("directory reloaded")
            except BadDirectory as bad:
                self.faults = bad.faults
                log.error("directory not reloaded", extra={"faults": len(bad.faults)})
            return self.faults


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise BadDirectory((f"the file cannot be read: {fault.strerror}.",)) from None
    except ValueError as fault:
        raise BadDirectory((f"the file is not JSON: {fault}.",)) from None


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
