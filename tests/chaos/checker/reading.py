"""Reading as a user reads: with an address, a sign-in and patience. Nothing else is known."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

Json = Any
SERVICES = ("referral", "strategy", "audit")
NOT_NOW = frozenset({429, 500, 502, 503, 504})
PATIENCE = 120.0


class CannotRead(AssertionError):
    """The healed system does not show what it must show."""


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Where the system is and who may look: addresses by service, tokens and passwords by person.

    `administrator` may read feeds and replay what is parked, `auditor` may read every event and
    line, `manager` may read inbox and worklist.
    """

    urls: Mapping[str, str]
    tokens: Mapping[str, str]
    passwords: Mapping[str, str]
    administrator: str
    auditor: str
    manager: str


@dataclass
class Reader:
    """One pair of eyes."""

    doors: Doors
    calls: requests.Session = field(default_factory=requests.Session)
    browsers: dict[str, requests.Session] = field(default_factory=dict)

    def json(self, person: str, path: str, **query: str) -> Json:
        """Return what the API answers; None for "no such thing". Raises CannotRead."""
        answer = self._asked("GET", person, path, params=query)
        return None if answer.status_code == 404 else self._body(answer, path)

    def post(self, person: str, path: str, body: Mapping[str, Any]) -> Json:
        """Ask for something to be done, such as a replay. Raises CannotRead."""
        return self._body(self._asked("POST", person, path, json=dict(body)), path)

    def status(self, person: str, path: str) -> int:
        """Return only how the door answers."""
        return self._asked("GET", person, path).status_code

    def paged(self, person: str, path: str, name: str, **query: str) -> Iterator[Json]:
        """Yield everything of a list that comes in pages and says where the next one begins."""
        while True:
            page = self.json(person, path, **query)
            yield from page[name]
            if not page["more"]:
                return
            query["after"] = page["next"]

    def page(self, person: str, path: str) -> str:
        """Return a page as the browser of a person gets it."""
        if person not in self.browsers:
            self.browsers[person] = self._sign_in(person, path.split("/")[1])
        answer = self.browsers[person].get(self._url(path), timeout=60)
        if not answer.ok:
            raise CannotRead(f"{path}: {answer.status_code}")
        return answer.text

    def _sign_in(self, person: str, service: str) -> requests.Session:
        browser = requests.Session()
        where = self._url(f"/{service}/sign-in")
        token = _hidden(browser.get(where, timeout=60).text, "csrf_token")
        typed = {"csrf_token": token, "name": person, "password": self.doors.passwords[person]}
        browser.post(where, data=typed, timeout=60)
        return browser

    def _asked(self, method: str, person: str, path: str, **more: Any) -> requests.Response:
        headers = {
            "Authorization": f"Bearer {self.doors.tokens[person]}",
            "Accept": "application/json",
        }
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.calls.request(
                    method, self._url(path), headers=headers, timeout=(5, 60), **more
                )
                if answer.status_code not in NOT_NOW:
                    return answer
                words = str(answer.status_code)
            except requests.RequestException as fault:
                words = type(fault).__name__
            if time.monotonic() > deadline:
                raise CannotRead(f"{path}: {words} for {PATIENCE:g} seconds")

    def _body(self, answer: requests.Response, path: str) -> Json:
        if not answer.ok:
            raise CannotRead(f"{path}: {answer.status_code} {answer.text[:200]}")
        return answer.json()

    def _url(self, path: str) -> str:
        return f"{self.doors.urls[path.split('/')[1]]}{path}"


def _hidden(page: str, name: str) -> str:
    """Return the value that a form carries under a name."""
    before = page.partition(f'name="{name}"')[2]
    return before.partition('value="')[2].partition('"')[0]
