"""People at the two doors of the running system: the pages and the JSON API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from shared.mash.demo.forms import Form, Page, as_typed, read_page
from tests.support.pages import check_page
from tests.support.system import System, password_of, token_of
from tests.support.waiting import eventually

TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
PATIENCE = 90.0


class NotAnswered(Exception):
    """The system gave no answer: nobody knows whether it was done."""


@dataclass
class Caller:
    """Somebody with a token, who tries again as any careful client does."""

    system: System
    person: str
    unanswered: int = 0
    """How often a request went without an answer."""

    def post_once(self, path: str, body: Mapping[str, Any]) -> requests.Response:
        """Send JSON once. Raises NotAnswered when no answer came."""
        try:
            with self.system.asking():
                return requests.post(
                    self._url(path), json=body, headers=self._headers(), timeout=(3, 30)
                )
        except requests.RequestException as fault:
            raise NotAnswered(type(fault).__name__) from None

    def post(self, path: str, body: Mapping[str, Any]) -> requests.Response:
        """Send JSON until there is an answer other than "not now"."""

        def sent() -> requests.Response | None:
            try:
                answer = self.post_once(path, body)
            except NotAnswered:
                self.unanswered += 1
                return None
            if answer.status_code in TRY_AGAIN:
                self.unanswered += 1
                return None
            return answer

        return eventually(lambda: _wrapped(sent()), f"POST {path} is answered", within=PATIENCE)[0]

    def get(self, path: str) -> requests.Response:
        """Ask until there is an answer other than "not now"."""

        def asked() -> list[requests.Response]:
            answer = requests.get(self._url(path), headers=self._headers(), timeout=(3, 60))
            return [] if answer.status_code in TRY_AGAIN else [answer]

        return eventually(asked, f"GET {path} is answered", within=PATIENCE)[0]

    def json(self, path: str) -> Any:
        """Return what the API answers, or None when there is no such thing (yet)."""
        answer = self.get(path)
        return answer.json() if answer.ok else None

    def _url(self, path: str) -> str:
        return f"{self.system.urls[path.split('/')[1]]}{path}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {token_of(self.person)}", "Accept": "application/json"}


@dataclass
class Browser:
    """Somebody with a browser: signed in once for all services. Every page is checked."""

    system: System
    person: str
    session: requests.Session = field(default_factory=requests.Session)
    signed_in: bool = False

    def open(self, path: str) -> Page:
        """Open a page, signing in first."""
        if not self.signed_in:
            self.signed_in = True
            service = path.split("/")[1]
            form = self.open(f"/{service}/sign-in").form_with("name", "password")
            self.fill(form, {"name": self.person, "password": password_of(self.person)})
        answer = self.session.get(self._url(path), timeout=60)
        assert answer.ok, f"{self.person} opened {path}: {answer.status_code}"
        check_page(answer.text, where=path)
        return read_page(path, answer.text)

    def send(self, form: Form, answers: Mapping[str, Any], *, at: str = "") -> requests.Response:
        """Send a form as a browser does, and follow where it leads."""
        body = form.filled(as_typed(answers, form))
        action = form.action or at
        answer = self.session.post(self._url(action), data=body, timeout=60, allow_redirects=False)
        if answer.is_redirect:
            where = urlsplit(answer.headers["Location"])
            answer = self.session.get(self._url(where.path or action), timeout=60)
        return answer

    def fill(self, form: Form, answers: Mapping[str, Any], *, at: str = "") -> Page:
        """Send a form that must be accepted; return the page it leads to."""
        answer = self.send(form, answers, at=at)
        path = urlsplit(answer.url).path
        page = read_page(path, answer.text)
        assert answer.ok, f"{form.action}: {answer.status_code} {page.errors}"
        return page

    def _url(self, path: str) -> str:
        return f"{self.system.urls[path.split('/')[1]]}{path}"


def _wrapped(answer: requests.Response | None) -> list[requests.Response]:
    # A response that says no is falsy; in a list it is an answer.
    return [] if answer is None else [answer]
