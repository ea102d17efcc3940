"""Templates: where they are found, what every page can use, and that a misspelt name fails."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, g, request, url_for
from flask_wtf.csrf import generate_csrf
from jinja2 import (
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Undefined,
    UndefinedError,
)
from jinja2.exceptions import TemplateRuntimeError
from jinja2.utils import missing
from markupsafe import Markup

from shared.web import wording
from shared.web.labels import code_words
from shared.web.navigation import home_of, menu_of, timeline_href

if TYPE_CHECKING:
    from shared.clock import Clock

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
MACROS_MAY_LACK: Final = frozenset(
    {
        *("caller", "undefined", "null", "hintId", "errorId", "labelHtml", "effectiveValue"),
        *("itemDescribedBy", "itemHintId", "isChecked", "hasHint", "dateInputItems"),
        *("listClasses", "typeClass", "successBanner"),
    }
)
"""Names that the design system's macros ask for although nobody may have given them."""


class PageUndefined(Undefined):
    """A name nobody passed, or an attribute an object lacks, is a mistake and fails.

    A key that a mapping lacks stays empty, because the design system's macros ask for many.
    """

    def __new__(
        cls,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[TemplateRuntimeError] = UndefinedError,
    ) -> Any:
        """Choose between failing and staying empty."""
        if isinstance(obj, Mapping | Undefined) or name in MACROS_MAY_LACK:
            return super().__new__(cls)
        return StrictUndefined(hint, obj, name, exc)


def register_templates(app: Flask, *, folder: Path, clock: Clock, demo: bool) -> None:
    """Give the app its loaders, filters and the names every page can use."""
    app.jinja_env.undefined = PageUndefined
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(folder),
            FileSystemLoader(HERE / "templates"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )

    def due(value: datetime | str | None) -> Markup:
        return wording.due(value, clock.now())

    app.jinja_env.filters |= {
        "when": wording.when,
        "due": due,
        "code_words": code_words,
        "day_words": wording.day_words,
        "span_words": wording.span_words,
    }
    app.jinja_env.globals |= {"asset": asset, "error_for": error_for}
    app.context_processor(lambda: _page_names(clock, demo=demo))


def asset(name: str) -> str:
    """The address of one of our static files; it changes when the file does."""
    return url_for("static", filename=name, v=_digest(name))


def error_for(error_list: list[dict[str, str]], id: str) -> dict[str, str] | None:
    """The error of one input out of a summary, for a form that no schema describes."""
    texts = (fault["text"] for fault in error_list if fault.get("href") == f"#{id}")
    text = next(texts, None)
    return {"text": text} if text else None


@lru_cache(maxsize=64)
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def _page_names(clock: Clock, *, demo: bool) -> dict[str, Any]:
    person = g.get("person")
    return {
        "cspNonce": g.get("csp_nonce", ""),
        "csrf_token": generate_csrf,
        "person": person,
        "menu": menu_of(person, request.path),
        "timeline_of": lambda ref: timeline_href(person, ref),
        "home": home_of(person) if person else "/",
        "now": clock.now(),
        "demonstration": demo,
        # Replaced where a service keeps a watch over itself.
        "alarms_for_administrators": tuple,
        "line_delayed_since": lambda: None,
        "request_id": g.get("request_id", ""),
    }
