"""What is done to queues at the broker, and on local disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.messaging import topology
from shared.messaging.topology import declare, replace_dead


def test_queues_on_local_disk_are_never_taken_for_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"filesystem://{tmp_path}"
    declare(url, "toy", ("/referral",))
    monkeypatch.setattr(topology, "_is_dead", lambda *_: True)

    assert replace_dead(url, "toy") == []
