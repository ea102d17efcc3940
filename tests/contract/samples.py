"""The kept samples: one of every event type and version, in the form that travels.

A sample is never edited and never removed: whatever was once stored must be readable for ever.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.events.envelope import Envelope

FOLDER = Path(__file__).parent / "samples"


def names() -> list[str]:
    """Return the names of all samples: "referral.received.v1"."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def wire(name: str) -> dict[str, Any]:
    """Return a sample as it travels."""
    sample: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return sample


def envelope(name: str) -> Envelope:
    """Return a sample as the product reads it."""
    return Envelope.from_wire(wire(name))
