"""A process that imports files as `mash import` does, into services at addresses of their own.

    python -m benchmarks.journeys.entering

It reads the name of a file a line. While that is imported it tells how it stands, an object of JSON
a line, at last with `over` or a `fault`. It ends with its input. So what the client of the bulk
doors costs is seen apart, and no proxy is measured with it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared.mash.client import Refused, System
from shared.mash.importing.run import Import, Standing
from shared.settings import Settings
from tests.support.system import token_of

OFFICER: Final = "officer-demo"
"""Who imports: an administrator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart(System):
    """A system whose services stand at an address each, with nothing in front of them."""

    urls: Mapping[str, str]
    """Service -> its address."""

    def address_of(self, path: str) -> str:
        """Return the full address of a path."""
        return f"{self.urls[path.split('/')[1]]}{path}"


def main() -> None:
    """Import what is named until nobody names any more."""
    urls = Settings.from_env().feed_urls
    system = Apart(url="", token=token_of(OFFICER), urls=urls)
    for name in sys.stdin:
        _tell(_enter(Path(name.rstrip("\n")), system))


def _enter(file: Path, system: System) -> Mapping[str, Any]:
    def tell(standing: Standing) -> None:
        _tell(_told(standing))

    try:
        return {**_told(Import(file=file, system=system, tell=tell).run()), "over": True}
    except Refused as refused:
        return {"fault": str(refused)}


def _told(standing: Standing) -> dict[str, Any]:
    return {"settled": standing.settled, "waiting": standing.waiting}


def _tell(told: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
