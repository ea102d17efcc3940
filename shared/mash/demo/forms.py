"""Reads the forms of a page as a browser would, so that the demonstration uses the real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from html.parser import HTMLParser
from typing import Any, Final

from shared.clock import london
from shared.web.dates import FOLDS

CHOICES: Final = ("radio", "checkbox")
BUTTONS: Final = ("submit", "button", "image", "reset")


class FormDiffers(Exception):
    """The page has no such form, or the form no such question: the demonstration must say so."""


@dataclass(slots=True)
class Form:
    """One form of a page: where it goes, what it carries already, what may be chosen."""

    action: str
    carried: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    offered: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, answers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return what a browser would send: what the form carried, overwritten by the answers."""
        for name, value in answers:
            self._check(name, value)
        answered = {name for name, _ in answers}
        return [each for each in self.carried if each[0] not in answered] + list(answers)

    def first_offered(self, name: str) -> str:
        """Return the first choice of a question, leaving out the empty one."""
        for value in self.offered.get(name, []):
            if value:
                return value
        raise FormDiffers(f"The form for {self.action} offers nothing for {name}")

    def carries(self, name: str, value: str) -> bool:
        """Does the form carry this hidden value?"""
        return (name, value) in self.carried

    def _check(self, name: str, value: str) -> None:
        if name not in self.names:
            raise FormDiffers(f"The form for {self.action} has no question {name}")
        offered = self.offered.get(name)
        if offered and value not in offered:
            raise FormDiffers(f"{name} offers {', '.join(offered)}; not {value}")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.errors: list[str] = []
        self._open: Form | None = None
        self._select: str | None = None
        self._textarea: tuple[str, list[str]] | None = None
        self._in_summary = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        self._watch_summary(tag, given)
        if tag == "form":
            self._open = Form(action=given.get("action", ""))
            self.forms.append(self._open)
        elif self._open is not None:
            self._in_form(self._open, tag, given)

    def _in_form(self, form: Form, tag: str, given: Mapping[str, str]) -> None:
        name = given.get("name", "")
        if tag == "input" and name:
            self._input(form, name, given)
        elif tag == "button" and name:
            form.buttons.append((name, given.get("value", "")))
        elif tag == "textarea" and name:
            form.names.add(name)
            self._textarea = (name, [])
        elif tag == "select" and name:
            form.names.add(name)
            self._select = name
        elif tag == "option" and self._select:
            form.offered.setdefault(self._select, []).append(given.get("value", ""))
            if "selected" in given:
                form.carried.append((self._select, given.get("value", "")))

    def _input(self, form: Form, name: str, given: Mapping[str, str]) -> None:
        kind, value = given.get("type", "text"), given.get("value", "")
        if kind in BUTTONS:
            form.buttons.append((name, value))
            return
        form.names.add(name)
        if kind in CHOICES:
            form.offered.setdefault(name, []).append(value)
        if kind not in CHOICES or "checked" in given:
            form.carried.append((name, value))

    def _watch_summary(self, tag: str, given: Mapping[str, str]) -> None:
        if "govuk-error-summary__list" in given.get("class", ""):
            self._in_summary = 1
        elif self._in_summary and tag == "ul":
            self._in_summary += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None
        elif tag == "ul" and self._in_summary:
            self._in_summary -= 1
        elif tag == "textarea" and self._textarea and self._open:
            name, text = self._textarea
            self._open.carried.append((name, "".join(text)))
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._textarea[1].append(data)
        if self._in_summary and data.strip():
            self.errors.append(data.strip())


@dataclass(frozen=True, slots=True)
class Page:
    """What a page holds for somebody who wants to act on it."""

    url: str
    text: str
    forms: tuple[Form, ...]
    links: tuple[str, ...]
    errors: tuple[str, ...]

    def form_with(self, *names: str) -> Form:
        """Return the form that asks for all of these."""
        for form in self.forms:
            if all(name in form.names for name in names):
                return form
        raise FormDiffers(f"{self.url} has no form that asks for {', '.join(names)}")

    def form_to(self, ending: str) -> Form:
        """Return the form whose address ends so."""
        for form in self.forms:
            if form.action.split("?")[0].endswith(ending):
                return form
        raise FormDiffers(f"{self.url} has no form to {ending}")


def read_page(url: str, text: str) -> Page:
    """Return the forms, links and error summary of a page."""
    reader = _Reader()
    reader.feed(text)
    return Page(url, text, tuple(reader.forms), tuple(reader.links), tuple(reader.errors))


def as_typed(answers: Mapping[str, Any], form: Form, prefix: str = "") -> list[tuple[str, str]]:
    """Return answers as the form's boxes take them: dates in three, a name for each row.

    A moment without an offset is typed as it stands; one with an offset as the clock on the wall
    in England shows it, and which of the two it is in the hour that comes twice.
    """
    typed: list[tuple[str, str]] = []
    for key, value in answers.items():
        name = f"{prefix}{key}"
        if isinstance(value, bool):
            typed.append((name, _yes_or_no(name, value, form)))
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for row, inner in enumerate(value):
                typed += as_typed(inner, form, f"{name}-{row}-")
        elif isinstance(value, list):
            typed += [(name, str(each)) for each in value]
        elif f"{name}-day" in form.names:
            typed += _date_parts(name, str(value), form)
        else:
            typed.append((name, str(value)))
    return typed


def _yes_or_no(name: str, value: bool, form: Form) -> str:
    offered = form.offered.get(name, [])
    if "yes" in offered:
        return "yes" if value else "no"
    if len(offered) == 1 and value:
        return offered[0]
    return "true" if value else "false"


def _date_parts(name: str, value: str, form: Form) -> list[tuple[str, str]]:
    moment = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(moment, datetime) and moment.tzinfo:
        moment = london(moment)
    typed = [
        (f"{name}-day", str(moment.day)),
        (f"{name}-month", str(moment.month)),
        (f"{name}-year", str(moment.year)),
    ]
    if isinstance(moment, datetime):
        typed.append((f"{name}-time", moment.strftime("%H:%M")))
        if moment.tzinfo and f"{name}-fold" in form.names:
            # The page may come with the other of the two that an hour in October is.
            typed.append((f"{name}-fold", FOLDS[moment.fold]))
    return typed
