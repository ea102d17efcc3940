"""A process that works for the toy hearer, and can be made to die of one event.

`python -m tests.support.toy_worker BROKER SERVICE [POISON]`: the settings are in the environment,
POISON is the record at whose events the process is killed, CRASH_AT the point at which it is.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

from shared import faults, logs
from shared.messaging.consumer import Consumer
from shared.settings import Settings
from tests.support.toy import Toy, note

ROUND_SECONDS = 0.2


def main(url: str, service: str, poison: str = "") -> None:
    """Consume, try held events and compare heads, until killed."""

    def react(state: Any, fact: Any, event: Any, at: Any) -> Any:
        if event.subject == poison:
            os.kill(os.getpid(), signal.SIGKILL)
        return note(state, fact, event, at)

    settings = Settings.from_env()
    logs.set_up("toy", "work", "DEBUG")
    if settings.crash_at:
        faults.arm(settings.crash_at)
    toy = Toy(settings, react, fresh=False)
    consumer = Consumer(url, service, toy.listener)
    threading.Thread(target=consumer.run_until_stopped, daemon=True).start()
    between = threading.Event()
    while not between.wait(ROUND_SECONDS):
        toy.listener.try_again_what_is_due()
        toy.catch_up.compare()


if __name__ == "__main__":
    main(*sys.argv[1:])
