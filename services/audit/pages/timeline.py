"""The timeline of a case and of a child: who did what, when, how long it took, what is missing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from services.audit import queries
from services.audit.domain.clocks import Condition
from services.audit.domain.code_words import STANDS
from services.audit.pages.showing import COLOURS, READERS, type_words, works_with_families
from services.audit.queries import Line, LineFilter, Reading
from services.audit.schemas import NEWEST, OLDEST, SERVICES, LineQuery
from shared.auth import requires
from shared.events.codes import Clock
from shared.web.forms import errors_of, form_to_dict
from shared.web.labels import code_words
from shared.web.questions import Form
from shared.web.wording import date_words

Choices = list[dict[str, Any]]


def add(blueprint: Blueprint, reading: Reading) -> None:
    """Add the two timelines."""

    @blueprint.get("/cases/<ref>")
    @requires(*READERS)
    def case_page(ref: str) -> ResponseReturnValue:
        """The whole line of a case."""
        line = queries.line(
            ref, limits=reading.limits, names=reading.names, now=reading.clock.now()
        )
        return _page(line, heading=f"Timeline of case {line.ref}", of_child=False)

    @blueprint.get("/children/<child>")
    @requires(*READERS)
    def child_page(child: str) -> ResponseReturnValue:
        """The whole line of a child, over every case."""
        line = queries.child_line(
            child, limits=reading.limits, names=reading.names, now=reading.clock.now()
        )
        return _page(line, heading=f"Timeline of child {line.ref}", of_child=True)


def _page(line: Line, *, heading: str, of_child: bool) -> ResponseReturnValue:
    schema = LineQuery()
    typed = _typed(schema)
    try:
        asked, errors = schema.load(typed), {}
    except ValidationError as fault:
        asked, errors = schema.load({}), errors_of(fault)
    order = asked.pop("order")
    wanted = LineFilter(**asked)
    items = [item for item in line.items if wanted.lets(item)]
    page = render_template(
        "audit/timeline.html",
        heading=heading,
        of_child=of_child,
        line=line,
        items=items[::-1] if order == NEWEST else items,
        order=order,
        other_order=_address(typed, order=OLDEST if order == NEWEST else NEWEST),
        form=Form(schema, values=typed, errors=errors),
        choices=_choices(line, typed),
        selected=_selected(typed, asked),
        works_with_families=works_with_families(),
        colours=COLOURS,
    )
    return page, 422 if errors else 200


def _typed(schema: LineQuery) -> dict[str, Any]:
    """What is asked. The `day` that older links carry is a range of one day."""
    typed = form_to_dict(MultiDict(request.args), schema)
    day = typed.pop("day", None)
    return typed if day is None else {"from": day, "to": day, **typed}


def _choices(line: Line, typed: dict[str, Any]) -> dict[str, Choices]:
    """The choices of each filter: only what the line holds, and what was chosen."""
    people = {item.who: item.name for item in line.items}
    stands = {stand for item in line.items for _, stand in item.stands}
    offered = {
        "type": {each: type_words(each) for each in sorted({item.type for item in line.items})},
        "service": {each: each.capitalize() for each in SERVICES},
        "actor": dict(sorted(people.items(), key=lambda each: each[1])),
        "clock": {each.value: code_words(each) for each in Clock},
        "state": {
            each.value: STANDS[each]
            for each in Condition
            if each in stands or each.value == typed.get("state")
        },
    }
    return {
        name: [{"value": "", "text": "All"}]
        + [
            {"value": value, "text": text, "selected": typed.get(name) == value}
            for value, text in choices.items()
        ]
        for name, choices in offered.items()
    }


def _selected(typed: dict[str, Any], asked: dict[str, Any]) -> Choices:
    """The filters typed, each with the address of the page without it."""
    first, last, state = (asked.get(each) for each in ("first_day", "last_day", "state"))
    words = {
        "type": type_words(str(typed.get("type"))),
        "service": f"Service: {typed.get('service')}",
        "actor": "Who: one person",
        "from": f"From {date_words(first)}" if first else "Date from",
        "to": f"To {date_words(last)}" if last else "Date to",
        "late": "Recorded late",
        "clock": f"Promise: {str(typed.get('clock')).replace('-', ' ')}",
        "state": f"State of a promise: {STANDS[state]}" if state else "State of a promise",
    }
    return [
        {"text": text, "href": _address(typed, **{name: None})}
        for name, text in words.items()
        if name in typed
    ]


def _address(typed: dict[str, Any], **changed: str | None) -> str:
    flat: dict[str, str] = {}
    for name, value in {**typed, **changed}.items():
        if isinstance(value, dict):
            flat |= {f"{name}-{part}": str(each) for part, each in value.items()}
        elif value is not None:
            flat[name] = str(value)
    return f"?{urlencode(flat)}"
