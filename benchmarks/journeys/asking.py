"""A person who asks for a page now and then while everything else is at work."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import requests

from benchmarks.harness import NotMeasured
from shared.mash.demo.forms import read_page
from tests.support.system import password_of

EVERY: Final = 1.0
"""Seconds between two questions, whatever the answer took."""
PATIENCE: Final = 60.0


class Person(threading.Thread):
    """Somebody signed in at a service who asks for one of some pages after another."""

    def __init__(self, name: str, url: str, paths: Sequence[str]) -> None:
        """Sign in and ask once, which does not count.

        `name` is the sign-in; `url` the service, with its prefix; `paths` lie below it.
        """
        super().__init__(name=f"{name} asks", daemon=True)
        self._url, self._paths = url, paths
        self._browser = _signed_in(name, url)
        self._over = threading.Event()
        self.seconds: list[float] = []
        """How long each answer took."""
        self.refused: list[str] = []
        """What was not answered with the page, and how."""
        self.ask(paths[0])
        self.must_have_been_answered()
        # The first of a page is made ready for all that follow.
        self.seconds.clear()

    def run(self) -> None:
        """Ask until told to stop."""
        for path in itertools.cycle(self._paths):
            self.ask(path)
            if self._over.wait(EVERY):
                return

    def ask(self, path: str) -> None:
        """Ask for one page, and note how long the answer took."""
        began = time.perf_counter()
        try:
            status = self._browser.get(f"{self._url}{path}", timeout=PATIENCE).status_code
        except requests.RequestException as fault:
            self.refused.append(f"{path}: {type(fault).__name__}")
            return
        self.seconds.append(time.perf_counter() - began)
        if status != requests.codes.ok:
            self.refused.append(f"{path}: {status}")

    def stop(self) -> None:
        """End it."""
        self._over.set()
        self.join()

    def must_have_been_answered(self) -> None:
        """Raise NotMeasured unless every question was answered with its page."""
        if self.refused:
            raise NotMeasured(f"{len(self.refused)} pages not answered: {self.refused[0]}")


@contextmanager
def asking(people: Collection[Person]) -> Iterator[None]:
    """Let people ask during a block. Raises NotMeasured unless every page was answered."""
    for person in people:
        person.start()
    try:
        yield
    finally:
        for person in people:
            person.stop()
    for person in people:
        person.must_have_been_answered()


def _signed_in(name: str, url: str) -> requests.Session:
    browser = requests.Session()
    form = read_page("", browser.get(f"{url}/sign-in", timeout=PATIENCE).text).form_with(
        "name", "password"
    )
    filled = form.filled([("name", name), ("password", password_of(name))])
    # Where it leads may be a page of another service.
    answer = browser.post(f"{url}/sign-in", data=filled, timeout=PATIENCE, allow_redirects=False)
    if not answer.is_redirect:
        raise NotMeasured(f"{name} cannot sign in at {url}: {answer.status_code}")
    return browser
