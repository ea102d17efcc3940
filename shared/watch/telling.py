"""Telling somebody outside: each alarm, as it is raised and as it is cleared, to one address."""

from __future__ import annotations

import logging
from typing import Any, Final

import requests

from shared.watch.book import Entry, alarm_as_json

log = logging.getLogger(__name__)

TIMEOUT_SECONDS: Final = (2, 5)


class Teller:
    """Posts alarms as JSON. The receiver may get one twice and tells them apart by `id`."""

    def __init__(self, service: str, url: str | None) -> None:
        self._service = service
        self._url = url

    def tell(self, entry: Entry) -> bool:
        """Tell of an alarm as it stands in the book. False: it is to be told again."""
        state = "cleared" if entry.cleared_at else "raised"
        return self._post({"service": self._service, "state": state, **alarm_as_json(entry)})

    def tell_of_the_store(self, *, away: bool) -> None:
        """Say that the store is away or back: once, because nothing can be written down."""
        self._post(
            {
                "service": self._service,
                "alarm": "store-away",
                "state": "raised" if away else "cleared",
                "title": "The database does not answer",
                "meaning": "Nothing can be accepted or shown until it does.",
                "remedy": "Start the database. Everything goes on by itself.",
                "runbook": "store-away",
            }
        )

    def _post(self, said: dict[str, Any]) -> bool:
        if self._url is None:
            return True
        try:
            # The address is the operator's own setting.
            requests.post(self._url, json=said, timeout=TIMEOUT_SECONDS).raise_for_status()
        except requests.RequestException as fault:
            # Neither the address nor the text of the fault: both may hold a token.
            log.warning("alarm not told; it is told again", extra={"reason": type(fault).__name__})
            return False
        return True
