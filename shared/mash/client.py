"""Talks to the services of a running system over HTTP, as any other client would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests

from shared.mash.folder import DataFolder, read_json

TIMEOUT: Final = 60.0


class Refused(Exception):
    """The system could not be reached or said no; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A running system: its address and the token to show it."""

    url: str
    token: str

    def address_of(self, path: str) -> str:
        """Return the full address of a path."""
        return f"{self.url}{path}"

    def get(self, path: str, **query: str) -> Any:
        """Return what a GET answers, as JSON."""
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return what a POST answers, as JSON."""
        return self._ask("POST", path, json=body)

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        try:
            answer = requests.request(
                method, self.address_of(path), headers=headers, timeout=TIMEOUT, **more
            )
        except requests.RequestException:
            raise Refused(f"Nothing answers at {self.url}. Start it: make up") from None
        if answer.ok:
            return answer.json()
        raise Refused(why(answer))


def running_system(folder: DataFolder, url: str | None, token: str | None) -> System:
    """Return the system that was named, or the embedded one of this data folder."""
    if url and token:
        return System(url=url.rstrip("/"), token=token)
    try:
        here = read_json(folder.running)
    except (OSError, ValueError):
        raise Refused(
            f"No system runs in the data folder {folder.root}. Start one with: make up. "
            "For one elsewhere, name its folder with --data, or set MASH_URL and MASH_TOKEN"
        ) from None
    return System(url=(url or here["url"]).rstrip("/"), token=token or here["token"])


def why(answer: requests.Response) -> str:
    """Return in one line why a request was refused."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    words = problem.get("detail") or problem.get("title") or answer.reason
    return f"The system answered {answer.status_code}: {words}"
