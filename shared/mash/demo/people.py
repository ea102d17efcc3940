"""One person at the doors of the system: signs in, opens pages, fills in forms, calls the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin

import requests

from shared.mash.accounts import SignIn
from shared.mash.demo.forms import Form, FormDiffers, Page, as_typed, read_page

TIMEOUT: Final = 60.0


class Turned(Exception):
    """The system refused what the demonstration did; the message says what it answered."""


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody with a browser and a token. Signs in at the first page they need."""

    url: str
    sign_in: SignIn
    browser: requests.Session = field(default_factory=requests.Session)
    signed_in: bool = False

    def open(self, path: str) -> Page:
        """Open a page, signing in first when this is the first."""
        if not self.signed_in:
            self._sign_in(path)
        answer = self.browser.get(urljoin(self.url, path), timeout=TIMEOUT)
        if not answer.ok:
            raise Turned(f"{self.sign_in.id} opened {path}: {answer.status_code}")
        return read_page(path, answer.text)

    def send(self, form: Form, answers: Mapping[str, Any], *, at: str = "") -> requests.Response:
        """Fill in a form and send it, as a browser does. The answer may be a refusal."""
        body = form.filled(as_typed(answers, form))
        where = urljoin(self.url, form.action or at)
        return self.browser.post(where, data=body, timeout=TIMEOUT)

    def fill(self, form: Form, answers: Mapping[str, Any], *, at: str = "") -> Page:
        """Fill in a form that must be accepted; return the page it leads to."""
        answer = self.send(form, answers, at=at)
        page = read_page(answer.url, answer.text)
        if not answer.ok:
            raise Turned(f"{form.action}: {answer.status_code} {'; '.join(page.errors)}")
        return page

    def refused(self, form: Form, answers: Mapping[str, Any]) -> Page:
        """Send a form that must not be accepted; return the page that says why."""
        answer = self.send(form, answers)
        if answer.status_code != requests.codes.unprocessable_entity:
            raise Turned(f"{form.action} took what it must refuse: {answer.status_code}")
        return read_page(answer.url, answer.text)

    def press(self, form: Form, button: Sequence[tuple[str, str]]) -> Page:
        """Press a button of a form that only changes the form, such as "Add another child"."""
        body = [*form.carried, *button]
        answer = self.browser.post(urljoin(self.url, form.action), data=body, timeout=TIMEOUT)
        if not answer.ok:
            raise Turned(f"{form.action}: {answer.status_code}")
        return read_page(answer.url, answer.text)

    def call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send JSON that must be accepted; return the answer."""
        answer = requests.post(
            urljoin(self.url, path), json=body, headers=self._token(), timeout=TIMEOUT
        )
        if not answer.ok:
            raise Turned(f"POST {path}: {answer.status_code} {answer.text[:400]}")
        told: dict[str, Any] = answer.json()
        return told

    def ask(self, path: str) -> Any:
        """Return what the API answers to a GET, or None when there is nothing yet."""
        answer = requests.get(urljoin(self.url, path), headers=self._token(), timeout=TIMEOUT)
        if answer.status_code == requests.codes.not_found:
            return None
        if not answer.ok:
            raise Turned(f"GET {path}: {answer.status_code} {answer.text[:400]}")
        return answer.json()

    def _token(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.sign_in.token}", "Accept": "application/json"}

    def _sign_in(self, path: str) -> None:
        where = f"/{path.strip('/').split('/')[0]}/sign-in"
        answer = self.browser.get(urljoin(self.url, where), timeout=TIMEOUT)
        try:
            form = read_page(where, answer.text).form_with("name", "password")
        except FormDiffers:
            raise Turned(f"{where} shows no sign-in form ({answer.status_code})") from None
        self.fill(form, {"name": self.sign_in.id, "password": self.sign_in.password})
        self.signed_in = True
