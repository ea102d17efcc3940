"""A real Chromium looks at a page, at the width of a phone and of a desk.

Axe passes on hidden content, so a look first asserts that the main content is there and that
nothing of it is cut off; only then reflow, axe, requests to the outside and console errors.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

WIDTHS: Final = (320, 1280)
HEIGHT: Final = 900
TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
CHROMIUM: Final = os.environ.get("CHROMIUM", "/usr/bin/chromium")  # noqa: TID251 - a test's tool

LAUNCH: Final[Mapping[str, Any]] = {
    "executable_path": CHROMIUM,
    "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
}

_CUT_OFF: Final = (Path(__file__).parent / "cut_off.js").read_text(encoding="utf-8")


class LooksWrong(AssertionError):
    """What a person would not see, or could not use, on a page at one width."""


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve a WSGI application on a free port for as long as the block lasts."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def session_cookie(app: Flask, person: str) -> dict[str, str]:
    """The cookie of somebody who is signed in, for `BrowserContext.add_cookies` (give it a url)."""
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    value = serializer.dumps({"person": person, "_permanent": True})
    return {"name": str(app.config["SESSION_COOKIE_NAME"]), "value": str(value)}


class Looker:
    """A browser window of one width that notes what goes wrong while it is open."""

    def __init__(self, browser: Browser, base_url: str, *, width: int, **context: Any) -> None:
        self.base_url = base_url
        self.width = width
        self.noticed: list[str] = []
        self.context: BrowserContext = browser.new_context(
            base_url=base_url, viewport={"width": width, "height": HEIGHT}, **context
        )
        self.page: Page = self.context.new_page()
        self.page.on("request", lambda request: self._outside(request.url))
        self.page.on("console", lambda said: self._said(said.type, said.text))
        self.page.on("pageerror", lambda error: self.noticed.append(f"script error: {error}"))

    def sign_in_as(self, app: Flask, person: str) -> Looker:
        """Carry the cookie of this person."""
        cookie: Any = {**session_cookie(app, person), "url": self.base_url}
        self.context.add_cookies([cookie])
        return self

    def look(self, path: str | None = None, *, picture: Path | None = None) -> Page:
        """Open the page (or stay on this one), look at it, and raise with all that is wrong."""
        if path is not None:
            self.page.goto(path)
        self.page.wait_for_load_state("load")
        if picture is not None:
            picture.parent.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=picture, full_page=True)
        faults = self.faults()
        if faults:
            where = f"{self.page.url} at {self.width} px"
            raise LooksWrong(f"{where}:\n" + "\n".join(f"  - {fault}" for fault in faults))
        return self.page

    def faults(self) -> list[str]:
        """All that is wrong with the page as it stands now."""
        found: list[str] = self.page.evaluate(_CUT_OFF)
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > self.width:
            found.append(f"the page is {wide} px wide: it scrolls sideways")
        return [*found, *self._axe(), *self.noticed]

    def close(self) -> None:
        """Close the window."""
        self.context.close()

    def __enter__(self) -> Looker:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _axe(self) -> list[str]:
        only: Any = {"runOnly": {"type": "tag", "values": list(TAGS)}}
        result = Axe().run(self.page, options=only).response
        return [
            f"axe {violation['id']}: {violation['help']}: {node['html'][:160]}"
            for violation in result["violations"]
            for node in violation["nodes"]
            if not _known_upstream(violation["id"], node["html"])
        ]

    def _outside(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and parts.netloc != urlsplit(self.base_url).netloc:
            self.noticed.append(f"asked the outside for {url}")

    def _said(self, kind: str, text: str) -> None:
        # A form sent back with its errors is a 422: the browser calls that an error, we do not.
        if kind == "error" and "status of 422" not in text:
            self.noticed.append(f"console: {text}")


def _known_upstream(rule: str, html: str) -> bool:
    """GOV.UK keeps `aria-expanded` on conditional radios on purpose (govuk-frontend, issue 979)."""
    conditional = "govuk-" in html and 'aria-controls="conditional-' in html
    return rule == "aria-allowed-attr" and conditional
