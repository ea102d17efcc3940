"""A figure that somebody decides by is counted; the store's estimate is wrong after a crash."""

from __future__ import annotations

from tests.architecture.tree import modules

PROGRESS = {"services/audit/queries/export.py", "shared/mash/backup.py"}
"""Where an estimate will do: how far a bar has to go."""


def test_nothing_but_a_progress_bar_is_estimated() -> None:
    estimating = {
        module.path
        for module in modules()
        for name, _ in module.method_calls()
        if name == "estimated_document_count"
    }

    assert estimating == PROGRESS
