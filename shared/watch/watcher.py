"""The watch: every few seconds it notes that it lives, takes readings, and tells of alarms.

Every process of a service keeps one, web and worker alike, so that a worker that died is noticed
by the others. It reads the store alone and waits for nobody: a broker or a service that is away
does not delay it, and whoever is told is told last.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Final

from pymongo.errors import PyMongoError

from shared.clock import Clock
from shared.watch.alarms import Reading, alarms_of
from shared.watch.book import AlarmBook, Entry
from shared.watch.heartbeats import Heartbeats, Pulse
from shared.watch.telling import Teller

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 10.0


class Watcher:
    """Watches one service from one process."""

    def __init__(
        self,
        *,
        service: str,
        clock: Clock,
        pulse: Pulse,
        heartbeats: Heartbeats,
        measure: Callable[[], Iterable[Reading]],
        book: AlarmBook,
        teller: Teller,
    ) -> None:
        self._service = service
        self._clock = clock
        self._pulse = pulse
        self._heartbeats = heartbeats
        self._measure = measure
        self._book = book
        self._teller = teller
        self._store_away = False

    def look(self) -> None:
        """Take every reading once, write down what is wrong or right again, and tell of it."""
        try:
            self._heartbeats.keep(self._pulse)
            raised, cleared = self._book.note(alarms_of(self._measure()), self._clock.now())
            _log(self._service, raised, cleared)
            self._tell()
        except PyMongoError as fault:
            self._note_store(away=True, reason=type(fault).__name__)
        else:
            self._note_store(away=False, reason="")

    def _tell(self) -> None:
        """Tell of what is untold. After a failure the rest waits for the next look."""
        while entry := self._book.next_untold(self._clock.now()):
            if not self._teller.tell(entry):
                return
            self._book.told(entry)

    def _note_store(self, *, away: bool, reason: str) -> None:
        if away != self._store_away:
            self._store_away = away
            if away:
                log.error("store away", extra={"where": self._service, "reason": reason})
            else:
                log.warning("store back", extra={"where": self._service})
            self._teller.tell_of_the_store(away=away)


def _log(service: str, raised: list[Entry], cleared: list[Entry]) -> None:
    for each in raised:
        log.error(
            "alarm raised",
            extra={
                "where": service,
                "alarm": each.rule.measure.value,
                "subject": each.subject,
                "value": each.value,
            },
        )
    for each in cleared:
        log.warning(
            "alarm cleared",
            extra={"where": service, "alarm": each.rule.measure.value, "subject": each.subject},
        )
