"""A small disk of a test's own, which it can fill to the last byte and empty again."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

BALLAST = "ballast"


def can_have_disks() -> bool:
    """May this run mount a file system? Only root may."""
    return os.geteuid() == 0


class SmallDisk:
    """An ext4 file system in a file, on a loop device; memory instead where there is none."""

    def __init__(self, folder: Path, *, megabytes: int) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True)
        image = folder.with_suffix(".img")
        with image.open("wb") as file:
            file.truncate(megabytes * 2**20)
        _run("mkfs.ext4", "-q", "-m", "0", str(image))
        if not _run("mount", "-o", "loop", str(image), str(folder), required=False):
            size = f"size={megabytes}m"
            _run("mount", "-t", "tmpfs", "-o", size, "none", str(folder))
        folder.chmod(0o777)

    def fill(self, *, leave: int) -> int:
        """Take everything but `leave` bytes. Returns how many bytes are left."""
        free = self._free() - leave
        # It is full before the last byte: the file system keeps books of its own.
        with contextlib.suppress(OSError), (self.folder / BALLAST).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(free, 1))
        return self._free()

    def empty(self) -> None:
        """Give back what `fill` took."""
        (self.folder / BALLAST).unlink(missing_ok=True)

    def remove(self) -> None:
        """Take the disk away, whoever still holds it."""
        _run("umount", "-l", str(self.folder), required=False)

    def _free(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize


def _run(*command: str, required: bool = True) -> bool:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if required and done.returncode:
        raise OSError(f"{command[0]}: {done.stderr.strip()}")
    return done.returncode == 0
