"""Runs a command tied to its parent: when the parent dies, even by `kill -9`, so does the command.

Started as a plain script (`python tied.py PARENT COMMAND…`), with the standard library only, so
that it costs a few milliseconds. The kernel keeps the tie across `exec`.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1


def tie(parent: int) -> None:
    """Ask the kernel for SIGTERM when the parent dies; leave at once if it already has."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit("the launcher ended before its child began")


if __name__ == "__main__":
    tie(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])
