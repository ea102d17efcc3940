"""Where the peers are, and how one of their scripts is run."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import ROOT

SCRIPTS: Final = Path(__file__).parent
PEERS: Final = ROOT / "build" / "peers"
LONGEST: Final = 900.0


class PeerFailed(Exception):
    """A peer's script ended without an answer."""


class Peers:
    """The environments that `benchmarks/peers/install.sh` made."""

    def missing(self, name: str) -> str | None:
        """Return why an environment is not there, or None."""
        if (PEERS / name / "installed").exists():
            return None
        fault = PEERS / f"{name}.fault"
        reason = fault.read_text().strip() if fault.exists() else "run `make bench`, which makes it"
        return f"not installed: {reason or 'see build/peers'}"

    def command(self, name: str, script: str, *words: str) -> list[str]:
        """Return the command that runs a script of ours in an environment of theirs."""
        return [str(PEERS / name / "bin" / "python"), str(SCRIPTS / script), *words]

    def folder(self, name: str) -> Path:
        """Return where an environment is."""
        return PEERS / name

    def environment(self, **given: str) -> dict[str, str]:
        """Return the environment variables of a peer: what it needs and nothing of ours."""
        return {"PATH": f"{os.defpath}:/usr/local/bin", "PYTHONUNBUFFERED": "1", **given}

    def ask(self, name: str, script: str, *words: str, **given: str) -> Mapping[str, Any]:
        """Run a script to its end and return what it says in its last line, as JSON."""
        done = subprocess.run(
            self.command(name, script, *words),
            env=self.environment(**given),
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
        )
        lines = done.stdout.strip().splitlines()
        if done.returncode or not lines:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise PeerFailed(f"{script}: {last}")
        told: Mapping[str, Any] = json.loads(lines[-1])
        return told
