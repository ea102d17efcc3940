"""People at the two doors, who try again until they are answered and keep a book of what they ask.

The same command is sent again with the same submission id as long as nobody answers: a careful
person does, and so does a careful program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import requests

from shared.clock import london
from shared.mash.demo.forms import Form, FormDiffers, Page, as_typed, read_page
from tests.chaos.ledger import Command, Ledger
from tests.chaos.patience import Figures, Patient, Refused, Sent, ToldBoth
from tests.support.system import System, password_of, token_of

TIMEOUT = (3, 30)


Asked = Callable[[str], Command]
"""Makes the command as the book holds it, once its submission id is known."""


class Client(Patient):
    """One client of the load: its connections, its browsers, its handwriting in the book."""

    def __init__(self, system: System, ledger: Ledger, figures: Figures) -> None:
        super().__init__(system, ledger, figures)
        self._calls = requests.Session()
        self._browsers: dict[str, requests.Session] = {}

    def now(self) -> datetime:
        """Return the time on everybody's clock."""
        return self.system.clock.now()

    def get(self, person: str, path: str) -> Any:
        """Return what the API answers, or None when there is no such thing (yet)."""
        answer = self.answered(
            lambda: self._calls.get(self._url(path), headers=_token(person), timeout=TIMEOUT), path
        ).answer
        return answer.json() if answer.ok else None

    def call(
        self,
        path: str,
        body: Mapping[str, Any],
        asked: Asked,
        *,
        stands: Callable[[], bool] | None = None,
        copies: int = 1,
    ) -> dict[str, Any]:
        """Send a command as JSON, perhaps several times at once. Raises Refused.

        `stands` says whether a command without a submission id was done by a try whose answer was
        lost: then the refusal of the next try means "done already".
        """
        command = asked(str(body.get("submission_id") or uuid4()))
        headers = _token(command.person)
        self.ledger.attempt(command)

        def send() -> requests.Response:
            # A connection of its own for each copy: they leave at the same moment.
            post = self._calls.post if copies == 1 else requests.post
            return post(self._url(path), json=body, headers=headers, timeout=TIMEOUT)

        sent = self._sent(command, send, copies)
        answer = self._settled(command, sent, stands)
        _same_answers(command, sent, once="submission_id" in body)
        return answer.json() if answer is not None else {}

    def fill(
        self,
        path: str,
        answers: Mapping[str, Any],
        asked: Asked,
        *,
        find: Callable[[Page], Form],
        stands: Callable[[], bool] | None = None,
        copies: int = 1,
    ) -> str:
        """Fill in a form of a page. Returns where it led. Raises Refused, and FormDiffers."""
        person = asked("").person
        form = find(self.open(person, path))
        body = form.filled(as_typed(answers, form))
        command = asked(dict(body).get("submission_id") or str(uuid4()))
        cookies = dict(self._browsers[person].cookies)
        self.ledger.attempt(command)

        def send() -> requests.Response:
            return requests.post(
                self._url(form.action or path),
                data=body,
                cookies=cookies,
                timeout=TIMEOUT,
                allow_redirects=False,
            )

        sent = self._sent(command, send, copies)
        answer = self._settled(command, sent, stands)
        _same_answers(command, sent, once="submission_id" in dict(body))
        return answer.headers["Location"] if answer is not None else ""

    def open(self, person: str, path: str) -> Page:
        """Open a page, signing in first. Raises FormDiffers when there is no such page."""
        browser = self._browsers.get(person) or self._sign_in(person, path)
        answer = self.answered(lambda: browser.get(self._url(path), timeout=TIMEOUT), path).answer
        if not answer.ok:
            raise FormDiffers(f"{path}: {answer.status_code}")
        return read_page(path, answer.text)

    def press(
        self, person: str, form: Form, typed: Mapping[str, Any], button: tuple[str, str]
    ) -> Page:
        """Type what is known so far and press a button that only changes the form."""
        browser, body = self._browsers[person], [*form.filled(as_typed(typed, form)), button]
        sent = self.answered(
            lambda: browser.post(self._url(form.action), data=body, timeout=TIMEOUT), form.action
        )
        return read_page(form.action, sent.answer.text)

    def _sign_in(self, person: str, path: str) -> requests.Session:
        browser = requests.Session()
        where = f"/{path.split('/')[1]}/sign-in"
        page = self.answered(lambda: browser.get(self._url(where), timeout=TIMEOUT), where)
        form = read_page(where, page.answer.text).form_with("name", "password")
        typed = form.filled([("name", person), ("password", password_of(person))])
        self.answered(
            lambda: browser.post(
                self._url(form.action or where), data=typed, timeout=TIMEOUT, allow_redirects=False
            ),
            where,
        )
        self._browsers[person] = browser
        return browser

    def _sent(
        self, command: Command, send: Callable[[], requests.Response], copies: int
    ) -> list[Sent]:
        def one(_: int) -> Sent:
            return self.answered(send, command.what, command)

        if copies == 1:
            return [one(0)]
        with ThreadPoolExecutor(copies) as several:
            return list(several.map(one, range(copies)))

    def _settled(
        self, command: Command, sent: Sequence[Sent], stands: Callable[[], bool] | None
    ) -> requests.Response | None:
        """Write down how a command ended; every copy that was told "done" is written down."""
        waited = max(each.waited for each in sent)
        done = [each.answer for each in sent if each.done]
        for answer in done:
            self.ledger.acknowledge(command, waited=waited, **_told(answer))
        if done:
            return done[0]
        lost = any(each.lost for each in sent)
        if lost and stands is not None and stands():
            self.ledger.acknowledge(command, waited=waited)
            return None
        if not lost:
            self.ledger.refuse(command, status=sent[0].answer.status_code, waited=waited)
        raise Refused(command.what, sent[0].answer, lost=lost)

    def _url(self, path: str) -> str:
        return f"{self.system.urls[path.split('/')[1]]}{path}"


def _same_answers(command: Command, sent: Sequence[Sent], *, once: bool) -> None:
    """Copies of one submission are one request: each is told the same."""
    told = {each.done for each in sent}
    if once and len(told) > 1:
        raise ToldBoth(f"{command.what} {command.key}: one copy was told yes, another no")


def as_on_the_wall(at: datetime) -> str:
    """Return a moment as a person reads it: whole minutes on the clock on the wall in England.

    With its offset: a person knows which of the two it is in the hour that comes twice.
    """
    return london(at).isoformat(timespec="minutes")


def _token(person: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_of(person)}", "Accept": "application/json"}


def _told(answer: requests.Response) -> dict[str, Any]:
    """Return the reference that an answer tells, and the children where it tells them."""
    if answer.is_redirect:
        parts = urlsplit(answer.headers["Location"]).path.split("/")
        return {"ref": parts[3]} if len(parts) > 3 else {}
    told = answer.json()
    children = told.get("children") or []
    known = {"children": children} if children and isinstance(children[0], str) else {}
    return {"ref": told["reference"], **known}
