"""The one way tests fetch a page: every page fetched is checked for what every page must be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from tests.support.html import Node, parse

_SEGMENT = re.compile(r"[a-z0-9][a-z0-9._-]*|(MASH|CH)-[0-9A-Z]{5}-[0-9A-Z]{5}|")
_QUERY_VALUE = re.compile(r"[a-z0-9._:+/?=&-]*|(MASH|CH)-[0-9A-Z]{5}-[0-9A-Z]{5}|[0-9TZ:.+-]*")
_PERSONAL_QUESTION = re.compile(r"name|search|^q$|address|postcode|birth|phone|email")
_OUTSIDE = re.compile(r"^(https?:)?//")


class PageIsWrong(AssertionError):
    """A page that breaks what every page must keep; every fault is told with its remedy."""


def check_page(html: str, *, where: str = "the page") -> Node:
    """Raise `PageIsWrong` with every fault of the page; return it as a tree."""
    page = parse(html)
    checks = (_headings, _labels, _forms, _safe_markup, _ids, _addresses)
    faults = [fault for check in checks for fault in check(page)]
    if faults:
        raise PageIsWrong(f"{where}:\n" + "\n".join(f"  - {fault}" for fault in faults))
    return page


class Page:
    """A page that was fetched and kept its promises."""

    def __init__(self, answer: TestResponse, path: str) -> None:
        self.path = path
        self.status = answer.status_code
        self.headers = answer.headers
        self.location = answer.headers.get("Location")
        self.html = answer.get_data(as_text=True)
        is_page = answer.mimetype == "text/html" and self.location is None
        self.tree = check_page(self.html, where=path) if is_page else parse(self.html)

    @property
    def text(self) -> str:
        """Everything that can be read in the main part of the page."""
        main = self.tree.all("main")
        return main[0].text if main else self.tree.text

    @property
    def h1(self) -> str:
        """What the page is about."""
        return self.tree.one("h1").text

    @property
    def errors(self) -> list[str]:
        """The error summary, in its order."""
        summaries = self.tree.all("div", class_="govuk-error-summary")
        return [item.text for summary in summaries for item in summary.all("li")]

    @property
    def links(self) -> dict[str, str]:
        """The links of the main part: their words and where they lead."""
        return {link.text: link.get("href") for link in self.tree.one("main").all("a")}

    def form(self, action: str = "") -> Node:
        """The form whose action contains this; without it the only form of the main part."""
        forms = [f for f in self.tree.one("main").all("form") if action in f.get("action")]
        assert len(forms) == 1, f"{len(forms)} forms with {action!r} in their action"
        return forms[0]

    def typed(self, name: str) -> str | list[str]:
        """What a question holds: its text, or the choices made."""
        return self.answers().get(name, "")

    def answers(self, action: str = "") -> dict[str, str | list[str]]:
        """What a browser would send from the form as it stands."""
        form = self.form(action) if action or len(self.tree.one("main").all("form")) == 1 else None
        found: dict[str, str | list[str]] = {}
        for field in (form or self.tree.one("main")).all("input", "textarea", "select"):
            for value in _held(field):
                name, before = field.get("name"), found.get(field.get("name"))
                both = [*([before] if isinstance(before, str) else before or []), value]
                found[name] = value if before is None else both
        return found


class PageClient:
    """A browser without a screen. Keeps cookies; `send` sends a form as it stands plus answers."""

    def __init__(
        self, app: Flask, *, service: str | None = None, error_pages: bool = False
    ) -> None:
        # An unexpected error fails the test where it happened, unless the error page is the test.
        app.config["PROPAGATE_EXCEPTIONS"] = not error_pages
        self.client = app.test_client()
        self.service = service or str(app.config["SERVICE"])

    def sign_in(self, person: str, password: str) -> Page:
        """Sign in through the form."""
        page = self.get(f"/{self.service}/sign-in")
        return self.send(page, {"name": person, "password": password}, follow=False)

    def acting_as(self, person: str) -> PageClient:
        """Be signed in as this person without the form (their account must exist)."""
        with self.client.session_transaction() as session:
            session.clear()
            session["person"] = person
        return self

    def get(self, path: str, *, status: int = 200) -> Page:
        """Fetch a page and check it."""
        page = Page(self.client.get(path), path)
        assert page.status == status, f"GET {path}: {page.status} {page.location or page.text}"
        return page

    def send(
        self,
        page: Page,
        answers: Mapping[str, Any] | None = None,
        *,
        form: str = "",
        follow: bool = True,
        without: tuple[str, ...] = (),
    ) -> Page:
        """Send a form of the page: what it holds, changed by `answers`, less `without`."""
        held = {**page.answers(form), **(answers or {})}
        for name in without:
            held.pop(name, None)
        action = page.form(form).get("action") or page.path
        answer = self.client.post(action, data=held)
        sent = Page(answer, action)
        if follow and sent.location:
            return self.get(sent.location)
        return sent


def _held(field: Node) -> Iterator[str]:
    kind = field.get("type")
    if not field.get("name") or "disabled" in field.attributes:
        return
    if field.tag == "textarea":
        yield field.raw_text.removeprefix("\n")
    elif field.tag == "select":
        options = field.all("option")
        chosen = [o for o in options if "selected" in o.attributes] or options[:1]
        yield from (option.get("value") for option in chosen)
    elif kind in {"radio", "checkbox"}:
        if "checked" in field.attributes:
            yield field.get("value", "on")
    elif kind not in {"submit", "button"}:
        yield field.get("value")


def _headings(page: Node) -> Iterator[str]:
    h1s, titles = page.all("h1"), page.all("title")
    if len(h1s) != 1 or len(titles) != 1:
        yield f"has {len(h1s)} h1 and {len(titles)} title: every page has one of each"
        return
    title, wrong = titles[0].text, bool(page.all("div", class_="govuk-error-summary"))
    if wrong != title.startswith("Error: "):
        yield 'the title begins with "Error: " exactly when there is an error summary'
    if not title.removeprefix("Error: ").startswith(h1s[0].text):
        yield f"the title {title!r} must begin with the h1 {h1s[0].text!r} (block page_title)"
    if len(page.all("main")) != 1:
        yield "must have one <main>: extend layout.html"
    if not page.all("html") or not page.all("html")[0].get("lang"):
        yield "must say its language: extend layout.html"


def _labels(page: Node) -> Iterator[str]:
    labelled = {label.get("for") for label in page.all("label")}
    for field in page.all("input", "select", "textarea"):
        if field.get("type") in {"hidden", "submit", "button"}:
            continue
        named = field.get("aria-label") or field.get("aria-labelledby")
        if not (named or field.get("id") in labelled or field.within("label")):
            yield f"the input {field.get('name')!r} has no label: use the macros of fields.html"
    for image in page.all("img"):
        if "alt" not in image.attributes:
            yield f"the image {image.get('src')!r} has no alt text"


def _forms(page: Node) -> Iterator[str]:
    for form in page.all("form"):
        method = form.get("method").lower()
        if method not in {"get", "post"} or "action" not in form.attributes:
            yield 'a form must say its method and action: <form method="post" action="…">'
        if method == "post" and len(form.all("input", name="csrf_token")) != 1:
            yield f"the form {form.get('action')!r} must carry one csrf_token"
        for field in form.all("input", "textarea") if method == "get" else []:
            typed = field.get("type", "text") in {"text", "search", "email", "tel"}
            if typed and _PERSONAL_QUESTION.search(field.get("name")):
                yield f"{field.get('name')!r} would stand in the address: send it by post"


def _safe_markup(page: Node) -> Iterator[str]:
    for script in page.all("script"):
        if not script.get("src") and not script.get("nonce"):
            yield "an inline script needs nonce={{ cspNonce }}"
    if page.all("style"):
        yield "has a <style>: put it in app.css"
    for node in page.walk():
        if "style" in node.attributes:
            yield f"<{node.tag}> has an inline style: use a class of app.css"
        if any(name.startswith("on") for name in node.attributes):
            yield f"<{node.tag}> has an inline handler: use app.js"


def _ids(page: Node) -> Iterator[str]:
    counted = Counter(node.get("id") for node in page.walk() if node.get("id"))
    yield from (f"the id {id!r} stands {n} times" for id, n in counted.items() if n > 1)
    for node in page.walk():
        for name in ("for", "aria-describedby", "aria-labelledby"):
            for id in node.get(name).split():
                if id not in counted:
                    yield f'{name}="{id}" leads nowhere'
        inside = node.tag == "a" and re.match(r"#.", node.get("href"))
        if inside and node.get("href")[1:] not in counted:
            yield f"the link {node.get('href')!r} leads nowhere"


def _addresses(page: Node) -> Iterator[str]:
    for node in page.walk():
        for name in ("src", "href", "action"):
            address = node.get(name)
            if node.tag != "a" and _OUTSIDE.match(address):
                yield f"{address} is fetched from outside: vendor it"
            if node.tag in {"a", "form"} and not _only_references(address):
                yield f"the address {address!r} may hold something personal: use a reference"


def _only_references(address: str) -> bool:
    if address.startswith(("#", "tel:", "mailto:", "https://")):
        return True
    parts = urlsplit(address)
    segments = all(_SEGMENT.fullmatch(segment) for segment in parts.path.split("/"))
    values = (value for _, value in parse_qsl(parts.query, keep_blank_values=True))
    return segments and all(_QUERY_VALUE.fullmatch(value) for value in values)
