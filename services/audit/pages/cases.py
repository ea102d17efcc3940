"""From the figures to the case: the overview and the list of cases."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from services.audit import queries
from services.audit.domain.clocks import Condition
from services.audit.domain.code_words import STANDS
from services.audit.pages.showing import COLOURS, READERS
from services.audit.queries import CasePage, Reading
from services.audit.schemas import CasesQuery
from shared.auth import requires
from shared.web.forms import errors_of, form_to_dict
from shared.web.questions import Form

AROUND: Final = 2
"""Page numbers shown on either side of the current one."""


def add(blueprint: Blueprint, reading: Reading) -> None:
    """Add the overview and the list."""

    @blueprint.get("/")
    @requires(*READERS)
    def overview_page() -> ResponseReturnValue:
        """How the promises stand now."""
        figures = queries.overview(reading.clock.now())
        return render_template("audit/overview.html", figures=figures)

    @blueprint.get("/cases")
    @requires(*READERS)
    def cases_page() -> ResponseReturnValue:
        """Find a case by its reference, or by how its promises stand."""
        schema = CasesQuery()
        typed = form_to_dict(MultiDict(request.args), schema)
        try:
            asked, errors = schema.load(typed), {}
        except ValidationError as fault:
            asked, errors = schema.load({}), errors_of(fault)
        found = queries.cases_page(
            now=reading.clock.now(),
            beginning=asked["reference"],
            condition=asked["state"],
            page=asked["page"],
        )
        form = Form(schema, values=typed, errors=errors)
        page = render_template(
            "audit/cases.html",
            form=form,
            found=found,
            states=_states(typed.get("state")),
            pagination=_pagination(found, typed),
            colours=COLOURS,
        )
        return page, 422 if errors else 200

    @blueprint.get("/cases/")
    @requires(*READERS)
    def cases_slash() -> ResponseReturnValue:
        """The list's address with a slash at its end."""
        return redirect("/audit/cases")


def _states(chosen: str | None) -> list[dict[str, Any]]:
    every = [{"value": "", "text": "Any"}]
    return every + [
        {"value": each.value, "text": STANDS[each], "selected": each.value == chosen}
        for each in Condition
    ]


def _pagination(found: CasePage, typed: dict[str, Any]) -> dict[str, Any] | None:
    if found.pages == 1:
        return None
    kept = {name: value for name, value in typed.items() if name in {"reference", "state"}}

    def address(page: int) -> str:
        return f"?{urlencode({**kept, 'page': page})}"

    shown = [1, *range(found.page - AROUND, found.page + AROUND + 1), found.pages]
    items: list[dict[str, Any]] = []
    last = 0
    for number in sorted({each for each in shown if 1 <= each <= found.pages}):
        if number > last + 1:
            items.append({"ellipsis": True})
        items.append({"number": number, "href": address(number), "current": number == found.page})
        last = number
    return {
        "items": items,
        "previous": {"href": address(found.page - 1)} if found.page > 1 else None,
        "next": {"href": address(found.page + 1)} if found.page < found.pages else None,
    }
