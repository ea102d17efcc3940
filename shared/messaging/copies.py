"""Asking others for what a restored service needs to heal: its own events, and who heard them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import requests

from shared.events.envelope import Envelope, MalformedEvent
from shared.healing import Copy, Heard
from shared.messaging.feed import TIMEOUT_SECONDS, FeedUnavailable
from shared.messaging.topology import connection

KEEPER: Final = "audit"
"""The service that keeps every event of every service."""


class HttpCopies:
    """What others keep and heard of one service, asked with the service token."""

    def __init__(self, urls: Mapping[str, str], token: str, *, service: str) -> None:
        self._urls = urls
        self._headers = {"Authorization": f"Bearer {token}"}
        self._service = service

    def heads(self) -> Iterator[Copy]:
        """Yield what is kept of each stream. Raises FeedUnavailable."""
        for each in self._pages(KEEPER, f"copies/{self._service}", "heads"):
            yield Copy(ref=each["ref"], sequence=each["sequence"], hash=each["hash"])

    def of_case(self, ref: str) -> Sequence[Envelope]:
        """Return every event of a case. Raises FeedUnavailable."""
        answer = self._get(KEEPER, f"copies/{self._service}/{ref}", {})
        try:
            return [Envelope.from_wire(each) for each in answer["events"]]
        except (KeyError, TypeError, MalformedEvent) as fault:
            raise FeedUnavailable(f"no copies: {type(fault).__name__}") from fault

    def heard(self) -> Iterator[Heard]:
        """Yield how far the others heard each stream; the keeper's copies say it of the keeper."""
        for other in self._urls:
            if other in (KEEPER, self._service):
                continue
            for each in self._pages(other, f"heard/{self._service}", "heard"):
                yield Heard(ref=each["ref"], sequence=each["sequence"], by=other)

    def are_complete(self) -> bool:
        """Has the keeper opened, and taken everything that the broker held for it?

        What is still on its way to it are copies too, perhaps the only ones. While it is closed
        itself it hears already, and waits for its own queue alone.
        """
        told = self._get(KEEPER, "standing", {})
        opened = told.get("open") or self._service == KEEPER
        return bool(opened and told.get("waiting") == 0)

    def _pages(self, other: str, what: str, name: str) -> Iterator[Mapping[str, Any]]:
        after = ""
        while True:
            answer = self._get(other, what, {"after": after})
            yield from answer[name]
            if not answer["more"]:
                return
            after = answer[name][-1]["ref"]

    def _get(self, other: str, what: str, query: Mapping[str, str]) -> dict[str, Any]:
        url = f"{self._urls[other]}/{other}/feed/{what}"
        try:
            answer = requests.get(url, params=query, headers=self._headers, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            body: dict[str, Any] = answer.json()
        except (requests.RequestException, ValueError) as fault:
            raise FeedUnavailable(f"/{other} does not answer: {type(fault).__name__}") from fault
        return body


def waiting_in_queue(amqp_url: str, service: str) -> int | None:
    """Return how many messages wait in a service's queue; None while the broker is away."""
    try:
        with connection(amqp_url) as opened:
            queue = f"{service}.events"
            return int(opened.default_channel.queue_declare(queue, passive=True).message_count)
    except Exception:  # whatever a broker that is away or half there makes of it: not known
        return None
