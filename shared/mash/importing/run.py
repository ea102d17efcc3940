"""One import from the first line to the last: read, send, settle, remember how far it came."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

from shared.mash.client import System
from shared.mash.importing.columns import STEPS
from shared.mash.importing.keeping import ErrorFile, Keeper, Progress
from shared.mash.importing.reading import Line, lines_of
from shared.mash.importing.sending import Results, Sender, Stopped
from shared.mash.importing.window import Settled, Window

SERVICES: Final = tuple(dict.fromkeys(address.split("/")[1] for address in STEPS.values()))
KEEP_EVERY: Final = 1.0
"""Seconds between two notes of how far it came; after a kill so much is sent again."""
LOOK_EVERY: Final = 0.2
PORTION: Final = 500
"""Lines that are read before it is looked what came back and what can be sent."""
AT_ONCE: Final = 2
"""Bulks on their way to a service: while one is written to the store, the other is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an import stands: for a bar, a line or the summary."""

    counts: dict[str, int]
    done: int
    size: int
    """Bytes of the file that are settled, and all of it."""
    seconds: float
    waiting: int
    """Cases that a service has not heard of yet."""
    errors: Path
    went_on: bool
    """Was it begun before?"""

    @property
    def settled(self) -> int:
        """Steps of which it is known what became."""
        return sum(self.counts.values())

    @property
    def refused(self) -> int:
        """Steps that are in the error file."""
        return self.counts.get("refused", 0)


Tell = Callable[[Standing], None]


@dataclass(slots=True, kw_only=True)
class Import:
    """One file on its way into a system."""

    file: Path
    system: System
    tell: Tell
    stop: threading.Event = field(default_factory=threading.Event)
    _window: Window = field(default_factory=Window)
    _flying: dict[Future[Results], tuple[str, list[Line]]] = field(default_factory=dict)
    _before: float = 0.0
    _went_on: bool = False

    def run(self) -> Standing:
        """Send the file. Raises Refused, and KeyboardInterrupt; either way it can be taken up."""
        keeper, errors = Keeper(self.file), ErrorFile(self.file)
        begun = keeper.read()
        progress = begun or Progress()
        if begun is None:
            errors.require_none()
            keeper.write(progress)
        self._window.blocked = errors.open(size=progress.errors)
        self._window.settled_beyond = set(progress.settled)
        self._window.counts.update(progress.counts)
        self._window.last = (progress.number, progress.offset)
        self._before, self._went_on = progress.seconds, begun is not None
        lines = lines_of(self.file, offset=progress.offset, number=progress.number)
        began = monotonic()
        try:
            with ThreadPoolExecutor(len(SERVICES) * AT_ONCE) as pool:
                self._send_all(lines, pool, keeper, errors, began)
        finally:
            self._keep(keeper, errors, began)
            errors.close(empty=not self._window.counts["refused"])
        keeper.done()
        return self._standing(errors, began)

    def _send_all(
        self,
        lines: Iterator[Line],
        pool: ThreadPoolExecutor,
        keeper: Keeper,
        errors: ErrorFile,
        began: float,
    ) -> None:
        sender = Sender(system=self.system, stop=self.stop)
        kept = began
        try:
            while (more := self._more(lines, errors)) or not self._window.empty:
                self._send_off(pool, sender)
                patience = 0.0 if more and self._window.room else LOOK_EVERY
                for settled in self._come_back(sender, patience):
                    self._note(settled, errors)
                if monotonic() - kept >= KEEP_EVERY:
                    self._keep(keeper, errors, began)
                    self.tell(self._standing(errors, began))
                    kept = monotonic()
        finally:
            self.stop.set()
            wait(self._flying)
            sender.close()

    def _more(self, lines: Iterator[Line], errors: ErrorFile) -> bool:
        """Read a portion, as far as there is room. False at the end of the file."""
        for _ in range(min(PORTION, self._window.room)):
            line = next(lines, None)
            if line is None:
                return False
            for settled in self._window.add(line):
                self._note(settled, errors)
        return True

    def _send_off(self, pool: ThreadPoolExecutor, sender: Sender) -> None:
        """Send what can be sent: something to each service, and a second bulk if it is a whole one;
        many small ones would cost more than they gain."""
        busy = Counter(service for service, _ in self._flying.values())
        for service in SERVICES:
            for place in range(busy[service], AT_ONCE):
                bulk = self._window.take(service, monotonic(), whole=place > 0)
                if not bulk:
                    break
                self._flying[pool.submit(sender.send, service, bulk)] = (service, bulk)

    def _come_back(self, sender: Sender, patience: float) -> Iterator[Settled]:
        if not self._flying:
            due = self._window.next_due()
            self.stop.wait(max(0.0, min(patience, due - monotonic())) if due else 0.0)
        done, _ = wait(self._flying, timeout=patience, return_when=FIRST_COMPLETED)
        for each in done:
            _, bulk = self._flying.pop(each)
            results = each.result()
            for case in self._window.unknown(bulk, results):
                self._window.learn(case, sender.events_of(case))
            yield from self._window.answered(bulk, results, monotonic())

    def _note(self, settled: Settled, errors: ErrorFile) -> None:
        if settled.result == "refused":
            errors.add(settled.line, settled.reason)

    def _keep(self, keeper: Keeper, errors: ErrorFile, began: float) -> None:
        number, offset = self._window.settled_to()
        keeper.write(
            Progress(
                offset=offset,
                number=number,
                settled=sorted(self._window.settled_beyond),
                errors=errors.keep(),
                counts=dict(self._window.counts),
                seconds=self._before + monotonic() - began,
            )
        )

    def _standing(self, errors: ErrorFile, began: float) -> Standing:
        return Standing(
            counts=dict(self._window.counts),
            done=self._window.settled_to()[1],
            size=self.file.stat().st_size,
            seconds=self._before + monotonic() - began,
            waiting=self._window.waiting,
            errors=errors.path,
            went_on=self._went_on,
        )


__all__ = ["SERVICES", "Import", "Standing", "Stopped"]
