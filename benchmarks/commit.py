"""A process that decides referrals at a steady rate, its relay beside it, as a web process does.

    python -m benchmarks.commit REFS.json RATE

Says when each decision was committed, on the clock that all processes of a machine share.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from benchmarks.decisions import GUIDANCE, command_for
from benchmarks.made import DECIDER
from services.referral.app import build
from services.referral.handlers import decide_threshold
from shared.clock import SystemClock
from shared.plumbing import plumb
from shared.settings import Settings

CLIENTS: Final = 8


def main(file: str, rate: float) -> None:
    """Decide each at its time, or as soon after it as somebody is free."""
    refs: Sequence[str] = json.loads(Path(file).read_text(encoding="utf-8"))
    plumbing = plumb(build(Settings.from_env(), SystemClock()))
    roots = plumbing.service.roots
    relay = threading.Thread(target=plumbing.relay.run, name="relay")
    relay.start()
    roots.load(refs[0])
    pace, numbers = threading.Event(), itertools.count()
    committed: dict[str, float] = {}
    began = time.monotonic() + 0.2

    def client(_: int) -> None:
        while (number := next(numbers)) < len(refs):
            pace.wait(max(0.0, began + number / rate - time.monotonic()))
            ref = refs[number]
            decide_threshold(command_for(ref), referrals=roots, guidance=GUIDANCE, by=DECIDER)
            committed[ref] = time.monotonic()

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(client, range(CLIENTS)))
    while plumbing.streams.oldest_unpublished():
        pace.wait(0.01)
    plumbing.relay.stop()
    relay.join()
    print(json.dumps(committed))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
