"""The descriptions that other people build on say what the code does today."""

from __future__ import annotations

from pathlib import Path

from shared.mash import documents
from tests.architecture.tree import ROOT


def test_every_description_in_docs_is_up_to_date(tmp_path: Path) -> None:
    """Run `make docs` and commit the difference when this fails."""
    written = list(documents.write(tmp_path))

    assert written
    stale = [
        fresh.name
        for fresh in written
        if (ROOT / "docs" / fresh.name).read_text(encoding="utf-8")
        != fresh.read_text(encoding="utf-8")
    ]
    assert stale == []
